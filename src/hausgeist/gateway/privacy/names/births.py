# SPDX-License-Identifier: EUPL-1.2
"""Dates of birth: tokens in, findings out. A date is one only beside a word that says so.

That word stands a few words before the date, behind it ("wurde am ... geboren"), in the label of a form,
or at the head of a column. A day that no calendar has is found too: a slip of the pen is still personal.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.names import words as known
from hausgeist.gateway.privacy.names.tokens import NEWLINE, Tokens, folded

_ANCHORS = frozenset(
    "geb geb. geboren geborene geborener geborenen geburtsdatum geburtstag geburtsdaten geb.-datum geb.-dat"
    " geburt born birth dob birthday birthdate geburtsjahr *".split()
)
_LATER = frozenset(
    "geboren geborene geborener geborenen geborenes born geburtstag geb. geb".split()
)
_BETWEEN = 7  # tokens between the word and its date
_BEHIND = 4
_OLDEST, _NEWEST = 1890, 2099
_SEPARATORS = frozenset("|;")


def births(tokens: Tokens) -> Iterator[Finding]:
    """Dates of birth, in order."""
    words, plain = tokens.words, tokens.plain
    anchor = -_BETWEEN - 2
    columns: set[int] = set()
    column = separators = 0
    place = 0
    heard = False
    while place < len(words):
        word = words[place]
        if word == NEWLINE:
            if not separators:
                columns = set()
            column = separators = 0
        elif word in _SEPARATORS:
            column += 1
            separators += 1
        elif plain[place] in _ANCHORS:
            anchor = place
            heard = True
            if plain[place].startswith(("geburts", "birth", "dob")):
                columns.add(column)
        end = _date_end(words, place)
        if end is None:
            place += 1
            continue
        near = place - anchor <= _BETWEEN and _reaches(words, anchor, place)
        named = heard and _in_brackets(words, place, end)
        if near or named or (separators and column in columns) or _said_behind(words, end):
            yield Finding(
                tokens.starts[place],
                tokens.ends[end - 1],
                Kind.BIRTH_DATE,
                "names.birth",
                certain=_is_day(words, place, end),
            )
            anchor = -_BETWEEN - 2
        place = end


def _reaches(words: Sequence[str], anchor: int, place: int) -> bool:
    """Whether a word speaks of a date behind it; a star does so only right before it, and is no bullet."""
    if words[anchor] == "*":
        return place == anchor + 1 and anchor > 0 and words[anchor - 1] != NEWLINE
    between = words[anchor + 1 : place]
    return NEWLINE not in between or (between.count(NEWLINE) == 1 and len(between) <= 3)


def _said_behind(words: Sequence[str], end: int) -> bool:
    for word in words[end : end + _BEHIND]:
        if word == NEWLINE or word in ".;":
            return False
        if word[0].isalpha() and folded(word) in _LATER:
            return True
    return False


def _in_brackets(words: Sequence[str], place: int, end: int) -> bool:
    """Malik Sommer (12.03.2016), where the text has spoken of a birth before."""
    return (
        place > 1
        and words[place - 1] == "("
        and words[place - 2][0].isupper()
        and words[end : end + 1] == [")"]
        and len(words[place]) != 4
    )


def _date_end(words: Sequence[str], place: int) -> int | None:
    """The token behind a date that begins at ``place``, of any form; None where there is none."""
    word = words[place]
    if word[0].isdigit():
        if _parts(word) is not None:
            return place + 1
        if word.isdigit():
            return _long_end(words, place)
        return None
    if word[0].isalpha() and folded(word) in known.MONTHS:  # August 12, 1964
        rest = words[place + 1 : place + 4]
        if len(rest) == 3 and rest[0].isdigit() and rest[1] == "," and _is_year(rest[2]):
            return place + 4
    return None


def _long_end(words: Sequence[str], place: int) -> int | None:
    """12. August 1964; 12 August 1964; 1964-08-12; 1964 alone."""
    rest = list(words[place + 1 : place + 5])
    if rest and rest[0] == ".":
        if len(rest) > 2 and _is_month(rest[1]) and _is_year(rest[2]):
            return place + 4
        if len(rest) > 3 and rest[1].rstrip(".").isdigit() and _is_year(rest[-1]):
            return place + 5
        return None
    if len(rest) > 1 and _is_month(rest[0]) and _is_year(rest[1]):
        return place + 3
    if not _is_year(words[place]):
        return None
    if len(rest) > 3 and rest[0] == rest[2] == "-" and len(rest[1]) == 2 and _is_two(rest[3]):
        return place + 5
    return place + 1


def _is_two(word: str) -> bool:
    """A day; in a table of commas the next number is stuck to it: "12,10115"."""
    return len(word.partition(",")[0]) == 2


def _is_month(word: str) -> bool:
    return word[0].isalpha() and folded(word) in known.MONTHS


def _is_year(word: str) -> bool:
    return len(word) == 4 and word.isdigit() and _OLDEST <= int(word) <= _NEWEST


def _parts(word: str) -> tuple[int, int, int] | None:
    """Day, month and year of 12.08.1964, 12.8.64 or 12/08/1964; the shape counts, not the calendar."""
    for sign in "./":
        parts = word.split(sign)
        if len(parts) == 3 and all(part.isdigit() for part in parts):
            day, month = int(parts[0]), int(parts[1])
            if 1 <= day <= 31 and 1 <= month <= 12 and len(parts[2]) in {2, 4}:
                return day, month, int(parts[2])
    return None


def _is_day(words: Sequence[str], place: int, end: int) -> bool:
    """Whether the calendar has that day. Other forms than 12.08.1964 are not looked up."""
    parts = _parts(words[place])
    if parts is None or end - place > 1:
        return end - place > 1
    day, month, year = parts
    try:
        date(year if year > 99 else 1900 + year, month, day)
    except ValueError:
        return False
    return True
