# SPDX-License-Identifier: EUPL-1.2
"""The border at work: what is known of a call goes into ``core.policy.decide``; a decision comes out.

Runs the detectors where the rule asks for an examination, and asks again with what they found. Remembers
decisions that did not depend on content: they are a pure function of few facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hausgeist.core.calls import Call
from hausgeist.core.findings import Examination
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.models import ModelCard
from hausgeist.core.people import Principal
from hausgeist.core.policy import DEFAULT_POLICY, Decision, Facts, Policy, Verdict, decide
from hausgeist.errors import BorderRefused
from hausgeist.gateway.privacy import Examiner, has_pictures, texts_of

REMEMBERED_MOST = 1_000


@dataclass(slots=True)
class Border:
    """The rules in force, the class of a call that nobody labelled, and who examines content."""

    policy: Policy = DEFAULT_POLICY
    default_class: DataClass = DataClass.INTERNAL
    examiner: Examiner = field(default_factory=Examiner)
    _remembered: dict[tuple[object, ...], tuple[Sequence[ModelCard], Decision]] = field(
        default_factory=dict
    )

    def decide(self, call: Call, candidates: Sequence[ModelCard]) -> Decision:
        """The decision as far as it does not depend on content; EXAMINE if it does.

        Raises:
            BorderRefused: no candidate may answer, whatever the content; with the reasons.
        """
        decision = self._without_content(
            self._labelled(call), call.purpose, call.principal.max_class, candidates
        )
        if decision.verdict is Verdict.REFUSE:
            raise BorderRefused(decision.reasons)
        return decision

    async def examine(
        self,
        call: Call,
        candidates: Sequence[ModelCard],
        texts: Sequence[str] | None = None,
        *,
        unseen: bool = False,
        may_hide: bool = False,
    ) -> tuple[Decision, Examination]:
        """The decision on a call whose content matters, and what was found in it.

        ``texts`` is what is sent instead of the call's messages; ``unseen``: content goes along that no
        detector can examine, such as sound: it counts as personal, and nothing in it can be hidden.
        ``may_hide``: pseudonyms can be made, and restored in the answer.

        Raises:
            BorderRefused: no candidate may answer; with the reasons.
            DetectorDown: it could not be examined; nothing leaves.
        """
        found = await self.examiner.examine(texts_of(call) if texts is None else texts)
        data_class = self._labelled(call)
        if found.data_class is not None:
            data_class = max(data_class, found.data_class)
        unseen = unseen or has_pictures(call)
        if unseen:
            data_class = max(data_class, DataClass.PERSONAL)
        facts = Facts(
            data_class=data_class,
            purpose=call.purpose,
            max_class=call.principal.max_class,
            examined=True,
            can_pseudonymise=may_hide and not unseen,
        )
        decision = decide(facts, candidates, self.policy)
        if decision.verdict is Verdict.REFUSE:
            raise BorderRefused(decision.reasons)
        return decision, found

    def outlook(
        self, principal: Principal, data_class: DataClass, candidates: Sequence[ModelCard]
    ) -> Decision:
        """What is decided of a chat before there is any content; EXAMINE if that would matter."""
        return self._without_content(data_class, Purpose.CHAT, principal.max_class, candidates)

    def _labelled(self, call: Call) -> DataClass:
        """The class a call has before anybody looks into it."""
        declared = self.default_class if call.declared is None else call.declared
        return declared if call.attached is None else max(declared, call.attached)

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
        facts = Facts(
            data_class=data_class,
            purpose=purpose,
            max_class=max_class,
            can_pseudonymise=True,  # whether they can be made is found out on examination
        )
        decision = decide(facts, candidates, self.policy)
        if len(self._remembered) >= REMEMBERED_MOST:
            self._remembered.clear()
        self._remembered[key] = (candidates, decision)
        return decision
