# SPDX-License-Identifier: EUPL-1.2
"""What is said: messages and their parts, as plain values.

Identity, order in a conversation and storage live elsewhere; wire formats live in
``gateway/dialects``.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words. ``retrieved``: they came along from elsewhere, such as a file's, and nobody vouches for them."""

    text: str
    retrieved: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, as a ``data:`` URI or an ``https:`` address (engines in the house take only data)."""

    url: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A model's thinking, kept apart from its answer; ``signature`` is the provider's seal on it."""

    text: str
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model asks for a tool. ``arguments`` is JSON text, as the model wrote it."""

    id: str
    name: str
    arguments: str


Part: TypeAlias = Text | Image | Reasoning | ToolCall


def written(part: Any) -> dict[str, Any]:
    """The fields of a part (a dataclass) as they are stored and taken along; what it is not is not said."""
    return {name: value for name, value in asdict(part).items() if value is not False}


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. Role ``tool`` answers the call named by ``tool_call_id``."""

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    tool_call_id: str | None = None
    is_error: bool = False

    @property
    def text(self) -> str:
        """All words of the message, joined without a separator."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools the message asks for."""
        return tuple([part for part in self.parts if isinstance(part, ToolCall)])

    @property
    def images(self) -> tuple[Image, ...]:
        """The pictures in the message."""
        return tuple([part for part in self.parts if isinstance(part, Image)])


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool a model may ask for. ``parameters`` is JSON text of a JSON schema."""

    name: str
    description: str
    parameters: str
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. ``estimated``: counted by us, because the upstream gave no number."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False

    @property
    def total(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


def text_message(role: Role, text: str) -> Message:
    """Make a message of one text part."""
    return Message(role=role, parts=(Text(text),))
