# SPDX-License-Identifier: EUPL-1.2
"""One call under way: what was decided, reserved and seen of it, until it is booked.

Counts tokens itself, so that an aborted stream is booked too. Holds no content, but for what ``ear`` hears.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hausgeist.core.accounting import Reservation, Settlement, cost_micro_eur
from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Finished, ToolCalled
from hausgeist.core.messages import Usage
from hausgeist.core.models import ModelCard
from hausgeist.core.policy import Decision, Verdict
from hausgeist.errors import N_, BorderRefused, DetectorDown, HausgeistError, Upstream
from hausgeist.gateway.privacy import Veiled
from hausgeist.gateway.routing import characters
from hausgeist.gateway.tap import Ear

CHARS_PER_TOKEN = 3
"""Estimate for German and English together; errs on the side of more tokens."""

ANSWER_ROOM = 4096
"""Tokens reserved for an answer whose length nobody limits."""

ANSWER_MOST = 16_000_000
"""Characters after which an answer counts as endless; a fragment weighs at least 16."""

TOKENS_MOST = 1_000_000_000
"""Tokens of one call beyond which an upstream's number is not believed."""


@dataclass(slots=True)
class Run:
    """The state of a call between its first step and its settlement. Times are milliseconds."""

    call: Call
    started_ms: int
    texts: Sequence[str] | None = None
    """What is to be turned into vectors, instead of a conversation to be answered."""
    decision: Decision | None = None
    veiled: Veiled | None = None
    reservation: Reservation | None = None
    card: ModelCard | None = None
    wanted: ModelCard | None = None
    """The first of the models that were asked for, once they are known."""
    usage: Usage | None = None
    error: HausgeistError | None = None
    first_token_ms: int | None = None
    ear: Ear | None = None
    """Who listens, where a task may be made of it."""
    _deltas: int = 0
    _chars: int = 0
    _input_chars: int = field(default=-1)

    def failed(self, error: HausgeistError) -> None:
        """Take note of what ended it. A provider's address becomes the name that people know."""
        self.error = error
        if self.card is not None and "provider" in error.values:
            error.values["provider"] = self.card.provider

    def reserve(
        self, decision: Decision, cards: Sequence[ModelCard], scopes: tuple[str, ...]
    ) -> Reservation:
        """The worst this call can come to on any of the cards; it is meant for the first."""
        who, call, card = self.call.principal.books, self.call, cards[0]
        self.decision = decision
        self.card = card
        worst = Usage(input_tokens=self.input_tokens(), output_tokens=self._room(cards, scopes))
        cost = cost_micro_eur(worst, card.price, self.started_ms)
        if scopes and len(cards) > 1:
            costs = [cost_micro_eur(worst, card.price, self.started_ms) for card in cards]
            cost = max((one for one in costs if one is not None), default=None)
            cost = None if None in costs else cost
        return Reservation(
            call_id=call.id,
            at_ms=self.started_ms,
            group=who.group,
            cost_centre=who.cost_centre,
            service_key=who.service_key,
            purpose=call.purpose,
            model=card.id,
            provider=card.provider,
            zone=card.zone,
            data_class=decision.data_class.word,
            policy_version=decision.policy_version,
            verdict=decision.verdict,
            assistant=call.assistant,
            tokens=worst.total,
            micro_eur=cost,
            scopes=scopes,
        )

    def capped(self, sent: Call) -> Call:
        """The call with the length of its answer limited to what was reserved, where a budget is hard."""
        held = self.reservation
        if held is None or not held.scopes or sent.sampling.max_tokens is not None:
            return sent
        room = held.tokens - self.input_tokens()
        return replace(sent, sampling=replace(sent.sampling, max_tokens=room))

    def _room(self, cards: Sequence[ModelCard], scopes: tuple[str, ...]) -> int:
        """Tokens that the answer may have; under a budget no more than every card can give."""
        if self.texts is not None:
            return 0
        limit = self.call.sampling.max_tokens
        if limit is not None:
            return limit
        if not scopes:
            return cards[0].max_output or ANSWER_ROOM
        meant = [card for card in cards if card.id == cards[0].id]  # a stand-in does not shorten it
        room = min(card.max_output or ANSWER_ROOM for card in meant)
        windows = [card.context for card in meant if card.context is not None]
        return max(
            1, min(room, min(windows, default=room + self.input_tokens()) - self.input_tokens())
        )

    def saw(self, card: ModelCard, burst: Burst, now_ms: int) -> None:
        """Take note of what came; fills in the usage where the upstream told none that can be.

        Raises:
            Upstream: the answer does not end; whoever gathers it would run out of memory.
        """
        if self.first_token_ms is None:
            self.first_token_ms = now_ms - self.started_ms
        self.card = card
        for event in burst:
            if isinstance(event, Delta):
                self._deltas += 1
                self._chars += len(event.text) + len(event.reasoning)
            elif isinstance(event, ToolCalled):
                self._deltas += 1
                self._chars += len(event.arguments)
            elif isinstance(event, Finished):
                self.usage = event.usage if self._believed(event.usage) else Usage()
        if max(self._chars, 16 * self._deltas) > ANSWER_MOST:
            raise Upstream(provider=card.provider, reason=N_("the answer does not end"))
        if burst and isinstance(last := burst[-1], Finished) and last.usage != self.counted():
            burst[-1] = replace(last, usage=self.counted())  # the caller is told what we book

    def counted(self) -> Usage:
        """The usage the upstream told, else our own count: a delta is a token, or a third of its text.

        Who leaves before the first word has been read all the same: upstreams charge for that.
        """
        if self.usage is not None and (self.usage.total or not self._deltas):
            return self.usage
        output = max(self._deltas, self._chars // CHARS_PER_TOKEN) if self._deltas else 0
        unheard = self.error is not None and self.first_token_ms is None
        return Usage(
            input_tokens=0 if unheard else self.input_tokens(),
            output_tokens=output,
            estimated=True,
        )

    def settle(self, now_ms: int) -> Settlement:
        """How the call ended, for the ledger."""
        assert self.reservation is not None
        assert self.card is not None
        reservation = self.reservation
        if (self.card.id, self.card.provider) != (reservation.model, reservation.provider):
            reservation = replace(  # another permitted route answered
                reservation,
                model=self.card.id,
                provider=self.card.provider,
                zone=self.card.zone,
            )
        if self.decision is not None and self.decision.models[0].id != self.card.id:
            reservation = replace(reservation, verdict=Verdict.REROUTE)  # a stand-in answered
        usage = self.counted()
        duration_ms, energy, price = now_ms - self.started_ms, self.card.energy, self.card.price
        if price is not None and price.until_ms is not None:
            price = price.at(self.started_ms)
        return Settlement(
            reservation=reservation,
            usage=usage,
            micro_eur=cost_micro_eur(usage, price, self.started_ms),
            price_source=price.source if price else "unknown",
            energy_mwh=energy.of(usage.output_tokens, duration_ms) if energy else None,
            energy_source=energy.source if energy else "unknown",
            duration_ms=duration_ms,
            first_token_ms=self.first_token_ms,
            outcome="failed" if self.error else "ok" if self.usage else "aborted",
        )

    def refused(self, now_ms: int) -> Settlement | None:
        """A call that the border did not let go, for the ledger: no tokens, no cost; else None."""
        error, card, who = self.error, self.wanted, self.call.principal.books
        if card is None or not isinstance(error, BorderRefused | DetectorDown):
            return None
        reservation = Reservation(
            call_id=self.call.id,
            at_ms=self.started_ms,
            group=who.group,
            cost_centre=who.cost_centre,
            service_key=who.service_key,
            purpose=self.call.purpose,
            model=card.id,
            provider=card.provider,
            zone=card.zone,
            data_class=str(error.values["data_class"]),
            policy_version=str(error.values["policy_version"]),
            verdict=Verdict.REFUSE,
            assistant=self.call.assistant,
            tokens=0,
            micro_eur=0,
        )
        return Settlement(
            reservation=reservation,
            usage=Usage(),
            micro_eur=0,
            price_source="refused",
            energy_mwh=0,
            energy_source="refused",
            duration_ms=now_ms - self.started_ms,
            first_token_ms=None,
            outcome="refused",
        )

    def _believed(self, told: Usage) -> bool:
        """Whether the upstream's numbers can be: words that came cannot have cost nothing."""
        return credible(told) and (told.output_tokens > 0 or not self._chars)

    def input_tokens(self) -> int:
        """Our own count of what goes in."""
        if self.texts is not None:
            return sum(len(text) // CHARS_PER_TOKEN + 1 for text in self.texts)
        if self._input_chars < 0:
            self._input_chars = characters(self.veiled.call if self.veiled else self.call)
        return estimate(self.call, self._input_chars)


def credible(usage: Usage) -> bool:
    """Whether numbers of an upstream can be booked; negative ones would give budgets back."""
    return (
        0 <= usage.cached_tokens <= usage.input_tokens <= TOKENS_MOST
        and 0 <= usage.output_tokens <= TOKENS_MOST
        and 0 <= usage.reasoning_tokens <= TOKENS_MOST
    )


def estimate(call: Call, chars: int) -> int:
    """Tokens of a call's input, from how many characters it carries."""
    return chars // CHARS_PER_TOKEN + 4 * len(call.messages) + 1
