# SPDX-License-Identifier: EUPL-1.2
"""Which of the permitted models answers, and the fallback to another before the first byte only.

A route that failed is tried after its like for a while; one that failed several times in a row, after
everybody. When the while is over, one call tries it again, and the others wait for what that finds: so a
dead provider costs one call in half a minute its time-out. Nothing here widens a decision: the candidates
are the ones the border permitted.
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
    StudentUnsure,
    Unavailable,
    Unsupported,
    Upstream,
    UpstreamAway,
    UpstreamRefused,
    UpstreamTimeout,
)
from hausgeist.gateway.directory import Directory

SHUN_SECONDS = 30.0
OFTEN = 3
"""Failures in a row after which a route is tried after everybody, other models among them."""
FEWEST_CHARS_PER_TOKEN = 1 / 6
"""Tokens per character that any text has at least: below it, a context is certainly too small."""


@dataclass(slots=True)
class _Trouble:
    """A route's failures in a row, and until when it is avoided."""

    failures: int
    until: float


@dataclass(slots=True)
class Routes:
    """Remembers which routes failed lately; ``clock`` gives seconds."""

    directory: Directory
    clock: Callable[[], float]
    _troubles: dict[tuple[str, str], _Trouble] = field(default_factory=dict)
    """By provider and model; of a provider that nobody reaches, with an empty model."""

    def fitting(
        self,
        cards: Sequence[ModelCard],
        call: Call,
        spares: Sequence[ModelCard] = (),
        tokens: int | None = None,
    ) -> list[ModelCard]:
        """The cards that can do what the call asks, then the ``spares``; those that failed lately later.

        ``spares`` are other models, which answer where none of the cards does. ``tokens``: how many the
        call is known to come to; else they are estimated.

        Raises:
            Unsupported, ContextOverflow: none can; the first card's reason.
            Unavailable: a drill takes all of them away.
        """
        reasons = [_obstacle(card, call, tokens) for card in cards]
        able = [card for card, reason in zip(cards, reasons, strict=True) if reason is None]
        if not able:
            raise next(reason for reason in reasons if reason is not None)
        if spares:
            able += [card for card in spares if _obstacle(card, call, tokens) is None]
        if call.without is not None:
            able = [card for card in able if not call.without.takes(card)]
            if not able:
                raise Unavailable
        if len(able) > 1 and self._troubles:
            other = {id(card) for card in spares}
            able.sort(key=lambda card: self._place(card, spare=id(card) in other))
        return able

    def able(self, cards: Sequence[ModelCard], call: Call) -> list[ModelCard]:
        """The cards that can do what the call asks; none if none can."""
        return [card for card in cards if _obstacle(card, call, None) is None]

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
                self._answered(card)
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
        self._answered(card)
        return card, gathered

    def _answered(self, card: ModelCard) -> None:
        if self._troubles:
            self._troubles.pop((card.provider, card.id), None)
            self._troubles.pop((card.provider, ""), None)

    def _note(self, card: ModelCard, error: HausgeistError) -> None:
        if isinstance(error, UpstreamRefused | StudentUnsure):
            return
        until = self.clock() + SHUN_SECONDS
        names = (card.id, "") if isinstance(error, UpstreamAway) else (card.id,)
        for name in names:
            known = self._troubles.setdefault((card.provider, name), _Trouble(0, until))
            known.failures, known.until = known.failures + 1, until

    def _place(self, card: ModelCard, *, spare: bool) -> int:
        """Where a card stands: healthy, failed lately, its spares, and what failed too often."""
        trouble = self._trouble(card)
        if trouble >= OFTEN:
            return 5 if spare else 4
        return 2 * spare + (trouble > 0)

    def _trouble(self, card: ModelCard) -> int:
        """Failures in a row; 0 where there are none, or for the one call that is to try it again."""
        found = [
            trouble
            for name in (card.id, "")
            if (trouble := self._troubles.get((card.provider, name))) is not None
        ]
        if not found:
            return 0
        now = self.clock()
        if all(now >= trouble.until for trouble in found):
            for trouble in found:
                trouble.until = now + SHUN_SECONDS
            return 0
        return max(trouble.failures for trouble in found)


def _obstacle(card: ModelCard, call: Call, tokens: int | None) -> HausgeistError | None:
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
        needed = tokens
        if needed is None:
            needed = int(characters(call) * FEWEST_CHARS_PER_TOKEN)
            needed += call.sampling.max_tokens or 0
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
