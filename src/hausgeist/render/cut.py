# SPDX-License-Identifier: EUPL-1.2
"""Where a growing Markdown text may be cut: lines flow in, one verdict per line flows out.

The cutter cuts at borders of top-level blocks and nowhere else. It looks at each line once, at its
beginning only, and remembers a constant amount. When in doubt it does not cut: two constructs in one
block render as they would on one page, half a construct does not. What a block means is decided by
``markdown``.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

_HEADING = re.compile(r"#{1,6}(?:[ \t]|$)")
_FENCE = re.compile(r"(`{3,})[^`]*$|(~{3,})")
_MARKER = re.compile(r"(?:([-+*])|(\d{1,9})([.)]))([ \t]+|$)")
_DELIMITER_ROW = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
MATH_FENCES = (("$$", "$$"), ("\\[", "\\]"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a line does: ``before`` closes the open block, ``keep`` adds the line, ``after`` closes."""

    before: bool = False
    keep: bool = True
    after: bool = False


_ADD = Verdict()
_ADD_LAST = Verdict(after=True)
_END = Verdict(before=True, keep=False)


class _Kind(Enum):
    NONE = auto()
    SINGLE = auto()  # one line is the whole block: heading, rule, formula on one line
    PARAGRAPH = auto()  # tables too: they end where paragraphs end
    QUOTE = auto()
    LIST = auto()
    FENCE = auto()
    MATH = auto()
    INDENTED = auto()


@dataclass(frozen=True, slots=True)
class Fence:
    """The opening of a fenced code block: its run of backticks or tildes, and its info string."""

    run: str
    info: str

    def closed_by(self, line: str) -> bool:
        """Whether a line closes the block: at least as long a run, and nothing else."""
        stripped = line.strip(" \t")
        return (
            indent_of(line) < 4
            and len(stripped) >= len(self.run)
            and stripped == self.run[0] * len(stripped)
        )


@dataclass(frozen=True, slots=True)
class _Marker:
    """A list item's beginning. ``kind`` is the bullet, or the delimiter after the number."""

    kind: str
    width: int
    empty: bool
    interrupts: bool


def indent_of(line: str) -> int:
    """The columns before the first character, a tab reaching to the next multiple of four."""
    lead = line[: len(line) - len(line.lstrip(" \t"))]
    return len(lead.expandtabs(4)) if lead else 0


def fence_of(line: str) -> Fence | None:
    """The fence that a line opens at the top level, if it does."""
    stripped = line.lstrip(" \t")
    found = _FENCE.match(stripped)
    if found is None or indent_of(line) > 3:
        return None
    run = found[1] or found[2]
    return Fence(run, stripped[len(run) :].strip())


def _is_rule(stripped: str) -> bool:
    if stripped[0] not in "*-_":
        return False
    bare = stripped.replace(" ", "").replace("\t", "")
    return len(bare) >= 3 and bare == bare[0] * len(bare)


def _is_underline(stripped: str) -> bool:
    bare = stripped.rstrip(" \t")
    return bare[0] in "=-" and bare == bare[0] * len(bare)


def _marker(stripped: str, indent: int) -> _Marker | None:
    found = _MARKER.match(stripped)
    if found is None:
        return None
    head = len(found[0].rstrip(" \t"))
    spaces = len(found[4].expandtabs(4))
    empty = found.end() == len(stripped)
    return _Marker(
        kind=found[1] or found[3],
        width=indent + head + (spaces if not empty and spaces <= 4 else 1),
        empty=empty,
        interrupts=not empty and (found[2] is None or int(found[2]) == 1),
    )


class Cutter:
    """One text's cutter. Feed every complete line, without its line end, to ``accept``."""

    def __init__(self) -> None:
        self._kind = _Kind.NONE
        self._fence = Fence("", "")
        self._closer = ""
        self._list_kind = ""
        self._list_width = 0
        self._after_blank = False

    def accept(self, line: str) -> Verdict:
        """Judge one line. Looks at it once; time is linear in its length."""
        verdict = self._judge(line)
        if verdict.after or (verdict.before and not verdict.keep):
            self._kind = _Kind.NONE
        return verdict

    def _judge(self, line: str) -> Verdict:
        stripped = line.lstrip(" \t")
        indent = indent_of(line)
        match self._kind:
            case _Kind.FENCE:
                return _ADD_LAST if self._fence.closed_by(line) else _ADD
            case _Kind.MATH:
                if not stripped:
                    return _END
                return _ADD_LAST if stripped.rstrip().endswith(self._closer) else _ADD
            case _Kind.LIST:
                return self._in_list(stripped, indent)
            case _Kind.INDENTED:
                return _ADD if not stripped or indent > 3 else self._open(stripped, indent)
            case _Kind.PARAGRAPH | _Kind.QUOTE:
                return self._in_words(stripped, indent)
            case _:
                if not stripped:
                    return Verdict(keep=False)
                return self._open(stripped, indent)

    def _in_words(self, stripped: str, indent: int) -> Verdict:
        if not stripped:
            return _END
        if indent > 3:
            return _ADD
        if self._kind is _Kind.QUOTE:
            if stripped.startswith(">"):
                return _ADD
        elif _is_underline(stripped):
            return _ADD_LAST
        elif "|" in stripped and _DELIMITER_ROW.match(stripped):
            return _ADD
        return self._open(stripped, indent) if self._interrupts(stripped, indent) else _ADD

    def _in_list(self, stripped: str, indent: int) -> Verdict:
        after_blank, self._after_blank = self._after_blank, not stripped
        if not stripped or indent >= self._list_width:
            return _ADD
        if indent < 4 and not _is_rule(stripped):
            marker = _marker(stripped, indent)
            if marker is not None and marker.kind == self._list_kind:
                self._list_width = marker.width
                return _ADD
        if after_blank or self._interrupts(stripped, indent):
            return self._open(stripped, indent)
        return _ADD

    def _interrupts(self, stripped: str, indent: int) -> bool:
        """Whether a line begins a new block although no blank line stands before it."""
        if indent > 3:
            return False
        if stripped[0] == ">" or _is_rule(stripped):
            return True
        if _HEADING.match(stripped) or _FENCE.match(stripped) or self._math(stripped):
            return True
        marker = _marker(stripped, indent)
        return marker is not None and marker.interrupts

    @staticmethod
    def _math(stripped: str) -> tuple[str, bool] | None:
        """The closer of the formula that a line opens, and whether it stands on the same line."""
        for opener, closer in MATH_FENCES:
            if stripped.startswith(opener):
                rest = stripped[len(opener) :].rstrip()
                at = rest.find(closer)
                if at < 0:
                    return closer, False
                if at == len(rest) - len(closer) and at > 0:
                    return closer, True
        return None

    def _open(self, stripped: str, indent: int) -> Verdict:
        """Close what is open and begin the block that a line opens."""
        before = self._kind is not _Kind.NONE
        self._kind = self._classify(stripped, indent)
        return Verdict(before=before, after=self._kind is _Kind.SINGLE)

    def _classify(self, stripped: str, indent: int) -> _Kind:
        if indent > 3:
            return _Kind.INDENTED
        if stripped[0] == ">":
            return _Kind.QUOTE
        if _HEADING.match(stripped) or _is_rule(stripped):
            return _Kind.SINGLE
        fence = fence_of(stripped)
        if fence is not None:
            self._fence = fence
            return _Kind.FENCE
        formula = self._math(stripped)
        if formula is not None:
            self._closer, whole = formula
            return _Kind.SINGLE if whole else _Kind.MATH
        marker = _marker(stripped, indent)
        if marker is not None:
            self._list_kind, self._list_width = marker.kind, marker.width
            self._after_blank = False
            return _Kind.LIST
        return _Kind.PARAGRAPH
