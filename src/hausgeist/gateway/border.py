# SPDX-License-Identifier: EUPL-1.2
"""The border at work: what is known of a call goes into ``core.policy.decide``; a decision comes out.

Runs the detectors where the rule asks for an examination, and asks again with what they found. Remembers
decisions that did not depend on content: they are a pure function of few facts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hausgeist.core.calls import Call
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import Image, ToolCall
from hausgeist.core.models import ModelCard
from hausgeist.core.people import Principal
from hausgeist.core.policy import DEFAULT_POLICY, Decision, Facts, Policy, Verdict, decide
from hausgeist.errors import BorderRefused
from hausgeist.gateway.privacy import detect

REMEMBERED_MOST = 1_000


@dataclass(slots=True)
class Border:
    """The rules in force, and the class of a call that nobody labelled."""

    policy: Policy = DEFAULT_POLICY
    default_class: DataClass = DataClass.INTERNAL
    _remembered: dict[tuple[object, ...], tuple[Sequence[ModelCard], Decision]] = field(
        default_factory=dict
    )

    def decide(
        self,
        call: Call,
        candidates: Sequence[ModelCard],
        texts: Sequence[str] | None = None,
        *,
        unseen: bool = False,
    ) -> Decision:
        """The decision on a call, after an examination of its content where the rule asks for one.

        ``texts`` is what is sent instead of the call's messages; ``unseen``: content goes along that no
        detector can examine, such as sound.

        Raises:
            BorderRefused: no candidate may answer; with the reasons.
        """
        data_class = self.default_class if call.declared is None else call.declared
        if call.attached is not None:
            data_class = max(data_class, call.attached)
        decision = self._without_content(
            data_class, call.purpose, call.principal.max_class, candidates
        )
        if decision.verdict is Verdict.EXAMINE:
            if unseen or _examine(call, texts):
                data_class = max(data_class, DataClass.PERSONAL)
            facts = Facts(
                data_class=data_class,
                purpose=call.purpose,
                max_class=call.principal.max_class,
                examined=True,
            )
            decision = decide(facts, candidates, self.policy)
        if decision.verdict is not Verdict.ALLOW:
            raise BorderRefused(decision.reasons)
        return decision

    def outlook(
        self, principal: Principal, data_class: DataClass, candidates: Sequence[ModelCard]
    ) -> Decision:
        """What is decided of a chat before there is any content; EXAMINE if that would matter."""
        return self._without_content(data_class, Purpose.CHAT, principal.max_class, candidates)

    def _without_content(
        self,
        data_class: DataClass,
        purpose: Purpose,
        max_class: DataClass,
        candidates: Sequence[ModelCard],
    ) -> Decision:
        # By identity: the directory hands out the same candidates until they change, and what is
        # remembered keeps them alive, so that no other object can take their place.
        key = (id(candidates), id(self.policy), data_class, purpose, max_class)
        known = self._remembered.get(key)
        if known is not None and known[0] is candidates:
            return known[1]
        facts = Facts(data_class=data_class, purpose=purpose, max_class=max_class)
        decision = decide(facts, candidates, self.policy)
        if len(self._remembered) >= REMEMBERED_MOST:
            self._remembered.clear()
        self._remembered[key] = (candidates, decision)
        return decision


def _examine(call: Call, texts: Sequence[str] | None) -> bool:
    """Whether anything that would leave is, or may be, personal data.

    No detector sees into a picture, so a picture counts as personal: what cannot be examined stays.
    """
    if any(message.images for message in call.messages):
        return True
    return any(detect(text) for text in (_leaving(call) if texts is None else texts))


def _leaving(call: Call) -> Iterator[str]:
    """Every text of a call that a provider is sent: a schema can carry a name as well as a message can."""
    if call.prompt is not None:
        yield call.prompt.text
        yield call.prompt.suffix or ""
    for message in call.messages:
        yield message.name or ""
        for part in message.parts:
            if isinstance(part, ToolCall):
                yield part.name
                yield part.arguments
            elif not isinstance(part, Image):
                yield part.text
    for tool in call.tools:
        yield tool.name
        yield tool.description
        yield tool.parameters
    if call.format is not None:
        yield call.format.name
        yield call.format.schema or ""
    yield from call.sampling.stop
    yield from (value for _, value in call.extra if isinstance(value, str))
