# SPDX-License-Identifier: EUPL-1.2
"""Text in, tokens with their places out: words, numbers, signs and line breaks, in linear time.

Hyphenated words stay one token, and so do an initial or a known abbreviation with its full stop, an
e-mail address and a web address. White space within a line is no token; breaks between lines are one.
Decomposed umlauts and soft hyphens belong to their word.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

NEWLINE = "\n"

_MARKS = "\u0300-\u036f\u00ad\u200b-\u200d\u2060"  # combining marks and what has no width
_HYPHENS = "\u2010\u2011"  # the one that is not to break, and the typographer's
_RAISED = "\u2019"
_LETTER = rf"[^\W\d_][{_MARKS}]*"
_ABBREVIATIONS = (
    "Dr|Prof|Dipl|Ing|Hr|Fr|Hrn|St|Str|geb|Nr|Tel|bzw|ggf|usw|vgl|Az|Abs|Art|ca|evtl|inkl|lt|zzgl|Mag"
    "|med|jur|phil|rer|nat|dent|vet|Fam|gez|Hd|Mr|Mrs|Ms|Jr|Sr|verh|verw|wohnh|Gz|Ref|Abt|Zi|Pf"
)
_TOKEN = re.compile(
    rf"""
    (?P<mail>[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,6}})
    |(?P<link>(?:https?://|www\.)[^\s<>"]{{1,2000}})
    |(?P<short>(?:{_ABBREVIATIONS})\.(?![a-zäöü])|[^\W\d_]\.(?!\d))
    |(?P<street>(?:{_LETTER}(?:{_LETTER}|[-{_HYPHENS}])*?)?[sS]tr\.)
    |(?P<word>{_LETTER}(?:{_LETTER}|\d|[-{_HYPHENS}'{_RAISED}](?={_LETTER}))*)
    |(?P<number>\d+(?:[.,:/]\d+)*[a-zA-Z]?(?![^\W\d_]))
    |(?P<digits>\d+)
    |(?P<line>[\n\r\x0b\x0c]\s*)
    |(?P<sign>\S)
    """,
    re.VERBOSE,
)

_SPELT = str.maketrans(
    {
        "\u2010": "-",
        "\u2011": "-",
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "\u0131": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "æ": "ae",
    }
)
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060]")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of a text, side by side: the words, the same folded, and where they start and end."""

    words: Sequence[str]
    plain: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]

    def __len__(self) -> int:
        return len(self.words)


def tokens_of(text: str) -> Tokens:
    """Every token in order; a line break is ``NEWLINE``."""
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _TOKEN.finditer(text):
        words.append(NEWLINE if match.lastgroup == "line" else match.group())
        starts.append(match.start())
        ends.append(match.end())
    once = {word: folded(word) for word in set(words)}
    return Tokens(words, [once[word] for word in words], starts, ends)


def folded(word: str) -> str:
    """A word as names are compared: lower case, umlauts spelt out, accents and unseen signs gone."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFC", _UNSEEN.sub("", word)).lower().translate(_SPELT)
    if plain.isascii():
        return plain
    spread = unicodedata.normalize("NFD", plain)
    return "".join(letter for letter in spread if not unicodedata.combining(letter))
