# SPDX-License-Identifier: EUPL-1.2
"""What a person has to say to their words leaving the house; and a call, once it may be made.

A call and what the person said flow in, the call as it may be made flows out, or why it may not, before
anything of it is stored. What stays in the house for whatever it holds is passed on unread.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hausgeist.core.calls import Call, Correction
from hausgeist.core.policy import Decision, Verdict
from hausgeist.core.preview import Preview
from hausgeist.errors import BorderAsks, BorderRefused
from hausgeist.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Leaving:
    """What the person said: of passages, and where it may go: ``place`` of the decision that asked."""

    corrections: tuple[Correction, ...] = ()
    agreed: frozenset[str] = frozenset()


UNSAID = Leaving()
"""Nothing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A call that would be made, and what would become of it."""

    call: Call
    preview: Preview


def place(provider: object, zone: object, data_class: object) -> str:
    """What somebody agrees to: data of this class, to this provider. Nothing more delicate, nobody else."""
    return f"{provider} {zone} {data_class}"


def hidden_in(preview: Preview) -> Counter[str]:
    """How many passages of each kind would go out under pseudonyms."""
    if preview.decision.verdict is not Verdict.PSEUDONYMISE and not preview.hidden:
        return Counter()
    return Counter(span.kind.value for one in preview.hidden for span in one.spans)


async def cleared(
    gateway: Gateway, call: Call, decision: Decision, leaving: Leaving
) -> tuple[Call, Mapping[str, Any]]:
    """The call as it may be made, and what is to be said of it with the answer, as JSON values.

    ``decision`` is what was decided without its content.

    Raises:
        BorderRefused: nobody may answer; ``examined`` tells whether that is for what is in it.
        BorderAsks: it may leave once the person has said yes; ``hidden`` counts what would be hidden.
        DetectorDown: it could not be examined; nothing leaves.
    """
    call = replace(call, corrections=leaving.corrections)
    about: dict[str, Any] = {}
    examined = decision.verdict is Verdict.EXAMINE
    if examined:
        decision = await gateway.decided(call)
        if decision.verdict is Verdict.ASK:
            card = decision.models[0]
            data_class = decision.data_class.word
            if place(card.provider, card.zone, data_class) not in leaving.agreed:
                preview = await gateway.preview(call)
                raise BorderAsks(
                    provider=card.provider,
                    zone=card.zone.value,
                    country=card.country or "",
                    model=card.id,
                    data_class=data_class,
                    hidden=tuple(hidden_in(preview).items()),
                )
            call = replace(call, consented=True)
            about["agreed"] = True
    if decision.verdict is Verdict.REFUSE:
        raise BorderRefused(
            decision.reasons,
            notes=decision.notes,
            data_class=decision.data_class.word,
            policy_version=decision.policy_version,
            examined=examined,
        )
    if decision.verdict is Verdict.REROUTE:
        about["rerouted"] = [str(reason) for reason in decision.reasons]
    return call, about


async def seen(gateway: Gateway, call: Call, decision: Decision, leaving: Leaving) -> Seen:
    """What would become of a call; ``decision`` is what was decided without its content.

    Raises:
        DetectorDown: it could not be examined.
    """
    if decision.verdict is not Verdict.EXAMINE:
        return Seen(call, Preview(decision))
    call = replace(call, corrections=leaving.corrections)
    return Seen(call, await gateway.preview(call))
