# SPDX-License-Identifier: EUPL-1.2
"""Detectors: what in a text is personal data, by kind and count. The values themselves go nowhere.

Linear-time rules for the identifiers that are certain by form or check digit: e-mail addresses, IBANs
(ISO 13616, modulo 97), payment cards (ISO/IEC 7812, Luhn) and telephone numbers with a country code.
Names and addresses need more than rules and are not found here.
"""

import re
from collections import Counter

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
_CARD_FORM = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[0689]\d{12}|(?:35|6[0-9])\d{14}"
)
_PHONE = re.compile(r"(?<![\w+])(?:\+|00)[1-9]\d{0,2}[ /()-]{0,3}\d(?:[ /()-]{0,2}\d){5,12}\b")

_IBAN_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "SI",
    20: "AT EE LT LU",
    21: "CH HR LI LV",
    22: "BG DE GB IE",
    23: "GI",
    24: "AD CZ ES RO SE SK",
    25: "PT",
    26: "IS TR",
    27: "FR GR IT MC SM",
    28: "CY HU PL",
    29: "UA",
    31: "MT",
}
"""Lengths of European IBANs (SWIFT's IBAN registry)."""

_IBAN_LENGTHS = {
    country: length for length, row in _IBAN_COUNTRIES.items() for country in row.split()
}


def detect(text: str) -> Counter[str]:
    """Count findings by kind: ``email``, ``iban``, ``card``, ``phone``."""
    found: Counter[str] = Counter()
    if "@" in text:
        found["email"] = len(_EMAIL.findall(text))
    found["iban"] = sum(_is_iban(match) for match in _IBAN.findall(text))
    found["card"] = sum(_is_card(match) for match in _CARD.findall(text))
    found["phone"] = len(_PHONE.findall(text))
    return +found  # drops the kinds that were not found


def _is_iban(text: str) -> bool:
    plain = text.replace(" ", "")
    length = _IBAN_LENGTHS.get(plain[:2], len(plain))
    # the pattern may have run into the next words; the country says where the number ends
    return len(plain) >= length and _mod97(plain[:length]) == 1


def _mod97(iban: str) -> int:
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97


def _is_card(text: str) -> bool:
    plain = text.replace(" ", "").replace("-", "")
    if not _CARD_FORM.fullmatch(plain):
        return False
    total = 0
    for place, letter in enumerate(reversed(plain)):
        digit = int(letter) * (2 if place % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0
