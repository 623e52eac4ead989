# SPDX-License-Identifier: EUPL-1.2
"""What a pseudonym looks like: ``[[NACHNAME_1]]``. Text in, the places of pseudonyms out.

Written in one form, read in several: models change case, drop the underscore, put blanks, stars or
backslashes inside. What a person has typed is recognised in still more forms, full-width and with look-alike
letters, so that it can be kept apart. Knows nothing of what a pseudonym stands for.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from hausgeist.core.findings import Kind

FIRST, FIRSTS, INITIAL, LAST = "VORNAME", "VORNAMEN", "INITIAL", "NACHNAME"
"""Parts of a person's name; one number for all of them, and for ``PERSON`` where a part is not known."""
TYPED: Final = "TEXT"
"""Stands for a pseudonym that somebody has typed: it leads back to those very characters."""
NAME: Final = "NAME"
"""Stands for the name of a tool or of a participant, where only letters, digits and ``_`` may stand."""

OF_PERSONS: Final = frozenset({FIRST, FIRSTS, INITIAL, LAST, Kind.PERSON.upper()})
WORDS: Final = frozenset({kind.upper() for kind in Kind} | OF_PERSONS | {TYPED, NAME})
LONGEST: Final = 64
"""Characters that a pseudonym has at most, however it is written."""

MAIL: Final = "pseudonym.invalid"
"""The domain of pseudonyms of e-mail addresses where a schema wants an address (RFC 2606)."""

_ESC = r"\\{0,2}"
_DECOR = r"[*`_ ]{0,3}"
TOKEN: Final = re.compile(
    rf"{_ESC}\[ ?(?P<double>{_ESC}\[ ?)?{_DECOR}"
    rf"(?P<word>[A-Za-z]{{2,16}}(?:{_ESC}[_ -][A-Za-z]{{2,16}}){{0,2}}){_ESC}[_ -]?(?P<number>\d{{1,6}})"
    rf"{_DECOR}{_ESC}\](?(double) ?{_ESC}\])"
)
"""A pseudonym as models write it; ``word`` may be spelt with blanks or hyphens."""

_COARSE = re.compile(
    rf"\\{{1,2}}|{_ESC}\[ ?(?:{_ESC}|{_ESC}\[ ?){_DECOR}"
    r"(?:(?P<word>[A-Za-z][A-Za-z_ \\-]{0,40})(?:(?P<number>\d{1,6})[*`_ \\]{0,5}(?:\][ \\]{0,3})?)?)?"
)
_SEPARATORS = re.compile(r"[\\_ -]")

_ODD = str.maketrans(
    {
        **{chr(0xFF01 + place): chr(0x21 + place) for place in range(94)},
        **dict.fromkeys("\u3010\u3014\u27e6\u301a\u300c\u300e\u27e8\u3008\u2772", "["),
        **dict.fromkeys("\u3011\u3015\u27e7\u301b\u300d\u300f\u27e9\u3009\u2773", "]"),
        **dict.fromkeys("\u203f\uff3f\u0332", "_"),
        **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2009\u202f\u3000\t\n\r", " "),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict(zip("АВЕКМНОРСТУХІЅЈаеорсухіѕј", "ABEKMHOPCTYXISJaeopcyxisj", strict=True)),  # noqa: RUF001
        **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),  # noqa: RUF001
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "\x01"),
    }
)
_BETWEEN = r"[\s\\\x01*`_]{0,6}"
_TYPED = re.compile(
    rf"\\{{0,2}}\[(?:{_BETWEEN}\[)?{_BETWEEN}(?P<word>[A-Za-z][A-Za-z_\x01 \\-]{{1,60}})"
    rf"(?P<number>\d[\d\x01]{{0,9}}){_BETWEEN}\](?:{_BETWEEN}\])?"
    rf"|[A-Za-z_\x01]{{2,30}}\d{{1,6}}@pseudonym\.invalid",
    re.IGNORECASE,
)
_UNWORD = re.compile(r"[\x01\\_ -]")
_BRACKETS = re.compile(
    r"[\[\uff3b\u3010\u3014\u27e6\u301a\u300c\u300e\u27e8\u3008\u2772]|pseudonym\.invalid",
    re.IGNORECASE,
)


def written(key: str) -> str:
    """The pseudonym of a key such as ``NACHNAME_1``."""
    return f"[[{key}]]"


def key_of(match: re.Match[str]) -> str | None:
    """The key that a match of ``TOKEN`` means; None if its word is none of ours."""
    word = _spelt().get(_SEPARATORS.sub("", match["word"]).upper())
    return None if word is None else f"{word}_{int(match['number'])}"


def may_become_one(text: str) -> bool:
    """Whether ``text`` may be the beginning of a pseudonym, none of which it is yet."""
    if len(text) > LONGEST:
        return False
    match = _COARSE.fullmatch(text)
    if match is None:
        return False
    if match["word"] is None:
        return True
    letters = _SEPARATORS.sub("", match["word"]).upper()
    return letters in (_spelt() if match["number"] else _beginnings())


def typed_in(text: str) -> Iterator[tuple[int, int]]:
    """Where somebody has typed what is, or could be taken for, a pseudonym."""
    if _BRACKETS.search(text) is None:
        return
    for match in _TYPED.finditer(text.translate(_ODD)):
        if match["word"] is None or _UNWORD.sub("", match["word"]).upper() in _spelt():
            yield match.span()


@cache
def _spelt() -> dict[str, str]:
    """Words by how they are spelt without separators."""
    return {word.replace("_", ""): word for word in WORDS}


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(word[:size] for word in _spelt() for size in range(1, len(word) + 1))
