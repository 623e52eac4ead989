# SPDX-License-Identifier: EUPL-1.2
"""Which of the permitted models answers, and the fallback to another before the first byte only.

A route that failed is tried last for a while. Nothing here widens a decision: the candidates are the ones
the border permitted.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst
from hausgeist.core.messages import Image, ToolCall
from hausgeist.core.models import Capability, ModelCard
from hausgeist.errors import (
    ContextOverflow,
    HausgeistError,
    Unavailable,
    Unsupported,
    Upstream,
    UpstreamRefused,
    UpstreamTimeout,
)
from hausgeist.gateway.directory import Directory

SHUN_SECONDS = 30.0
FEWEST_CHARS_PER_TOKEN = 1 / 6
"""Tokens per character that any text has at least: below it, a context is certainly too small."""


@dataclass(slots=True)
class Routes:
    """Remembers which routes failed lately; ``clock`` gives seconds."""

    directory: Directory
    clock: Callable[[], float]
    _failed_at: dict[tuple[str, str], float] = field(default_factory=dict)

    def fitting(self, cards: Sequence[ModelCard], call: Call) -> list[ModelCard]:
        """The cards that can do what the call asks, those that failed lately at the end.

        Raises:
            Unsupported, ContextOverflow: none can; the first card's reason.
        """
        reasons = [_obstacle(card, call) for card in cards]
        able = [card for card, reason in zip(cards, reasons, strict=True) if reason is None]
        if not able:
            raise next(reason for reason in reasons if reason is not None)
        if len(able) > 1 and self._failed_at:
            able.sort(key=self._shunned)
        return able

    def able(self, cards: Sequence[ModelCard], call: Call) -> list[ModelCard]:
        """The cards that can do what the call asks; none if none can."""
        return [card for card in cards if _obstacle(card, call) is None]

    async def open(
        self, cards: Sequence[ModelCard], call: Call
    ) -> AsyncIterator[tuple[ModelCard, Burst]]:
        """Stream from the first card that answers: pairs of the card and a burst.

        Raises:
            HausgeistError: the last route's error, or any error after the first byte.
        """
        for place, card in enumerate(cards):
            started = False
            try:
                stream = self.directory.provider(card).stream(call, card)
                async with aclosing(stream) as bursts:  # type: ignore[type-var]  # generators
                    async for burst in bursts:
                        started = True
                        yield card, burst
            except (Upstream, UpstreamTimeout, Unavailable) as error:
                self._note(card, error)
                if started or place == len(cards) - 1:
                    raise
            else:
                self._failed_at.pop((card.provider, card.id), None)
                return

    async def whole(
        self,
        cards: Sequence[ModelCard],
        call: Call,
        saw: Callable[[ModelCard, Burst], None],
    ) -> tuple[ModelCard, Burst]:
        """As ``open``, gathered; ``saw`` is told of each burst as it comes.

        Raises:
            HausgeistError: the last route's error, or any error after the first byte.
        """
        for place, card in enumerate(cards):
            gathered: Burst = []
            try:
                stream = self.directory.provider(card).stream(call, card)
                async with aclosing(stream) as bursts:  # type: ignore[type-var]  # generators
                    async for burst in bursts:
                        saw(card, burst)
                        gathered += burst
            except (Upstream, UpstreamTimeout, Unavailable) as error:
                self._note(card, error)
                if gathered or place == len(cards) - 1:
                    raise
            else:
                break
        self._failed_at.pop((card.provider, card.id), None)
        return card, gathered

    def _note(self, card: ModelCard, error: HausgeistError) -> None:
        if not isinstance(error, UpstreamRefused):
            self._failed_at[card.provider, card.id] = self.clock()

    def _shunned(self, card: ModelCard) -> bool:
        failed = self._failed_at.get((card.provider, card.id))
        return failed is not None and self.clock() - failed < SHUN_SECONDS


def _obstacle(card: ModelCard, call: Call) -> HausgeistError | None:
    """Why a card cannot serve a call; None when it can, as far as we know."""
    if not card.can(Capability.COMPLETION):
        return Unsupported(what=f"Answering with {card.id}", param="model")
    if call.tools and not card.can(Capability.TOOLS):
        return Unsupported(what=f"Using tools with {card.id}", param="tools")
    if not card.can(Capability.VISION) and any(message.images for message in call.messages):
        return Unsupported(what=f"Showing images to {card.id}", param="messages")
    if call.prompt and call.prompt.suffix is not None and not card.can(Capability.INSERT):
        return Unsupported(what=f"A suffix with {card.id}", param="suffix")
    if card.context is not None:
        needed = int(characters(call) * FEWEST_CHARS_PER_TOKEN) + (call.sampling.max_tokens or 0)
        if needed > card.context:
            return ContextOverflow(
                needed=needed, model=card.id, context=card.context, param="messages"
            )
    return None


def characters(call: Call) -> int:
    """How many characters of text a call carries, arguments of tools among them."""
    size = len(call.prompt.text) + len(call.prompt.suffix or "") if call.prompt else 0
    for message in call.messages:
        for part in message.parts:
            if isinstance(part, ToolCall):
                size += len(part.arguments)
            elif not isinstance(part, Image):
                size += len(part.text)
    for tool in call.tools:
        size += len(tool.description) + len(tool.parameters)
    return size
