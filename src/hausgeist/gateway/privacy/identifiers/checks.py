# SPDX-License-Identifier: EUPL-1.2
"""Check digits that python-stdnum lacks, and its own as plain questions: a value in, yes or no out.

Values come as they are written; separators do not count. Nothing here fetches or remembers anything.
"""

from collections.abc import Callable
from datetime import date

from stdnum import luhn
from stdnum.exceptions import ValidationError


def bare(value: str) -> str:
    """The letters and digits of a value, in capital letters."""
    return "".join(letter for letter in value if letter.isalnum()).upper()


def by(validate: Callable[[str], str]) -> Callable[[str], bool]:
    """A question out of one of stdnum's ``validate`` functions; for some a separator tells the century."""

    def check(value: str) -> bool:
        return _passes(validate, value) or _passes(validate, bare(value))

    return check


def _passes(validate: Callable[[str], str], value: str) -> bool:
    try:
        validate(value)
    except (ValidationError, ValueError):
        return False
    return True


def mod97(value: str) -> bool:
    """ISO 7064 MOD 97-10 over an IBAN: its first four characters go to the end (ISO 13616)."""
    plain = bare(value)
    try:
        return int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1
    except ValueError:
        return False


def card(value: str) -> bool:
    """Luhn (ISO/IEC 7812-1)."""
    return luhn.is_valid(bare(value))


def digit_sum(number: int) -> int:
    """The sum of the digits of a number of at most two digits."""
    return number // 10 + number % 10


def pension(value: str) -> bool:
    """The German pension insurance number, check digit of VKVV § 4; its birth date must exist."""
    plain = bare(value)
    if len(plain) != 12 or not "A" <= plain[8] <= "Z":
        return False
    digits = plain[:8] + f"{ord(plain[8]) - 64:02}" + plain[9:11]
    if not (digits + plain[11]).isdecimal():
        return False
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(digit_sum(int(one) * weight) for one, weight in zip(digits, weights, strict=True))
    return total % 10 == int(plain[11]) and pension_day(plain)


def pension_day(plain: str) -> bool:
    """Whether characters 3 to 8 of a pension number can be a birthday; the day may be raised by 50."""
    day, month = int(plain[2:4]), int(plain[4:6])
    return 0 <= day % 50 <= 31 and day <= 81 and 0 <= month <= 12


def health(value: str) -> bool:
    """The German health insurance number: GKV-Spitzenverband, Anlage 1; weights 1 and 2 in turn."""
    plain = bare(value)
    if len(plain) != 10 or not "A" <= plain[0] <= "Z" or not plain[1:].isdecimal():
        return False
    digits = f"{ord(plain[0]) - 64:02}" + plain[1:9]
    total = sum(digit_sum(int(one) * (1 + place % 2)) for place, one in enumerate(digits))
    return total % 10 == int(plain[9])


def doctor(value: str) -> bool:
    """LANR of the KBV: digit 7 from weights 4 9 4 9 4 9."""
    plain = bare(value)
    if len(plain) != 9 or not plain.isdecimal():
        return False
    total = sum(int(one) * (4, 9)[place % 2] for place, one in enumerate(plain[:6]))
    return (10 - total % 10) % 10 == int(plain[6])


def document(value: str) -> bool:
    """ICAO Doc 9303-3: the tenth character of an identity card or passport, weights 7 3 1."""
    plain = bare(value)
    if len(plain) != 10 or not plain[9].isdecimal():
        return False
    total = sum(
        int(one, 36) * (7, 3, 1)[place % 3] for place, one in enumerate(plain[:9]) if one.isascii()
    )
    return total % 10 == int(plain[9])


def licence(value: str) -> bool:
    """The German driving licence (card): weights 9 to 1 over nine characters, modulo 11, 10 is X."""
    plain = bare(value)
    if len(plain) != 11 or not plain.isascii():
        return False
    rest = sum(int(one, 36) * (9 - place) for place, one in enumerate(plain[:9])) % 11
    return plain[9] == ("X" if rest == 10 else str(rest))


def imei(value: str) -> bool:
    """Fifteen digits with Luhn (3GPP TS 23.003)."""
    plain = bare(value)
    return len(plain) == 15 and luhn.is_valid(plain)


def calendar(day: str, month: str, year: str) -> bool:
    """Whether three numbers are a day of the calendar; a year of two digits is taken for 2000."""
    try:
        date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return False
    return True
