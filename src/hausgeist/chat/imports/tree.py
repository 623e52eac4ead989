# SPDX-License-Identifier: EUPL-1.2
"""Foreign trees become sound ones: rings are cut, orphans find a place, what is left out is bridged.

Nodes of any format flow in, lines whose parents are places in the list flow out, parents first. Linear
in the number of nodes, whatever they say about each other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hausgeist.chat.imports.brought import TITLE_MOST, Brought, Line
from hausgeist.chat.titles import tidy, title_of

EARLIEST = 946_684_800_000
"""The year 2000: what claims to be older has no date."""
_UNWANTED = re.compile("[\x00\ud800-\udfff]")
_NOBODY = ""


@dataclass(slots=True)
class Node:
    """A message of a foreign tree. ``at`` of 0: unknown. Without words it is only a link to others."""

    id: str
    parent: str | None
    role: str
    text: str
    at: int = 0
    reasoning: str = ""
    model: str | None = None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def stays(self) -> bool:
        """Whether it is a message of the conversation, and not only on the way to one."""
        return self.role in {"user", "assistant"} and bool(self.text.strip() or self.reasoning)


def planted(
    nodes: Sequence[Node],
    *,
    source: str,
    title: str,
    created_at: int,
    updated_at: int,
    shown: str | None,
    now: int,
) -> tuple[Brought | None, int]:
    """The conversation, and how many messages were left out; None when nothing is left.

    ``shown`` is the id of the end of the branch that was shown, if it is known.
    """
    by_id = {node.id: node for node in nodes}
    order = _from_the_root(by_id)
    begun = _date(created_at, now) or min(
        (at for node in nodes if (at := _date(node.at, now))), default=now
    )
    lines: list[Line] = []
    places: dict[str, int] = {}  # of a node, or of the nearest that stays above it
    for node, parent in order:
        above = places.get(parent, -1)
        if not node.stays:
            places[node.id] = above
            continue
        earliest = lines[above].at + 1 if above >= 0 else begun
        places[node.id] = len(lines)
        lines.append(
            Line(
                parent=above,
                role=node.role,
                text=clean(node.text),
                at=max(_date(node.at, now), earliest),
                reasoning=clean(node.reasoning),
                model=clean(node.model)[:200] if node.model else None,
                values=node.values,
            )
        )
    if not lines:
        return None, len(nodes)
    _apart(lines)
    words = tidy(clean(title))[:TITLE_MOST]
    brought = Brought(
        source=source,
        title=words or title_of(lines[0].text) or "…",
        created_at=min(begun, lines[0].at),
        updated_at=max(_date(updated_at, now), *(line.at for line in lines)),
        lines=lines,
        leaf=_leaf(lines, places.get(shown or _NOBODY, -1)),
        model=next((line.model for line in reversed(lines) if line.model), ""),
    )
    return brought, len(nodes) - len(lines)


def _from_the_root(by_id: Mapping[str, Node]) -> list[tuple[Node, str]]:
    """Every node once, parents first, with the id of its parent or of the place it was given."""
    children: dict[str, list[Node]] = {}
    roots: list[tuple[Node, str]] = []
    before = _NOBODY
    for node in by_id.values():
        if not node.parent:
            roots.append((node, _NOBODY))
        elif node.parent in by_id and node.parent != node.id:
            children.setdefault(node.parent, []).append(node)
        else:
            roots.append((node, before))  # an orphan goes on from what stood before it
        before = node.id
    found: list[tuple[Node, str]] = []
    seen: set[str] = set()

    def walk(first: Node, parent: str) -> None:
        waiting = [(first, parent)]
        while waiting:
            node, above = waiting.pop()
            if node.id in seen:
                continue
            seen.add(node.id)
            found.append((node, above))
            waiting.extend((child, node.id) for child in reversed(children.get(node.id, ())))

    for node, parent in roots:
        # what an orphan would hang on may come later, or hang on it itself
        walk(node, parent if parent in seen else _NOBODY)
    last = found[-1][0].id if found else _NOBODY
    for node in by_id.values():  # rings, which no root leads to
        if node.id not in seen:
            walk(node, last)
            last = found[-1][0].id
    return found


def _apart(lines: list[Line]) -> None:
    """Siblings of one moment keep their order: it is told by their time."""
    siblings: dict[int, list[Line]] = {}
    for line in lines:
        siblings.setdefault(line.parent, []).append(line)
    for family in siblings.values():
        latest = 0
        for line in sorted(family, key=lambda one: one.at):
            line.at = latest = max(line.at, latest + 1)


def _leaf(lines: list[Line], wanted: int) -> int:
    """The end of the newest branch below a place, or of all."""
    newest: dict[int, int] = {}
    for place, line in enumerate(lines):
        known = newest.get(line.parent)
        if known is None or line.at > lines[known].at:
            newest[line.parent] = place
    at = wanted if wanted >= 0 else newest[-1]
    while (below := newest.get(at)) is not None:
        at = below
    return at


def _date(at: int, now: int) -> int:
    """A moment that can be true, or 0."""
    return at if EARLIEST < at <= now + 86_400_000 else 0


def clean(text: str) -> str:
    """Text that any database takes."""
    return _UNWANTED.sub("\ufffd", text)
