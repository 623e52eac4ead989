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
_PHONE = re.compile(r"(?<![\w+])(?:\+|00)[1-9]\d{0,2}[ /()-]{0,3}\d(?:[ /()-]{0,2}\d){5,12}\b")


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
    # The pattern may have run into the next words: every admissible length is tried.
    return any(_mod97(plain[:end]) == 1 for end in range(15, min(len(plain), 34) + 1))


def _mod97(iban: str) -> int:
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97


def _is_card(text: str) -> bool:
    digits = [int(letter) for letter in text if letter.isdigit()]
    total = 0
    for place, digit in enumerate(reversed(digits)):
        double = digit * 2 if place % 2 else digit
        total += double - 9 if double > 9 else double
    return total % 10 == 0 and len(set(digits)) > 1
