# SPDX-License-Identifier: EUPL-1.2
"""The way of one call, once it may go: what is sent, to which models, and what its answer passes through.

Knows no provider and opens nothing. What comes from outside goes through ``out``, a burst at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Flagged, Judged, Started
from hausgeist.core.models import ModelCard
from hausgeist.core.policy import Decision, Verdict
from hausgeist.errors import GuardRefused, HausgeistError
from hausgeist.gateway.guard import OutputChain
from hausgeist.gateway.privacy import Veiled
from hausgeist.gateway.shape import Shape


@dataclass(slots=True)
class Way:
    """``call`` is what is sent, ``wanted`` the model that was asked for; ``cards`` may answer, best first."""

    wanted: str
    call: Call
    cards: Sequence[ModelCard]
    decision: Decision
    veiled: Veiled | None
    flags: Sequence[Flagged]
    guards: OutputChain
    shape: Shape

    def started(self, card: ModelCard, burst: Burst) -> Started:
        """What the caller is told before the first word: who answers, where, under which rules."""
        decision = self.decision
        other = decision.verdict is Verdict.REROUTE or card.id != decision.models[0].id
        return Started(
            self.call.id,
            card.id,
            card.zone,
            decision.data_class,
            card.provider,
            decision.policy_version,
            () if self.veiled is None else self.veiled.hidden,
            self.wanted if other else "",
            burst[0] if burst and isinstance(burst[0], Judged) else None,
        )

    def out(self, burst: Burst) -> Burst:
        """What may go on of a burst.

        Raises:
            GuardRefused, AnswerNotValid: it ends here.
        """
        said = burst if self.veiled is None else self.veiled.restore.pass_on(burst)
        return self.shape.pass_on(self.guards.pass_on(said))

    def left(self, error: HausgeistError) -> Burst:
        """What was held back of an answer that breaks off; nothing where a guard has ended it."""
        if self.veiled is None or isinstance(error, GuardRefused):
            return []
        try:
            return self.guards.pass_on(self.veiled.restore.flush())
        except GuardRefused:
            return []
