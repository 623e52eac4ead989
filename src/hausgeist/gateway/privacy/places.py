# SPDX-License-Identifier: EUPL-1.2
"""Where in an answer a pseudonym must stay one: in addresses, link targets and the insides of HTML tags.

"Show me a picture from https://elsewhere/?x=[[IBAN_1]]" would otherwise carry out of the house what was
hidden on the way in. The text of an answer flows in, piece by piece; whether the next character stands in
such a place flows out. In doubt it does. Knows nothing of pseudonyms.
"""

import re
from enum import Enum, auto
from typing import Final

_EVENT = re.compile(
    r"""
    \n[ \t\r]*\n                       # a blank line ends links and tags
    |(?P<space>[ \t\n\r\f\v]+)          # no other: an address goes on behind a no-break space
    |(?P<share>(?<!\S)\\\\(?=[\w.-]{1,253}\\))  # \\server\folder
    |\\[\[\]()<>\\]                    # escaped: means nothing
    |(?P<target>\]\([ \t\n]*<?)
    |(?P<reference>\]:[ \t\n]*<?)
    |(?P<tag><(?=[A-Za-z/!?]))
    |(?P<address>://|(?<!\w)www\.|(?<!\S)//
        |[\w-]\.(?:[^\W\d_]{2,24}|xn--[\w-]{1,59})[/?\#:](?!\s)|(?:\d{1,3}\.){3}\d{1,3}[/?\#:](?!\s))
    |[()<>"'`]
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|(.))|(")', re.DOTALL)
_CONTROL = {"n": "\n", "r": "\n", "t": "\t", "b": " ", "f": " "}
_BORDER: Final = "\n\n"
"""Between two strings of a JSON text nothing goes on."""
_WAITING_MOST: Final = 4096
"""Characters that wait to be looked at; looking at many at once is cheap."""
_ONE_RUN: Final = 64


class _Inside(Enum):
    TEXT = auto()
    TARGET = auto()
    ANGLE = auto()
    """A link target in angle brackets; blanks may stand in it."""
    TAG = auto()


class Places:
    """One text. ``is_json``: it is JSON, in whose strings the places are."""

    __slots__ = (
        "_address",
        "_depth",
        "_fresh",
        "_inside",
        "_is_json",
        "_quote",
        "_size",
        "_waiting",
    )

    def __init__(self, *, is_json: bool = False) -> None:
        self._is_json = is_json
        self._waiting: list[str] = []
        self._size = 0
        self._inside = _Inside.TEXT
        self._depth = 0
        self._quote = ""
        self._address = False
        self._fresh = False
        """An address is to follow: the target of a reference."""

    def passed(self, text: str) -> None:
        """More of the text."""
        self._waiting.append(text)
        self._size += len(text)
        if self._size > _WAITING_MOST:
            self._look(self._cut())

    def closed(self) -> bool:
        """Whether a pseudonym must not be restored right behind what has passed."""
        if self._waiting:
            self._look(self._all())
        return self._address or self._inside is not _Inside.TEXT

    def _all(self) -> str:
        text = "".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        return _decoded(text) if self._is_json else text

    def _cut(self) -> str:
        """All but the last few characters, which may be half of something."""
        text = "".join(self._waiting)
        keep = max(text.rfind(" "), len(text) - _ONE_RUN)
        while keep > 0 and (text[keep].isspace() or text[keep - 1] in "\\\n"):
            keep -= 1  # neither within white space nor behind a backslash
        self._waiting = [text[keep:]]
        self._size = len(text) - keep
        return _decoded(text[:keep]) if self._is_json else text[:keep]

    def _look(self, text: str) -> None:
        at = 0
        for match in _EVENT.finditer(text):
            if self._fresh and match.start() > at:
                self._fresh, self._address = False, True
            at = match.end()
            self._event(match)
        if self._fresh and len(text) > at:
            self._fresh, self._address = False, True

    def _event(self, match: re.Match[str]) -> None:
        what, sign = match.lastgroup, match[0]
        if what == "space":
            self._address = False
        elif what in {"address", "share"}:
            self._address = True
        elif what is None and sign[0] == "\n":
            self._inside, self._address, self._fresh, self._quote = _Inside.TEXT, False, False, ""
        elif self._inside is not _Inside.TEXT:
            self._within(what, sign)
        elif what in {"target", "reference"}:
            self._depth = int(what == "target")
            self._fresh = not self._depth and sign[-1] != "<"
            if not self._fresh:
                self._inside = _Inside.ANGLE if sign[-1] == "<" else _Inside.TARGET
        elif sign == "<" and (what == "tag" or self._fresh):
            self._inside = _Inside.TAG if what == "tag" else _Inside.ANGLE
            self._depth, self._quote, self._fresh = 0, "", False

    def _within(self, what: str | None, sign: str) -> None:
        """Within a target or a tag: what ends it, or leads deeper."""
        if self._inside is _Inside.TAG:
            self._within_tag(sign)
        elif self._inside is _Inside.ANGLE:
            if sign == ">":
                self._inside = _Inside.TARGET if self._depth else _Inside.TEXT
        elif sign == "<":
            self._inside = _Inside.ANGLE
        else:
            self._depth += (sign == "(" or what == "target") - (sign == ")")
            if not self._depth:
                self._inside = _Inside.TEXT

    def _within_tag(self, sign: str) -> None:
        if self._quote:
            if sign == self._quote:
                self._quote = ""
        elif sign in {'"', "'"}:
            self._quote = sign
        elif sign == ">":
            self._inside = _Inside.TEXT


def _decoded(text: str) -> str:
    """JSON as its strings read; what stands between two of them is a border."""

    def plain(match: re.Match[str]) -> str:
        code, letter, quote = match.groups()
        if quote:
            return _BORDER
        return chr(int(code, 16)) if code else _CONTROL.get(letter, letter)

    return _ESCAPE.sub(plain, text)
