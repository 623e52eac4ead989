# SPDX-License-Identifier: EUPL-1.2
"""The formats that are known: an object of a foreign file flows in, a conversation flows out.

What an object has too much is ignored; what it lacks or has wrong makes it unreadable, with the reason.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TypeAlias

from hausgeist.chat.imports.brought import Brought
from hausgeist.chat.imports.tree import Node, planted
from hausgeist.core.labels import DataClass, Zone
from hausgeist.errors import N_

NODES_MOST = 50_000
"""Messages of one conversation."""
PICTURE = "[🖼]"
"""Stands where a message had a picture that did not come along."""
Object: TypeAlias = Mapping[str, Any]

UNKNOWN = N_("this is no conversation in a known format")
BROKEN = N_("its messages cannot be read")
EMPTY = N_("it has no messages")
TOO_LONG = N_("it has too many messages")

_THOUGHT = re.compile(
    r"<details\b[^>]{0,300}\btype=\"reasoning\"[^>]{0,300}>\s*(?:<summary>[^<]{0,300}</summary>)?"
    r"(.*?)</details>\s*",
    re.DOTALL,
)
_CITED = re.compile("\ue200[^\ue201]{0,2000}\ue201|[\ue200-\ue206]")
_OWN_VALUES = (
    ("zone", str),
    ("data_class", str),
    ("input_tokens", int),
    ("output_tokens", int),
    ("micro_eur", int),
    ("duration_ms", int),
    ("finish", str),
)
_ABOUT: dict[str, type] = {
    **dict.fromkeys(("provider", "policy", "country", "upstream", "digest", "price"), str),
    **dict.fromkeys(("parameters", "quantisation"), str),
    **dict.fromkeys(("messages", "left_out", "first_token_ms", "estimated_tokens"), int),
    **dict.fromkeys(("estimated", "assistant_gone"), bool),
}
"""What pages read of an answer's origin and a file may say: anything else of a name could break them."""
_STATES = {"done", "stopped", "failed", "interrupted"}
_LONGEST_WORD = 64
_LARGEST_FIGURE = 2**53


class Unreadable(Exception):
    """An object is no conversation; ``reason`` is in the catalogue."""

    def __init__(self, reason: str, title: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.title = title


@dataclass(slots=True)
class Counts:
    """What is told of a file beside its conversations."""

    skipped: int = 0
    left_behind: int = 0
    people: set[str] = field(default_factory=set)


def read(found: object, counts: Counts, now: int) -> Brought:
    """One conversation.

    Raises:
        Unreadable: it is none, or broken.
    """
    if not isinstance(found, Mapping):
        raise Unreadable(UNKNOWN)
    reader = _reader(found)
    try:
        brought, skipped = reader(found, counts, now)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise Unreadable(BROKEN, _title(found)) from error
    counts.skipped += skipped
    if brought is None:
        raise Unreadable(EMPTY, _title(found))
    return brought


_Read: TypeAlias = Callable[[Any, Counts, int], tuple[Brought | None, int]]


def _reader(found: Object) -> _Read:
    if found.get("format") == "hausgeist.conversation":
        return _own
    if isinstance(found.get("mapping"), Mapping):
        return _chatgpt
    if isinstance(found.get("chat"), Mapping) or isinstance(found.get("history"), Mapping):
        return _open_webui
    if "conversationId" in found and isinstance(found.get("messages"), list):
        return _librechat
    raise Unreadable(UNKNOWN, _title(found))


def _title(found: Object) -> str:
    title = found.get("title")
    return title[:100] if isinstance(title, str) else ""


# -- Open WebUI -------------------------------------------------------------------------------------


def _open_webui(found: Any, counts: Counts, now: int) -> tuple[Brought | None, int]:
    chat = found["chat"] if isinstance(found.get("chat"), Mapping) else found
    history = chat.get("history") if isinstance(chat.get("history"), Mapping) else {}
    told = history.get("messages")
    if isinstance(told, Mapping):
        items = list(told.values())
    else:  # the oldest versions have a list
        items = [{"parentId": None, **one} for one in chat.get("messages") or []]
        for before, one in pairwise(items):
            one["parentId"] = one["parentId"] or before.get("id")
    _bounded(items)
    nodes = []
    for one in items:
        text, pictures = _parts(one.get("content"))
        text, reasoning = _thought(text)
        counts.left_behind += pictures + len(one.get("files") or [])
        nodes.append(
            Node(
                id=str(one["id"]),
                parent=_id(one.get("parentId")),
                role=str(one.get("role", "")),
                text=text,
                at=_ms(one.get("timestamp")),
                reasoning=reasoning,
                model=_word(one.get("model")) if one.get("role") == "assistant" else None,
            )
        )
    if isinstance(found.get("user_id"), str):
        counts.people.add(found["user_id"])
    brought, skipped = planted(
        nodes,
        source="Open WebUI",
        title=str(found.get("title") or chat.get("title") or ""),
        created_at=_ms(found.get("created_at") or chat.get("timestamp")),
        updated_at=_ms(found.get("updated_at")),
        shown=_id(history.get("currentId")),
        now=now,
    )
    if brought is not None:
        brought.archived = found.get("archived") is True
        brought.pinned = found.get("pinned") is True
    return brought, skipped


def _thought(text: str) -> tuple[str, str]:
    """The words without the reasoning that is folded into them, and the reasoning."""
    if 'type="reasoning"' not in text:
        return text, ""
    thoughts = [
        "\n".join(line.removeprefix("> ").removeprefix(">") for line in one.strip().split("\n"))
        for one in _THOUGHT.findall(text)
    ]
    return _THOUGHT.sub("", text).strip("\n"), "\n\n".join(thoughts)


# -- ChatGPT ----------------------------------------------------------------------------------------


def _chatgpt(found: Any, counts: Counts, now: int) -> tuple[Brought | None, int]:
    items = list(found["mapping"].items())
    _bounded(items)
    nodes = []
    thoughts: dict[str, str] = {}
    links = 0
    for node_id, one in items:
        said = one.get("message")
        parent = _id(one.get("parent"))
        if not isinstance(said, Mapping):  # the root, which says nothing
            nodes.append(Node(node_id, parent, "", ""))
            links += 1
            continue
        node, thought, pictures = _chatgpt_node(node_id, parent, said)
        counts.left_behind += pictures
        if thought:
            thoughts[node_id] = thought
            links += 1
        nodes.append(node)
    _hand_down(nodes, thoughts)
    brought, skipped = planted(
        nodes,
        source="ChatGPT",
        title=str(found.get("title") or ""),
        created_at=_ms(found.get("create_time")),
        updated_at=_ms(found.get("update_time")),
        shown=_id(found.get("current_node")),
        now=now,
    )
    if brought is not None:
        brought.archived = found.get("is_archived") is True
        brought.model = brought.model or _word(found.get("default_model_slug")) or ""
    return brought, max(0, skipped - links)


def _chatgpt_node(node_id: str, parent: str | None, said: Any) -> tuple[Node, str, int]:
    """A message: its node, the reasoning if it is only that, and how many pictures it had."""
    role = str((said.get("author") or {}).get("role", ""))
    content = said.get("content") or {}
    about = said.get("metadata") or {}
    kind = content.get("content_type", "text")
    text, pictures, thought = "", 0, ""
    hidden = about.get("is_visually_hidden_from_conversation") is True
    if kind in {"text", "multimodal_text"} and said.get("recipient", "all") == "all" and not hidden:
        text, pictures = _parts(content.get("parts"))
    elif kind == "thoughts":
        thought = "\n\n".join(
            str(one.get("content") or one.get("summary") or "")
            for one in content.get("thoughts") or []
        )
    pictures += len(about.get("attachments") or []) if role == "user" and not pictures else 0
    node = Node(
        id=node_id,
        parent=parent,
        role=role if kind != "thoughts" else "",
        text=_CITED.sub("", text),
        at=_ms(said.get("create_time")),
        model=_word(about.get("model_slug")) if role == "assistant" else None,
    )
    return node, thought, pictures


def _hand_down(nodes: list[Node], thoughts: Mapping[str, str]) -> None:
    """A thought belongs to the answer that comes after it, maybe after tools and recaps."""
    if not thoughts:
        return
    parents = {node.id: node for node in nodes}
    for node in nodes:
        if node.role != "assistant" or not node.text.strip():
            continue
        at, found = node.parent, []
        for _ in range(20):
            above = parents.get(at or "")
            if above is None or above.stays:
                break
            if above.id in thoughts:
                found.append(thoughts[above.id])
            at = above.parent
        node.reasoning = "\n\n".join(reversed(found))


# -- LibreChat --------------------------------------------------------------------------------------


def _librechat(found: Any, counts: Counts, now: int) -> tuple[Brought | None, int]:
    waiting: list[tuple[Any, str | None]] = [(one, None) for one in reversed(found["messages"])]
    model = _word((found.get("options") or {}).get("model")) or _word(found.get("endpoint"))
    nodes: list[Node] = []
    while waiting:
        one, above = waiting.pop()
        _bounded(nodes)
        parent = above or _id(one.get("parentMessageId"))
        if parent and parent.startswith("00000000-0000"):  # what it calls "none"
            parent = None
        content = one.get("content")
        text, pictures = _parts(
            content if isinstance(content, list) and content else one.get("text")
        )
        counts.left_behind += pictures + len(one.get("files") or [])
        by_person = one.get("isCreatedByUser") is True
        nodes.append(
            Node(
                id=str(one["messageId"]),
                parent=parent,
                role="user" if by_person else "assistant",
                text=text,
                at=_ms(one.get("createdAt")),
                reasoning=_thinking(content),
                model=None if by_person else _word(one.get("model")) or model,
            )
        )
        waiting.extend((child, nodes[-1].id) for child in reversed(one.get("children") or []))
    return planted(
        nodes,
        source="LibreChat",
        title=str(found.get("title") or ""),
        created_at=_ms(found.get("createdAt")),
        updated_at=_ms(found.get("updatedAt")),
        shown=None,
        now=now,
    )


def _thinking(content: object) -> str:
    if not isinstance(content, list):
        return ""
    return "\n\n".join(
        str(one["think"]) for one in content if isinstance(one, Mapping) and "think" in one
    )


# -- our own ----------------------------------------------------------------------------------------


def _own(found: Any, counts: Counts, now: int) -> tuple[Brought | None, int]:
    if found.get("version") != 1:
        raise Unreadable(UNKNOWN)
    talk = found["conversation"]
    _bounded(found["messages"])
    nodes = []
    for one in found["messages"]:
        parts = one.get("parts") or []
        counts.left_behind += sum(part.get("type") in {"file", "image"} for part in parts)
        nodes.append(
            Node(
                id=str(one["id"]),
                parent=_id(one.get("parent_id")),
                role=str(one.get("role", "")),
                text="".join(str(part["text"]) for part in parts if part.get("type") == "text"),
                at=_ms(one.get("created_at")),
                reasoning="".join(
                    str(part["text"]) for part in parts if part.get("type") == "reasoning"
                ),
                model=_word(one.get("model")),
                values=_own_values(one),
            )
        )
    brought, skipped = planted(
        nodes,
        source="Hausgeist",
        title=str(talk.get("title") or ""),
        created_at=_ms(talk.get("created_at")),
        updated_at=_ms(talk.get("updated_at")),
        shown=_id(talk.get("leaf_id")),
        now=now,
    )
    if brought is not None:
        word = str(talk.get("data_class", "")).upper()
        brought.data_class = word.lower() if word in DataClass.__members__ else ""
        brought.archived = talk.get("archived_at") is not None
        brought.pinned = talk.get("pinned_at") is not None
        brought.model = _word(talk.get("model")) or brought.model
    return brought, skipped


def _own_values(one: Object) -> dict[str, Any]:
    """What we know to read of an answer's origin, checked; what pages only show under ``about``."""
    values: dict[str, Any] = {}
    for name, kind in _OWN_VALUES:
        value = one.get(name)
        if isinstance(value, bool) or not isinstance(value, kind):
            continue
        small = (
            len(value) <= _LONGEST_WORD if isinstance(value, str) else 0 <= value < _LARGEST_FIGURE
        )
        if small:
            values[name] = value
    if values.get("zone") not in {zone.value for zone in Zone}:
        values.pop("zone", None)
    if str(values.get("data_class", "")).upper() not in DataClass.__members__:
        values.pop("data_class", None)
    about = one.get("about")
    if isinstance(about, dict):
        values["about"] = {
            key: about[key] for key, kind in _ABOUT.items() if _is_sound(about.get(key), kind)
        }
    values["state"] = one["state"] if one.get("state") in _STATES else "done"
    return values


def _is_sound(value: object, kind: type) -> bool:
    """Whether a fact is what pages take it for, and of a bearable size."""
    if type(value) is not kind:
        return False
    if isinstance(value, str):
        return len(value) <= 300
    return isinstance(value, bool) or (isinstance(value, int) and 0 <= value < _LARGEST_FIGURE)


# -- what all have ----------------------------------------------------------------------------------


def _bounded(items: list[Any]) -> None:
    if len(items) > NODES_MOST:
        raise Unreadable(TOO_LONG)


def _id(value: object) -> str | None:
    return str(value) if value else None


def _word(value: object) -> str | None:
    return value[:200] if isinstance(value, str) and value else None


def _parts(content: object) -> tuple[str, int]:
    """The words of a content, and how many pictures and files it had."""
    if isinstance(content, str):
        return content, 0
    texts, pictures = [], 0
    for part in content if isinstance(content, list) else []:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping):
            text = part.get("text")
            if isinstance(text, Mapping):  # LibreChat's way
                text = text.get("value")
            if isinstance(text, str):
                texts.append(text)
            elif "think" not in part:
                pictures += 1
                texts.append(PICTURE)
    return "\n\n".join(text for text in texts if text), pictures


def _ms(value: object) -> int:
    """Milliseconds since the epoch of seconds, milliseconds or an ISO date; 0 when it is none."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, (int, float)):
        if not 0 < value < 1e17:
            return 0
        if value < 1e11:
            return int(value * 1000)
        return int(value) if value < 1e14 else int(value / 1_000_000)
    if isinstance(value, str) and value[:1].isdigit():
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return 0
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    return 0
