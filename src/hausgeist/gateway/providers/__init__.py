# SPDX-License-Identifier: EUPL-1.2
"""Upstreams, each behind one Protocol of three methods, in one registry."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst
from hausgeist.core.messages import Usage
from hausgeist.core.models import ModelCard
from hausgeist.core.voice import Recording, Speech


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Vectors in the order of the texts, each of the same length, and the tokens they cost."""

    vectors: list[list[float]]
    usage: Usage


class Provider(Protocol):
    """An endpoint that speaks a known dialect."""

    name: str

    def stream(self, call: Call, card: ModelCard) -> AsyncIterator[Burst]:
        """Answer a call: bursts of ``Delta`` and ``ToolCalled``, then one ``Finished``, never ``Started``.

        Closing the iterator closes the connection. With ``call.stream`` off, one burst may hold it all.

        Raises:
            HausgeistError: instead of a ``Failed`` event, before or after the first burst.
        """
        ...

    async def embed(self, texts: Sequence[str], card: ModelCard) -> Embeddings:
        """Turn texts into vectors."""
        ...

    async def describe(self) -> list[ModelCard]:
        """The models the endpoint offers at this moment."""
        ...


@runtime_checkable
class Counts(Protocol):
    """A provider that can also count a call's input with the model's own tokenizer."""

    async def count_tokens(self, call: Call, card: ModelCard) -> int:
        """How many tokens the messages, the prompt and the tools of a call come to."""
        ...


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a recording says, as the body of an answer in the format asked for."""

    body: bytes
    media: str
    usage: Usage


@runtime_checkable
class Hears(Protocol):
    """A provider that can also write down recordings."""

    async def transcribe(self, recording: Recording, card: ModelCard) -> Transcript:
        """Write down what a recording says."""
        ...


@runtime_checkable
class Speaks(Protocol):
    """A provider that can also read texts aloud."""

    def speak(self, speech: Speech, card: ModelCard) -> AsyncIterator[bytes]:
        """Sound in the format asked for, as it comes; closing the iterator ends it."""
        ...
