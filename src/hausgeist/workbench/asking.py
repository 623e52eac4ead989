# SPDX-License-Identifier: EUPL-1.2
"""Asking a model for the workbench: a call goes in, its whole answer comes out, or an error of the house.

``GatewayAsker`` goes through the ordinary pipeline in this process (policy, guards, budget, ledger, trail).
A worker has another one, which asks the house over the loopback; whoever asks cannot tell them apart.
"""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from time import monotonic
from typing import Protocol

from hausgeist.core.accounting import cost_micro_eur
from hausgeist.core.asked import Asked, TrainingTerms
from hausgeist.core.calls import Call
from hausgeist.core.events import Delta, Event, Failed, Finished, Started
from hausgeist.core.labels import Zone
from hausgeist.core.messages import Usage
from hausgeist.core.models import ModelCard
from hausgeist.core.people import Principal
from hausgeist.errors import AnswerNotValid
from hausgeist.gateway import Gateway

FREE_LICENCES = frozenset(
    {
        "apache-2.0",
        "mit",
        "bsd-2-clause",
        "bsd-3-clause",
        "isc",
        "cc-by-4.0",
        "cc0-1.0",
        "unlicense",
    }
)
"""Licences of weights that say nothing against training on what the model writes (SPDX, lower case)."""


class Asker(Protocol):
    """Whoever can put a call to a model."""

    async def ask(self, call: Call) -> Asked:
        """Ask, and wait for the whole answer.

        Raises:
            HausgeistError: the call was refused, could not be paid, or failed; with its code.
        """
        ...


class GatewayAsker:
    """Asks through the gateway of this process. ``now_ms`` gives milliseconds since the epoch.

    ``principal``, if given, is in whose name everything is asked, whatever a call says.
    """

    def __init__(
        self,
        gateway: Gateway,
        now_ms: Callable[[], int] | None = None,
        principal: Principal | None = None,
    ) -> None:
        self._gateway = gateway
        self._now_ms = now_ms or gateway.now_ms
        self._principal = principal

    async def ask(self, call: Call) -> Asked:
        """Ask; see ``Asker``. An answer of the wrong shape is given all the same: whoever asked reads it."""
        call = replace(call, stream=False, principal=self._principal or call.principal)
        began, at_ms = monotonic(), self._now_ms()
        events: list[Event] = []
        async with aclosing(self._gateway.answer(call)) as stream:  # type: ignore[type-var]  # a generator
            async for burst in stream:
                events += burst
        ms = round((monotonic() - began) * 1000)
        started = next((one for one in events if isinstance(one, Started)), None)
        deltas = [one for one in events if isinstance(one, Delta)]
        text, usage, cut = "".join(one.text for one in deltas), Usage(estimated=True), False
        for one in events:
            if isinstance(one, Finished):
                usage, cut = one.usage, one.reason == "length"
            elif isinstance(one, Failed):
                if started is None or not isinstance(one.error, AnswerNotValid):
                    raise one.error
                text, usage = one.error.answer, one.usage
        assert started is not None
        card = self._card(started)
        return Asked(
            text=text,
            usage=usage,
            micro_eur=None if card is None else cost_micro_eur(usage, card.price, at_ms),
            ms=ms,
            model=started.model,
            wanted=started.wanted,
            call_id=call.id,
            policy=started.policy_version,
            terms="unknown" if card is None else training_terms(card),
            logprobs=tuple((each.token, each.logprob) for one in deltas for each in one.logprobs),
            cut=cut,
        )

    def _card(self, started: Started) -> ModelCard | None:
        """The card that answered; None where it was taken away meanwhile."""
        cards = self._gateway.directory.cards()
        meant = (one for one in cards if one.id == started.model)
        return next((one for one in meant if one.provider in {started.provider, ""}), None)


def training_terms(card: ModelCard) -> TrainingTerms:
    """Whether the model's output may train another: its provider's terms, in the house its licence."""
    if card.terms.outputs_may_train is not None:
        return "yes" if card.terms.outputs_may_train else "no"
    if card.zone is not Zone.HOUSE:
        return "unknown"
    licence = str(dict(card.details).get("general.license", "")).lower()
    return "yes" if licence in FREE_LICENCES else "unknown"
