# SPDX-License-Identifier: EUPL-1.2
r"""A regular expression of a person or a model becomes one of RE2: linear in the text, right in any script.

RE2 knows words and digits of ASCII alone; here ``\w``, ``\d``, ``\s`` and ``\b`` mean those of Unicode. A
border is a letter that is looked at beside the passage, so it may stand at the pattern's beginning and end;
inside, where white space or a sign follows, it says nothing new and is left out. What RE2 has not
(look-ahead, back references) is refused with its place.
"""

import re
from dataclasses import dataclass
from typing import Any

from hausgeist.errors import N_, InvalidField, PatternWrong
from hausgeist.training.rules.reading import WORD, plain

PATTERN_MOST = 2_000
"""Characters of a pattern."""
PROGRAM_MOST = 20_000
"""Instructions of a compiled pattern: the time for a letter of a text grows with them at the worst."""
MEMORY_MOST = 8 * 1024 * 1024
"""Bytes that a compiled pattern may take; past it, RE2 works without remembering."""

NO_WORD = f"[^{WORD}]"
BEFORE, AFTER = rf"(?:\A|{NO_WORD})", rf"(?:{NO_WORD}|\z)"
_OUTSIDE = {
    "w": f"[{WORD}]",
    "W": NO_WORD,
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "s": r"[\s\pZ]",
    "S": r"[^\s\pZ]",
}
_INSIDE = {"w": WORD, "d": r"\p{Nd}", "s": r"\s\pZ"}
_FLAGS = re.compile(r"\(\?[imsU]+\)")
_MANY = re.compile(r"[*+?]\??|\{\d+(?:,\d*)?\}\??")
_EMPTY_BETWEEN = frozenset(
    {r"\s", r"\W", " ", ",", ";", ":", "/", r"\.", r"\-", "-", r"\/", r"\(", r"\)"}
)
"""Pieces next to which a border says nothing: they are no letters of words themselves."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a pattern as it is written: an escape, a class, a quantifier, a bracket or a letter."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Compiled:
    """A pattern of RE2. ``core`` is the number of the group that is the passage (0: all of it)."""

    source: str
    core: int
    program: Any

    @property
    def groups(self) -> int:
        """How many groups the writer made."""
        return int(self.program.groups) - self.core


def compiled(pattern: str) -> Compiled:
    """A pattern of a person or a model, compiled.

    Raises:
        InvalidField: it is none, too large, finds the empty text, or asks for what takes more than linear
            time; with the place where that can be told.
    """
    flags, source, core = translated(pattern)
    return Compiled(flags + source, core, program_of(flags + source, pattern))


def program_of(source: str, shown: str) -> Any:
    """A translated pattern as a program; ``shown`` is what its writer wrote. Raises as ``compiled``."""
    import re2  # noqa: PLC0415  only where there are rules

    options = re2.Options()
    options.max_mem = MEMORY_MOST
    options.log_errors = False
    try:
        program = re2.compile(source, options=options)
    except re2.error as error:
        raise _refused(error, shown) from None
    if program.programsize > PROGRAM_MOST:
        raise wrong(N_("the pattern is too large: write fewer or smaller repetitions"), -1)
    if program.search(b"") is not None:
        raise wrong(N_("it finds the empty text, and so fits everything"), -1)
    return program


def translated(pattern: str, *, apart: str = "") -> tuple[str, str, int]:
    """Flags, the pattern for RE2 and the number of the group that is the passage.

    ``apart`` is a sign that no dot and no negated class may run over. Raises as ``compiled``.
    """
    if len(pattern) > PATTERN_MOST:
        raise wrong(N_("at most {most} characters"), PATTERN_MOST, most=PATTERN_MOST)
    pattern = plain(pattern)
    if not pattern.strip():
        raise wrong(N_("a pattern is missing"), -1)
    head = _FLAGS.match(pattern)
    flags = head[0] if head else ""
    found = pieces(pattern, len(flags))
    found, left, right = _bordered(found)
    inner = "".join(_piece(one, apart) for one in _unbordered(found))
    if not left and not right:
        return flags, inner, 0
    return flags, f"{BEFORE if left else ''}({inner}){AFTER if right else ''}", 1


def pieces(pattern: str, start: int = 0) -> list[Piece]:
    """The parts of a pattern from a place on. Raises as ``compiled``."""
    found: list[Piece] = []
    place = start
    while place < len(pattern):
        end = _end_of(pattern, place)
        piece = Piece(pattern[place:end], place)
        _check(piece, pattern)
        found.append(piece)
        place = end
    return found


def _end_of(pattern: str, place: int) -> int:
    letter = pattern[place]
    if letter == "\\":
        if place + 1 == len(pattern):
            raise wrong(N_("a backslash at the end"), place)
        if pattern[place + 1] in "pPx" and pattern[place + 2 : place + 3] == "{":
            return pattern.find("}", place) + 1 or len(pattern)
        return place + 2 + (pattern[place + 1] in "pP") + 2 * (pattern[place + 1] == "x")
    if letter == "[":
        return _end_of_class(pattern, place)
    if letter == "(" and pattern.startswith("(?", place):
        named = re.compile(r"\(\?(?:P?<[^>=!]*>|[imsU-]*:|[imsU-]+\))").match(pattern, place)
        return named.end() if named else place + 3
    many = _MANY.match(pattern, place)
    return many.end() if many else place + 1


def _end_of_class(pattern: str, place: int) -> int:
    at = place + 1 + pattern.startswith("^", place + 1)
    first = True
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 2
        elif pattern.startswith("[:", at) and ":]" in pattern[at:]:
            at = pattern.index(":]", at) + 2
        elif pattern[at] == "]" and not first:
            return at + 1
        else:
            at += 1
        first = False
    raise wrong(N_("a bracket [ is not closed"), place)


def _check(piece: Piece, pattern: str) -> None:
    text = piece.text
    if text[:2] == "(?" and pattern[piece.at :].startswith(("(?=", "(?!", "(?<=", "(?<!")):
        raise wrong(
            N_("looking ahead or behind is not possible in linear time: write what stands there"),
            piece.at,
        )
    if text[0] == "\\" and text[1:2].isdigit() and text[1] != "0":
        raise wrong(N_("referring back to a group is not possible in linear time"), piece.at)
    if text == r"\B":
        raise wrong(N_("the opposite of a border is not known here"), piece.at)


def _bordered(found: list[Piece]) -> tuple[list[Piece], bool, bool]:
    """Without the borders at the beginning and the end, and whether there were some."""
    depth = 0
    for one in found:
        depth += one.text.startswith("(") and not one.text.endswith(")")
        depth -= one.text == ")"
        if one.text == "|" and depth == 0 and any(each.text == r"\b" for each in found):
            return _all_bordered(found)
    left = bool(found) and found[0].text == r"\b"
    right = len(found) > left and found[-1].text == r"\b"
    return found[left : len(found) - right], left, right


def _all_bordered(found: list[Piece]) -> tuple[list[Piece], bool, bool]:
    """Alternatives on the top: all of them have the same borders, or it cannot be said."""
    ways: list[list[Piece]] = [[]]
    depth = 0
    for one in found:
        depth += one.text.startswith("(") and not one.text.endswith(")")
        depth -= one.text == ")"
        if one.text == "|" and depth == 0:
            ways.append([])
        else:
            ways[-1].append(one)
    cut = [_bordered(way) for way in ways]
    if len({(left, right) for _, left, right in cut}) > 1:
        where = next(one.at for one in found if one.text == r"\b")
        raise wrong(N_(r"put the borders around all alternatives: \b(?:one|two)\b"), where)
    joined: list[Piece] = []
    for place, (way, _, _) in enumerate(cut):
        joined += ([Piece("|", -1)] if place else []) + way
    return joined, cut[0][1], cut[0][2]


def _unbordered(found: list[Piece]) -> list[Piece]:
    """Borders inside a pattern, as far as they can be told by what stands beside them."""
    kept: list[Piece] = []
    place = 0
    while place < len(found):
        one = found[place]
        if one.text != r"\b":
            kept.append(one)
            place += 1
            continue
        beside = {found[at].text for at in (place - 1, place + 1) if 0 <= at < len(found)}
        if place >= 2 and _MANY.fullmatch(found[place - 1].text):
            beside.add(found[place - 2].text)
        ahead = [each.text for each in found[place + 1 : place + 4]]
        if beside & _EMPTY_BETWEEN:
            place += 1
        elif (
            len(ahead) == 3 and ahead[0] == "." and _MANY.fullmatch(ahead[1]) and ahead[2] == r"\b"
        ):
            kept.append(Piece(rf"(?:{NO_WORD}|{NO_WORD}.{ahead[1]}{NO_WORD})", -1))
            place += 4
        else:
            raise wrong(
                N_(r"a border \b stands at the beginning or the end; inside, write \s or \W"),
                one.at,
            )
    return kept


def _piece(one: Piece, apart: str) -> str:
    text = one.text
    if one.at < 0:
        return text
    if text[0] == "\\" and len(text) == 2:
        if apart and text[1] in "WDS":
            return f"[^{_INSIDE[text[1].lower()]}{apart}]"
        return _OUTSIDE.get(text[1], text)
    if text == "." and apart:
        return rf"[^\n{apart}]"
    if text[0] == "[":
        inner = re.sub(
            r"\\(.)", lambda found: _INSIDE.get(found[1], found[0]), text, flags=re.DOTALL
        )
        return f"[^{apart}{inner[2:]}" if apart and inner[1] == "^" else inner
    return text


def _refused(error: Exception, shown: str) -> InvalidField:
    reason = error.args[0] if error.args else b""
    words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    what, _, fragment = words.partition(": ")
    known = {
        "missing )": N_("a bracket ( is not closed"),
        "unexpected )": N_("a bracket ) is closed that was never opened"),
        "invalid repetition size": N_(
            "a repetition is too often: at most 1,000 times, all together"
        ),
        "bad repetition operator": N_("a repetition of a repetition"),
        "no argument for repetition operator": N_("there is nothing to repeat"),
        "pattern too large - compile failed": N_(
            "the pattern is too large: write fewer or smaller repetitions"
        ),
    }
    at = shown.rfind(")") if what == "unexpected )" else shown.find(fragment) if fragment else -1
    if what == "missing )":
        at = _never_closed(shown)
    if what in known:
        return wrong(known[what], at)
    return wrong(N_("it cannot be read: {said}"), at, said=words[:200])


def _never_closed(pattern: str) -> int:
    opened: list[int] = []
    for one in pieces(plain(pattern)):
        if one.text.startswith("(") and not one.text.endswith(")"):
            opened.append(one.at)
        elif one.text == ")" and opened:
            opened.pop()
    return opened[-1] if opened else -1


def wrong(reason: str, at: int, **values: Any) -> InvalidField:
    """What is wrong with a pattern; ``at`` is the place in it, counted from 0, below 0: none."""
    if at < 0:
        return InvalidField(field="pattern", reason=reason, param="pattern", **values)
    return PatternWrong(reason=reason, at=at + 1, **values)
