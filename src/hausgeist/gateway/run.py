# SPDX-License-Identifier: EUPL-1.2
"""One call under way: what was decided, reserved and seen of it, until it is booked.

Counts tokens itself, so that an aborted stream is booked too. Holds no content.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hausgeist.core.accounting import Reservation, Settlement, cost_micro_eur
from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Finished, ToolCalled
from hausgeist.core.messages import Usage
from hausgeist.core.models import ModelCard
from hausgeist.core.policy import Decision
from hausgeist.errors import N_, HausgeistError, Upstream
from hausgeist.gateway.privacy import Veiled
from hausgeist.gateway.routing import characters

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
    usage: Usage | None = None
    error: HausgeistError | None = None
    first_token_ms: int | None = None
    _deltas: int = 0
    _chars: int = 0
    _input_chars: int = field(default=-1)

    def failed(self, error: HausgeistError) -> None:
        """Take note of what ended it. A provider's address becomes the name that people know."""
        self.error = error
        if self.card is not None and "provider" in error.values:
            error.values["provider"] = self.card.provider

    def reserve(self, decision: Decision, card: ModelCard, scopes: tuple[str, ...]) -> Reservation:
        """The worst this call can come to with the card it is meant for."""
        who, call = self.call.principal, self.call
        room = call.sampling.max_tokens or card.max_output or ANSWER_ROOM
        if self.texts is not None:
            room = 0
        worst = Usage(input_tokens=self.input_tokens(), output_tokens=room)
        self.decision = decision
        self.card = card
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
            micro_eur=cost_micro_eur(worst, card.price),
            scopes=scopes,
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
        usage = self.counted()
        return Settlement(
            reservation=reservation,
            usage=usage,
            micro_eur=cost_micro_eur(usage, self.card.price),
            price_source=self.card.price.source if self.card.price else "unknown",
            energy_mwh=None,
            energy_source="unknown",
            duration_ms=now_ms - self.started_ms,
            first_token_ms=self.first_token_ms,
            outcome="failed" if self.error else "ok" if self.usage else "aborted",
        )

    def _believed(self, told: Usage) -> bool:
        """Whether the upstream's numbers can be: words that came cannot have cost nothing."""
        return credible(told) and (told.output_tokens > 0 or not self._chars)

    def input_tokens(self) -> int:
        """Our own count of what goes in."""
        if self.texts is not None:
            return sum(len(text) // CHARS_PER_TOKEN + 1 for text in self.texts)
        if self._input_chars < 0:
            self._input_chars = characters(self.call)
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
