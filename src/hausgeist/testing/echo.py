# SPDX-License-Identifier: EUPL-1.2
"""A provider that needs no network: it answers with the user's words, one at a time.

A call goes in; its newest message (or prompt) comes back word by word. Options make it slow, fail, stop
half-way or ask for a tool. Counts a token per word, so that usage is exact and easy to predict.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Finished, ToolCalled
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.messages import ToolCall, Usage
from hausgeist.core.models import Capability, ModelCard, Price
from hausgeist.core.terms import Terms
from hausgeist.core.voice import Recording, Speech
from hausgeist.gateway.providers import Embeddings, Transcript

UNDER_CONTRACT = Terms(contract_since="2026-01-01")

VECTOR = 16
"""Numbers in an echo's embedding."""


@dataclass(slots=True, kw_only=True)
class EchoProvider:
    """Answers with the user's text.

    ``delay`` is the pause before each word in seconds. ``failing`` is raised before the word number
    ``fail_after`` (0: before the first byte). ``tool`` is asked for instead of an answer, as long as the
    conversation holds no tool result yet. ``reasoning`` is thought aloud first. ``pieces`` are sent one
    by one, as they are, instead of words. ``hold``, when set to an
    event, keeps the stream open after the first word until the event is set.
    """

    name: str = "echo"
    delay: float = 0.0
    failing: Exception | None = None
    fail_after: int = 0
    tool: ToolCall | None = None
    reasoning: str = ""
    answer: str | None = None
    pieces: Sequence[str] = ()
    hold: asyncio.Event | None = None
    calls: list[Call] = field(default_factory=list)
    """Every call it was given, in order."""
    open: int = 0
    """Streams under way; back to zero when each was closed."""
    cancelled: int = 0
    """Streams that were closed before their end."""

    async def stream(self, call: Call, card: ModelCard) -> AsyncIterator[Burst]:
        """Answer a call; see ``Provider.stream``."""
        del card
        self.calls.append(call)
        self.open += 1
        done = False
        try:
            async with aclosing(self._bursts(call)) as bursts:
                async for burst in bursts:
                    yield burst
            done = True
        finally:
            self.open -= 1
            if not done:
                self.cancelled += 1

    async def embed(self, texts: Sequence[str], card: ModelCard) -> Embeddings:
        """Vectors made of each text's hash: equal texts are equal, nothing else means anything."""
        del card
        if self.failing is not None:
            raise self.failing
        vectors = [
            [byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:VECTOR]]
            for text in texts
        ]
        return Embeddings(vectors, Usage(input_tokens=sum(len(text.split()) for text in texts)))

    async def transcribe(self, recording: Recording, card: ModelCard) -> Transcript:
        """A recording's bytes, read as UTF-8: whoever makes one writes down what it says."""
        del card
        if self.failing is not None:
            raise self.failing
        words = recording.data.decode(errors="replace")
        plain = "json" not in recording.format
        body = words.encode() if plain else json.dumps({"text": words}).encode()
        media = "text/plain; charset=utf-8" if plain else "application/json"
        return Transcript(body, media, Usage(output_tokens=len(words.split())))

    async def speak(self, speech: Speech, card: ModelCard) -> AsyncIterator[bytes]:
        """The words as bytes instead of sound, one at a time."""
        del card
        if self.failing is not None:
            raise self.failing
        for word in speech.text.split():
            await asyncio.sleep(self.delay)
            yield word.encode() + b" "

    async def describe(self) -> list[ModelCard]:
        """One model that can do everything an echo can."""
        return [echo_card(provider=self.name)]

    async def _bursts(self, call: Call) -> AsyncGenerator[Burst]:
        asked = call.prompt.text if call.prompt else call.messages[-1].text
        text = asked if self.answer is None else self.answer
        spent = sum(len(message.text.split()) for message in call.messages) or len(asked.split())
        if self.failing is not None and self.fail_after == 0:
            raise self.failing
        if self.reasoning:
            yield [Delta(reasoning=self.reasoning)]
        if self.tool is not None and not any(m.role == "tool" for m in call.messages):
            yield [ToolCalled(0, self.tool.id, self.tool.name, self.tool.arguments)]
            yield [Finished("tool_calls", Usage(input_tokens=spent, output_tokens=1))]
            return
        if self.pieces:
            for piece in self.pieces:
                await asyncio.sleep(self.delay)
                yield [Delta(piece)]
            yield [Finished("stop", Usage(input_tokens=spent, output_tokens=len(self.pieces)))]
            return
        words = text.split(" ")
        limit = call.sampling.max_tokens
        for place, word in enumerate(words[:limit]):
            if self.failing is not None and place == self.fail_after:
                raise self.failing
            await asyncio.sleep(self.delay)
            yield [Delta(word if place == 0 else " " + word)]
            if place == 0 and self.hold is not None:
                await self.hold.wait()
        cut = limit is not None and limit < len(words)
        usage = Usage(input_tokens=spent, output_tokens=len(words[:limit]))
        yield [Finished("length" if cut else "stop", usage)]


def echo_card(
    model: str = "echo",
    *,
    provider: str = "echo",
    zone: Zone = Zone.HOUSE,
    cleared_for: DataClass = DataClass.PUBLIC,
    context: int | None = None,
    price: Price | None = None,
    terms: Terms = UNDER_CONTRACT,
    capabilities: frozenset[Capability] = frozenset(
        {
            Capability.COMPLETION,
            Capability.TOOLS,
            Capability.VISION,
            Capability.EMBEDDING,
            Capability.THINKING,
            Capability.INSERT,
        }
    ),
) -> ModelCard:
    """A card for an echo; any zone, so that the border's rules can be tested with it."""
    return ModelCard(
        id=model,
        provider=provider,
        upstream=model,
        zone=zone,
        cleared_for=cleared_for,
        context=context,
        price=price,
        terms=terms,
        capabilities=capabilities,
    )
