# SPDX-License-Identifier: EUPL-1.2
"""Our own format: a conversation as JSON without loss. It is described in docs/user/leaving.md.

The whole tree goes along, with every version, what was said of each answer's origin, and the names of
files. Contents of files do not: they are saved one by one in the chat.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import msgspec

from hausgeist.core.messages import Image, Reasoning, Text, ToolCall, written
from hausgeist.store.chats import Attached, Conversation, Said

FORMAT = "hausgeist.conversation"
VERSION = 1
_KINDS = {
    Text: "text",
    Image: "image",
    Reasoning: "reasoning",
    ToolCall: "tool_call",
    Attached: "file",
}
_HERE_ONLY = {"touched_at"}


def conversation(talk: Conversation, said: Iterable[Said], folder: str | None = None) -> bytes:
    """The file of one conversation."""
    head = {
        **{key: value for key, value in asdict(talk).items() if value is not None},
        "created": _iso(talk.created_at),
        "updated": _iso(talk.updated_at),
    }
    if folder:
        head["folder"] = folder
    body = {
        "format": FORMAT,
        "version": VERSION,
        "conversation": head,
        "messages": [_message(one) for one in said],
    }
    return msgspec.json.format(msgspec.json.encode(body), indent=1)


def _message(said: Said) -> Mapping[str, Any]:
    values = {
        name: getattr(said, name) for name in said.__dataclass_fields__ if name not in _HERE_ONLY
    }
    values["parts"] = [{"type": _KINDS[type(part)], **written(part)} for part in said.parts]
    values["error_values"] = {key: str(value) for key, value in said.error_values.items()}
    values["created"] = _iso(said.created_at)
    return {key: value for key, value in values.items() if value not in (None, {}, [])}


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
