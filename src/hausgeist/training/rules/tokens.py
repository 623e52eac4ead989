# SPDX-License-Identifier: EUPL-1.2
"""Patterns over words: one condition a word, compiled into one regular expression of RE2.

Tokens are those of ``core.tokens``: a number (``01.03.2026``), a word (``E-Mail``) or a sign. A text is
written with a sign between its tokens that no text has: borders are certain, and time is linear in the text.

    termin|termine        one of these words, whatever the case
    =IT                   exactly so
    /abhol.*/             a regular expression that fits the whole token
    <number> <word> <sign> <any>
    <shape:Xxx>           X a capital, x a small letter, d a digit, + behind one: once or more often
    ? * + {0,3}           behind a condition: how often
    ( … )                 as tokens of their own: the part that fills a field
"""

import re
from dataclasses import dataclass

from hausgeist.core.tokens import tokens_of
from hausgeist.errors import N_
from hausgeist.training.rules.reading import WORD
from hausgeist.training.rules.regex import (
    PATTERN_MOST,
    Compiled,
    pieces,
    program_of,
    translated,
    wrong,
)

APART = "\x1f"
TOKENS_MOST = 50
"""Conditions of a pattern."""
OFTEN_MOST = 50
"""How often a condition may be repeated, where it says a number."""

_INNER = rf"[^{APART}]+"
_NUMBER = r"\p{Nd}+(?:[.,:/\-]\p{Nd}+)*"
_NAMED = {
    "<any>": _INNER,
    "<number>": _NUMBER,
    "<word>": rf"[{WORD}]+(?:[\-'\x{{2019}}][{WORD}]+)*",
    "<sign>": rf"[^{WORD}{APART}]+",
}
_SHAPES = {"X": r"\p{Lu}", "x": r"\p{Ll}", "d": r"\p{Nd}"}
_BRACKETS = frozenset("()")
_PARTS = re.compile(r"/(?:\\.|[^/\\])+/\S*|\S+")
_OFTEN = re.compile(r"(?<=.)(?:[?*+]|\{(\d{1,4})(?:,(\d{0,4}))?\})$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text with the sign between its tokens, and where each of them stands."""

    data: bytes
    spans: tuple[tuple[int, int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The passage of some bytes of ``data``, as code points of the text."""
        first = self.data.count(b"\x1f", 0, start)
        last = self.data.count(b"\x1f", 0, end)
        if self.data[end - 1 : end] != b"\x1f":
            last += 1
        first_span, last_span = self.spans[first], self.spans[max(first, last - 2)]
        return first_span[0], last_span[1]


def tokens(text: str) -> Tokens:
    """The tokens of a text that was read (``reading.read``)."""
    found = tokens_of(text)
    words = APART.join([text[start:end] for start, end in found])
    data = f"{APART}{words}{APART}".encode("utf-8", "replace") if found else b""
    return Tokens(data, tuple(found))


def compiled(pattern: str) -> Compiled:
    """A pattern over tokens, compiled.

    Raises:
        InvalidField: it is none, or fits everything; with the place where that can be told.
    """
    if len(pattern) > PATTERN_MOST:
        raise wrong(N_("at most {most} characters"), PATTERN_MOST, most=PATTERN_MOST)
    parts = [(one[0], one.start()) for one in _PARTS.finditer(pattern)]
    if not parts:
        raise wrong(N_("a pattern is missing"), -1)
    if len(parts) > TOKENS_MOST:
        raise wrong(N_("at most {most} words"), parts[TOKENS_MOST][1], most=TOKENS_MOST)
    _bracketed([at for part, at in parts if part == "("], [at for part, at in parts if part == ")"])
    source = "".join(part if part in _BRACKETS else _element(part, at) for part, at in parts)
    full = f"({source}){APART}"
    program = program_of(full, pattern)
    if program.search(APART.encode()) is not None:
        raise wrong(N_("it finds the empty text, and so fits everything"), -1)
    return Compiled(full, 1, program)


def _bracketed(opened: list[int], closed: list[int]) -> None:
    """One part at most fills a field."""
    for some in (opened, closed):
        if len(some) > 1:
            raise wrong(N_("only one part can fill a field"), some[1])
    if closed and (not opened or closed < opened):
        raise wrong(N_("a bracket ) is closed that was never opened"), closed[0])
    if opened and not closed:
        raise wrong(N_("a bracket ( is not closed"), opened[0])


def _element(part: str, at: int) -> str:
    often = None if part.startswith("/") and part.endswith("/") else _OFTEN.search(part)
    condition = part[: often.start()] if often else part
    if often and often[1] is not None:
        low, high = int(often[1]), int(often[2] or often[1])
        if high > OFTEN_MOST or low > high or often[2] == "":
            raise wrong(N_("write how often as in {{0,3}}, at most {most}"), at, most=OFTEN_MOST)
    return f"(?:{APART}(?:{_condition(condition, at)})){often[0] if often else ''}"


def _condition(condition: str, at: int) -> str:
    if condition in _NAMED:
        return _NAMED[condition]
    if condition.startswith("<shape:") and condition.endswith(">"):
        return _shape(condition[7:-1], at)
    if condition.startswith("<") and condition.endswith(">") and len(condition) > 2:
        raise wrong(N_("known are <number>, <word>, <sign>, <any> and <shape:…>"), at)
    if condition.startswith("/") and condition.endswith("/") and len(condition) > 2:
        return _expression(condition[1:-1], at)
    exact = condition.startswith("=") and len(condition) > 1
    words = (condition[1:] if exact else condition).split("|") if condition != "|" else ["|"]
    if not all(words):
        raise wrong(N_("a word is missing beside |"), at)
    for word in words:
        if tokens_of(word) != [(0, len(word))]:
            raise wrong(N_("“{word}” is more than one word: write them apart"), at, word=word[:40])
    either = "|".join(_literal(word) for word in words)
    return either if exact else f"(?i:{either})"


def _literal(word: str) -> str:
    escaped = re.sub(rf"[^{'0-9A-Za-z'}\u0080-\U0010ffff]", lambda one: "\\" + one[0], word)
    return re.sub("ß|ss", "(?:ß|ss)", escaped)


def _shape(shape: str, at: int) -> str:
    if not shape or shape.startswith("+"):
        raise wrong(N_("a shape is made of X, x, d, + and signs"), at)
    return "".join(
        "+" if one == "+" else _SHAPES.get(one, one if one.isalpha() else "\\" + one)
        for one in shape
    )


def _expression(inner: str, at: int) -> str:
    flags, source, core = translated(inner.replace(r"\/", "/"), apart=APART)
    if core or any(one.text.startswith("(") and one.text[1:2] != "?" for one in pieces(inner)):
        raise wrong(
            N_(r"inside a token, write (?: … ) for a group, and no \b: it fits the whole token"), at
        )
    return f"{flags[:-1]}:{source})" if flags else f"(?:{source})"
