# SPDX-License-Identifier: EUPL-1.2
"""Verbs of conversations and their messages: SQL in, values out.

Every query of a person's names the owner: what is not theirs is not found. A conversation is a tree:
a message names its parent, and the conversation names the leaf of the branch that is shown.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, bindparam, exists, insert, select, update

from hausgeist.core.messages import Image, Part, Reasoning, Text, ToolCall, written
from hausgeist.store import search
from hausgeist.store.closing import still_open
from hausgeist.store.tables import conversations, messages

State: TypeAlias = Literal["running", "done", "stopped", "failed", "interrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that a question carries. Its content stays where files are; ``size`` in bytes.

    ``chars``: how long the text is that was read out of it; 0 for a picture.
    """

    file_id: str
    name: str
    media: str
    size: int
    data_class: str
    chars: int = 0


SaidPart: TypeAlias = Part | Attached

_KINDS: Mapping[str, type[SaidPart]] = {
    "text": Text,
    "image": Image,
    "reasoning": Reasoning,
    "tool_call": ToolCall,
    "file": Attached,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_AT_ONCE = 500
"""Ids in one query; databases limit how many parameters a statement has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation without its messages. ``data_class`` is a stable word; times are milliseconds.

    ``title_by`` tells who gave the title: ``words`` (its first question's), ``model`` or ``person``.
    ``deleted_at``: it lies in the bin; no verb here but the bin's finds it.
    """

    id: str
    title: str
    model: str
    data_class: str
    leaf_id: str | None
    created_at: int
    updated_at: int
    title_by: str = "words"
    folder_id: str | None = None
    pinned_at: int | None = None
    archived_at: int | None = None
    deleted_at: int | None = None
    assistant_id: str | None = None
    assistant_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message of a conversation: a question, or an answer with how it came about.

    ``error`` is a code of ``hausgeist.errors`` and ``error_values`` what fills its text; ``finish`` is
    why the answer ended. ``micro_eur`` of None means unknown. ``touched_at`` is the last sign of life of
    the process that writes a running answer. ``about`` says where an answer came from, what was sent and
    what was left out (JSON values). Answers of several models to one question share a ``contest_id``; the
    one that was kept is ``preferred``.
    """

    id: str
    parent_id: str | None
    role: str
    parts: tuple[SaidPart, ...]
    created_at: int
    state: State = "done"
    error: str | None = None
    error_values: Mapping[str, Any] = field(default_factory=dict)
    finish: str | None = None
    model: str | None = None
    zone: str | None = None
    data_class: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    micro_eur: int | None = None
    duration_ms: int | None = None
    touched_at: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    contest_id: str | None = None
    preferred: bool | None = None

    @property
    def text(self) -> str:
        """The words of the message."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def reasoning(self) -> str:
        """What the model thought first."""
        return "".join(part.text for part in self.parts if isinstance(part, Reasoning))

    @property
    def files(self) -> tuple[Attached, ...]:
        """The files it carries."""
        return tuple(part for part in self.parts if isinstance(part, Attached))


@dataclass(frozen=True, slots=True)
class Node:
    """A message's place in the tree."""

    id: str
    parent_id: str | None
    role: str
    contest_id: str | None = None
    preferred: bool | None = None


@dataclass(frozen=True)  # no slots: the tree is worked out once, when it is asked for
class Opened:
    """A conversation: all places of its tree in the order they came, and the branch to a leaf.

    ``beside``: of an answer whose contest nobody has decided, all answers of the contest, by its id.
    """

    conversation: Conversation
    nodes: tuple[Node, ...]
    branch: tuple[Said, ...]
    hidden: int = 0
    """Messages at the beginning of the branch that were not read."""
    beside: Mapping[str, tuple[Said, ...]] = field(default_factory=dict)

    def siblings(self, message_id: str) -> list[str]:
        """The ids of a message and its siblings of the same role, in the order they came."""
        ours = self._by_id[message_id]
        return self._by_place[ours.parent_id, ours.role]

    def rivals(self, message_id: str) -> list[str]:
        """The answers of an undecided contest that an answer is in, itself among them; else none."""
        contest = self._by_id[message_id].contest_id
        members = self._contests.get(contest, []) if contest else []
        return [] if any(node.preferred for node in members) else [node.id for node in members]

    def leaf_below(self, message_id: str) -> str:
        """The end of the branch through a message: of siblings the kept one, else the newest."""
        newest: dict[str | None, Node] = {}
        for node in self.nodes:
            known = newest.get(node.parent_id)
            if known is None or not known.preferred:
                newest[node.parent_id] = node
        while (child := newest.get(message_id)) is not None:
            message_id = child.id
        return message_id

    def depth_below(self, message_id: str, leaf_id: str) -> int:
        """How many messages there are from a message down to a leaf beneath it, both included."""
        depth, at = 1, self._by_id.get(leaf_id)
        while at is not None and at.id != message_id and depth <= len(self.nodes):
            depth, at = depth + 1, self._by_id.get(at.parent_id or "")
        return depth

    @cached_property
    def _by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def _contests(self) -> dict[str, list[Node]]:
        return _contests_in(self.nodes)

    @cached_property
    def _by_place(self) -> dict[tuple[str | None, str], list[str]]:
        found: dict[tuple[str | None, str], list[str]] = {}
        for node in self.nodes:
            found.setdefault((node.parent_id, node.role), []).append(node.id)
        return found


# -- conversations ------------------------------------------------------------------------------


def create(connection: Connection, owner_id: str, talk: Conversation) -> None:
    """Begin a conversation."""
    connection.execute(insert(conversations).values(owner_id=owner_id, **asdict(talk)))
    search.put_title(connection, owner_id, talk.id, talk.updated_at, talk.title)


def find(connection: Connection, owner_id: str, talk_id: str) -> Conversation | None:
    """A conversation of the owner's; None when there is none."""
    query = select(*_TALK).where(theirs(owner_id, talk_id))
    row = connection.execute(query).mappings().first()
    return None if row is None else Conversation(**row)


def change(connection: Connection, owner_id: str, talk_id: str, **columns: object) -> bool:
    """Change columns of a conversation; False when there is none."""
    query = update(conversations).where(theirs(owner_id, talk_id)).values(**columns)
    changed = connection.execute(query).rowcount == 1
    if changed and "title" in columns:
        search.retitle(connection, owner_id, talk_id)
    return changed


# -- messages -----------------------------------------------------------------------------------


def add(
    connection: Connection,
    owner_id: str,
    talk_id: str,
    said: Iterable[Said],
    leaf_id: str | None = None,
) -> bool:
    """Add messages and show the branch of ``leaf_id`` (None: the last one).

    False when there is no such conversation.
    """
    rows = [_row(one) | {"conversation_id": talk_id} for one in said]
    last = rows[-1]
    changed = change(
        connection,
        owner_id,
        talk_id,
        leaf_id=leaf_id or last["id"],
        updated_at=last["created_at"],
    )
    if changed:
        connection.execute(insert(messages), rows)
        ended = [row for row in rows if row["state"] != "running"]
        search.put(connection, [_searched(owner_id, talk_id, row) for row in ended])
    return changed


def message(connection: Connection, owner_id: str, talk_id: str, said_id: str) -> Said | None:
    """A message of a conversation of the owner's; None when there is none."""
    return _read(connection, owner_id, talk_id, [said_id]).get(said_id)


def several(
    connection: Connection, owner_id: str, talk_id: str, ids: Sequence[str]
) -> dict[str, Said]:
    """Messages of a conversation of the owner's, by id; those that are not there are left out."""
    return _read(connection, owner_id, talk_id, ids)


def opened(
    connection: Connection,
    owner_id: str,
    talk_id: str,
    leaf_id: str | None = None,
    most: int | None = None,
    *,
    above: str | None = None,
) -> Opened | None:
    """A conversation with the branch to ``leaf_id`` (None: the one that is shown), oldest first.

    ``most`` limits how many messages are read, from the leaf upwards; with ``above``, from the message
    before that one upwards. None when the conversation is not the owner's, or a message none of it.
    """
    talk = find(connection, owner_id, talk_id)
    if talk is None:
        return None
    query = (
        select(
            messages.c.id,
            messages.c.parent_id,
            messages.c.role,
            messages.c.contest_id,
            messages.c.preferred,
        )
        .join(conversations, messages.c.conversation_id == conversations.c.id)
        .where(theirs(owner_id, talk_id))
        .order_by(messages.c.created_at, messages.c.id)
    )
    nodes = tuple(Node(*row) for row in connection.execute(query))
    parents = {node.id: node.parent_id for node in nodes}
    at = talk.leaf_id if leaf_id is None else leaf_id
    if any(one is not None and one not in parents for one in (leaf_id, above)):
        return None
    if above is not None:
        at = parents[above]
    path: list[str] = []
    while at is not None and at in parents:
        path.append(at)
        at = parents.pop(at)  # popped: a ring in the data would end here
    path.reverse()
    shown = path if most is None else path[-most:]
    contests = _undecided(nodes, set(shown))
    beside = [one for ids in contests.values() for one in ids]
    found = _read(connection, owner_id, talk_id, list(dict.fromkeys([*shown, *beside])))
    branch = tuple(found[one] for one in shown if one in found)
    columns = {
        one: tuple(found[other] for other in ids if other in found) for one, ids in contests.items()
    }
    return Opened(talk, nodes, branch, len(path) - len(shown), columns)


def progress(connection: Connection, items: Sequence[tuple[str, str, Said]]) -> list[None]:
    """Write what has arrived of running answers: owner, conversation, message."""
    return _settle(
        connection, items, ("parts", "model", "zone", "data_class", "about", "touched_at")
    )


def finish(connection: Connection, items: Sequence[tuple[str, str, Said]]) -> list[None]:
    """Write how running answers ended: owner, conversation, message."""
    done = _settle(connection, items, tuple(key for key in _SAID if key not in _FIXED))
    search.put(connection, [_searched(owner, talk, _row(said)) for owner, talk, said in items])
    return done


def interrupt(connection: Connection, untouched_since: int) -> int:
    """Mark the running answers of processes that have died, whoever's they are; gives how many."""
    query = (
        update(messages)
        .where(messages.c.state == "running", messages.c.touched_at < untouched_since)
        .values(state="interrupted")
    )
    return connection.execute(query).rowcount


_TALK = tuple(column for column in conversations.c if column.name not in {"owner_id", "closed_at"})
_SAID = tuple(
    column.name for column in messages.c if column.name not in {"conversation_id", "stop_at"}
)
_FIXED = frozenset({"id", "parent_id", "role", "created_at", "contest_id", "preferred"})
"""What the end of an answer does not change; a contest may have been decided meanwhile."""


def _contests_in(nodes: Sequence[Node]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in nodes:
        if node.contest_id is not None:
            found.setdefault(node.contest_id, []).append(node)
    return found


def _undecided(nodes: Sequence[Node], shown: set[str]) -> dict[str, list[str]]:
    """Of the shown answers in a contest that nobody has decided: all answers of it, in their order."""
    return {
        node.id: [other.id for other in members]
        for members in _contests_in(nodes).values()
        if len(members) > 1 and not any(member.preferred for member in members)
        for node in members
        if node.id in shown
    }


def theirs(owner_id: str, talk_id: str) -> Any:
    """The condition that a conversation is the owner's, open to them, and not in the bin."""
    return (
        (conversations.c.id == talk_id)
        & (conversations.c.owner_id == owner_id)
        & conversations.c.deleted_at.is_(None)
        & still_open(conversations)
    )


def _read(
    connection: Connection, owner_id: str, talk_id: str, ids: Sequence[str]
) -> dict[str, Said]:
    found: dict[str, Said] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = (
            select(*(messages.c[name] for name in _SAID))
            .join(conversations, messages.c.conversation_id == conversations.c.id)
            .where(theirs(owner_id, talk_id), messages.c.id.in_(ids[start : start + _AT_ONCE]))
        )
        for row in connection.execute(query).mappings():
            values = dict(row)
            values["parts"] = _parts(values["parts"])
            values["error_values"] = json.loads(values["error_values"] or "{}")
            values["about"] = json.loads(values["about"] or "{}")
            found[values["id"]] = Said(**values)
    return found


def _settle(
    connection: Connection, items: Sequence[tuple[str, str, Said]], names: Sequence[str]
) -> list[None]:
    """Only a running answer changes: what ended stays as it ended."""
    owned = exists().where(
        conversations.c.id == messages.c.conversation_id,
        conversations.c.id == bindparam("b_talk"),
        conversations.c.owner_id == bindparam("b_owner"),
    )
    query = (
        update(messages)
        .where(messages.c.id == bindparam("b_id"), messages.c.state == "running", owned)
        .values({name: bindparam(f"v_{name}") for name in names})
    )
    rows = []
    for owner_id, talk_id, said in items:
        row = _row(said)
        values = {f"v_{name}": row[name] for name in names}
        rows.append({"b_owner": owner_id, "b_talk": talk_id, "b_id": said.id, **values})
    connection.execute(query, rows)
    return [None] * len(items)


def _searched(owner_id: str, talk_id: str, row: Mapping[str, Any]) -> search.Written:
    return owner_id, talk_id, row["id"], row["created_at"], search.spoken(row["parts"])


def _row(said: Said) -> dict[str, Any]:
    row = {name: getattr(said, name) for name in _SAID}
    row["parts"] = json.dumps(
        [{"type": _NAMES[type(part)], **written(part)} for part in said.parts], ensure_ascii=False
    )
    row["error_values"] = (
        json.dumps(said.error_values, ensure_ascii=False, default=str) if said.error else None
    )
    row["about"] = json.dumps(said.about, ensure_ascii=False) if said.about else None
    return row


def _parts(text: str) -> tuple[SaidPart, ...]:
    return tuple(_KINDS[part.pop("type")](**part) for part in json.loads(text))
