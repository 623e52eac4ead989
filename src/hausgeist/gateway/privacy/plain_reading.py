# SPDX-License-Identifier: EUPL-1.2
r"""A text as people or programs would read it: without signs that nobody sees, and with escapes decoded.

``M\u00fcller`` is Müller, ``Jutta%20Bach`` is Jutta Bach, and a mark of direction within an IBAN hides
nothing from those who get it. A text flows in; a second one to look through flows out, with the way back to
the places of the first. Knows no detector, and changes nothing that is sent.
"""

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

_UNSEEN = (
    "\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f"
    "\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffb"
    "\\U0001bca0-\\U0001bca3\\U000e0000-\\U000e0fff"
)
"""Control characters and what Unicode calls default ignorable; white space is none of them."""

_HEX = "[0-9A-Fa-f]"
_WRITTEN = re.compile(
    rf"""
    (?P<unseen>[{_UNSEEN}]+)
    |\\{{1,4}}u(?P<high>[dD][89abAB]{_HEX}{{2}})\\{{1,4}}u(?P<low>[dD][c-fC-F]{_HEX}{{2}})
    |\\{{1,4}}(?:u(?P<code>{_HEX}{{4}})|x(?P<byte>{_HEX}{{2}}))
    |(?P<percent>%[CDcd]{_HEX}%[89ABab]{_HEX}|%[Ee]{_HEX}(?:%[89ABab]{_HEX}){{2}}|%[2-7]{_HEX})
    |(?P<entity>&(?:\#[0-9]{{1,7}}|\#[xX]{_HEX}{{1,6}}|[A-Za-z]{{2,8}});)
    """,
    re.VERBOSE,
)
_MAILED = re.compile(rf"=[Cc][23]=[89ABab]{_HEX}|=\r?\n")
"""What a text has whose every ``=`` is one of quoted-printable's (RFC 2045)."""
_OF_MAIL = re.compile(
    rf"=\r?\n|=[CDcd]{_HEX}=[89ABab]{_HEX}|=[Ee]{_HEX}(?:=[89ABab]{_HEX}){{2}}|=[2-7]{_HEX}"
)


@dataclass(frozen=True, slots=True)
class PlainReading:
    """``text`` is what is read; from place ``at[i]`` of it on, characters stand at ``raw[i]`` of the first.

    ``lasts`` tells where what stands there ends, if it is one sign that was written with several.
    """

    text: str
    at: list[int]
    raw: list[int]
    lasts: list[int]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the reading stands in the text; all of an escape, even if a part was meant."""
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, at: int) -> tuple[int, int]:
        piece = bisect_right(self.at, at) - 1
        if self.lasts[piece]:
            return self.raw[piece], self.lasts[piece]
        place = self.raw[piece] + at - self.at[piece]
        return place, place + 1


def plain_reading(text: str) -> PlainReading | None:
    """The second reading of a text; None where it would be the first."""
    found = list(_signs(text))
    if not found:
        return None
    out: list[str] = []
    at, raw, lasts = [0], [0], [0]
    size = place = 0
    for start, end, sign in found:
        out += (text[place:start], sign)
        size += start - place
        if sign:
            at.append(size)
            raw.append(start)
            lasts.append(end)
            size += len(sign)
        at.append(size)
        raw.append(end)
        lasts.append(0)
        place = end
    out.append(text[place:])
    return PlainReading("".join(out), at, raw, lasts)


def _signs(text: str) -> Iterator[tuple[int, int, str]]:
    """What is written in another way than it reads: from, to, and how it reads."""
    places = [(*match.span(), _read(match)) for match in _WRITTEN.finditer(text)]
    if "=" in text and _MAILED.search(text):
        places += [(*m.span(), _of_octets(m[0], "=")) for m in _OF_MAIL.finditer(text)]
        places.sort()
    last = 0
    for start, end, sign in places:
        if start >= last and sign != text[start:end]:
            last = end
            yield start, end, sign


def _read(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "unseen":
        return ""
    if kind == "low":
        high, low = int(match["high"], 16), int(match["low"], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    if kind in {"code", "byte"}:
        return chr(int(match[kind], 16))
    if kind == "percent":
        return _of_octets(match[0], "%")
    return html.unescape(match[0])


def _of_octets(written: str, mark: str) -> str:
    """UTF-8 in hexadecimal; what ends a line within a word is nothing."""
    octets = written.replace(mark, "").strip()
    return bytes.fromhex(octets).decode("utf-8", "replace") if octets else ""
