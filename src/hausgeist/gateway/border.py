# SPDX-License-Identifier: EUPL-1.2
"""The border at work: what is known of a call goes into ``core.policy.decide``; a decision comes out.

Runs the detectors where the rule asks for an examination, and asks again with what they found. Remembers
decisions that did not depend on content: they are a pure function of few facts. A yes that is missing is
an error here, and so is a refusal, unless the rules name a model of the house that may answer instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hausgeist.core.calls import Call
from hausgeist.core.findings import Examination
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.models import ModelCard
from hausgeist.core.policy import (
    DEFAULT_POLICY,
    Decision,
    Facts,
    Policy,
    Verdict,
    decide,
    reroute,
    stand_ins,
)
from hausgeist.errors import BorderAsks, BorderRefused, DetectorDown
from hausgeist.gateway.privacy import Examiner, has_pictures, texts_of

REMEMBERED_MOST = 1_000

Spares = Callable[[Call, Sequence[str]], Sequence[ModelCard]]
"""Finds the models of these names that the caller may use and that can do what the call asks."""


@dataclass(slots=True)
class Border:
    """The rules in force, the class of a call that nobody labelled, and who examines content."""

    policy: Policy = DEFAULT_POLICY
    default_class: DataClass = DataClass.INTERNAL
    examiner: Examiner = field(default_factory=Examiner)
    spares: Spares | None = None
    """Who finds the models that the rules name in the wanted one's place; without it, a refusal stays one."""
    _remembered: dict[tuple[object, ...], tuple[Sequence[ModelCard], Policy, Decision]] = field(
        default_factory=dict
    )

    def decide(
        self, call: Call, candidates: Sequence[ModelCard], *, may_reroute: bool = True
    ) -> Decision:
        """The decision as far as it does not depend on content; EXAMINE if it does.

        Raises:
            BorderRefused: no candidate may answer, whatever the content; with the reasons.
        """
        decision = self.first(call, candidates, may_reroute=may_reroute)
        if decision.verdict is Verdict.REFUSE:
            raise _refusal(decision)
        return decision

    def first(
        self, call: Call, candidates: Sequence[ModelCard], *, may_reroute: bool = True
    ) -> Decision:
        """As ``decide``, with a refusal as a decision."""
        decision = self._without_content(call, candidates)
        if decision.instead and may_reroute:
            return self._rerouted(call, decision, self._facts(call, decision.data_class))
        return decision

    async def examine(
        self,
        call: Call,
        candidates: Sequence[ModelCard],
        texts: Sequence[str] | None = None,
        *,
        unseen: bool = False,
        may_hide: bool = False,
        may_reroute: bool = True,
    ) -> tuple[Decision, Examination]:
        """The decision on a call whose content matters, and what was found in it.

        ``texts`` is what is sent instead of the call's messages; ``unseen``: content goes along that no
        detector can examine, such as sound: it counts as personal, and nothing in it can be hidden.
        ``may_hide``: pseudonyms can be made, and restored in the answer. ``may_reroute``: another model may
        answer instead.

        Raises:
            BorderRefused: no candidate may answer; with the reasons.
            BorderAsks: it may leave once the person has said yes.
            DetectorDown: it could not be examined; nothing leaves.
        """
        decision, found = await self.look(
            call, candidates, texts, unseen=unseen, may_hide=may_hide, may_reroute=may_reroute
        )
        if decision.verdict is Verdict.REFUSE:
            raise _refusal(decision)
        if decision.verdict is Verdict.ASK:
            raise _question(decision)
        return decision, found

    async def look(
        self,
        call: Call,
        candidates: Sequence[ModelCard],
        texts: Sequence[str] | None = None,
        *,
        unseen: bool = False,
        may_hide: bool = False,
        may_reroute: bool = True,
    ) -> tuple[Decision, Examination]:
        """As ``examine``, with a refusal or a question as a decision.

        Raises:
            DetectorDown: it could not be examined; nothing leaves.
        """
        labelled = self._labelled(call)
        try:
            found = await self.examiner.examine(texts_of(call) if texts is None else texts)
        except DetectorDown as error:
            error.values |= {"data_class": labelled.word, "policy_version": self.policy.version}
            raise
        # "this is no name": a person lowers what detectors guess, never what is certain
        plain = {" ".join(one.value.split()).lower() for one in call.corrections if not one.hide}
        of_content = found.without(plain).data_class
        data_class = labelled if of_content is None else max(labelled, of_content)
        unseen = unseen or has_pictures(call)
        if unseen:
            data_class = max(data_class, DataClass.PERSONAL)
        policy = self.policy
        facts = self._facts(
            call, data_class, examined=True, can_pseudonymise=may_hide and not unseen
        )
        decision = decide(facts, candidates, policy)
        if decision.instead and may_reroute:
            decision = self._rerouted(call, decision, facts)
        return decision, found

    def known(self, call: Call, data_class: DataClass, candidates: Sequence[ModelCard]) -> Decision:
        """What is decided of a call whose class is known, as if it had been examined and could be veiled."""
        facts = self._facts(call, data_class, examined=True)
        decision = decide(facts, candidates, self.policy)
        return self._rerouted(call, decision, facts) if decision.instead else decision

    def stand_ins(self, call: Call, decision: Decision) -> Sequence[ModelCard]:
        """Who of the house answers where none of the decision's models does: whom the rules name."""
        name = self.policy.instead
        if not name or self.spares is None or call.purpose is Purpose.TITLE:
            return ()
        if decision.verdict is Verdict.REROUTE or decision.models[0].id == name:
            return ()
        facts = self._facts(call, decision.data_class)
        return stand_ins(facts, self.spares(call, [name]), self.policy)

    def lets(
        self, call: Call, decision: Decision, cards: Sequence[ModelCard]
    ) -> Sequence[ModelCard]:
        """Of further models of the house, those that may answer what was decided on."""
        return stand_ins(self._facts(call, decision.data_class), cards, self.policy)

    def _labelled(self, call: Call) -> DataClass:
        """The class a call has before anybody looks into it."""
        declared = self.default_class if call.declared is None else call.declared
        return declared if call.attached is None else max(declared, call.attached)

    def _facts(
        self,
        call: Call,
        data_class: DataClass,
        *,
        examined: bool = False,
        can_pseudonymise: bool = True,
    ) -> Facts:
        return Facts(
            data_class=data_class,
            purpose=call.purpose,
            max_class=call.principal.max_class,
            examined=examined,
            can_pseudonymise=can_pseudonymise,
            consented=call.consented,
            assistant=call.assistant,
            groups=call.principal.groups | {call.principal.group},
        )

    def _rerouted(self, call: Call, refused: Decision, facts: Facts) -> Decision:
        if self.spares is None:
            return refused
        return reroute(refused, facts, self.spares(call, refused.instead), self.policy)

    def _without_content(self, call: Call, candidates: Sequence[ModelCard]) -> Decision:
        # By identity: the directory hands out the same candidates until they change, and what is
        # remembered keeps candidates and policy alive, so that no other object can take their place.
        # Everything that the decision depends on is in the key; what no rule asks for is not.
        policy, who, data_class = self.policy, call.principal, self._labelled(call)
        key = (
            id(candidates),
            id(policy),
            data_class,
            call.purpose,
            who.max_class,
            call.consented,
            call.assistant if policy.by_assistants else None,
            (who.group, who.groups) if policy.by_groups else None,
        )
        known = self._remembered.get(key)
        if known is not None and known[0] is candidates and known[1] is policy:
            return known[2]
        # whether pseudonyms can be made is found out on examination
        decision = decide(self._facts(call, data_class), candidates, policy)
        if len(self._remembered) >= REMEMBERED_MOST:
            self._remembered.clear()
        self._remembered[key] = (candidates, policy, decision)
        return decision


def _refusal(decision: Decision) -> BorderRefused:
    return BorderRefused(
        decision.reasons,
        notes=decision.notes,
        data_class=decision.data_class.word,
        policy_version=decision.policy_version,
    )


def _question(decision: Decision) -> BorderAsks:
    card = decision.models[0]
    return BorderAsks(
        provider=card.provider,
        zone=card.zone.value,
        country=card.country or "",
        model=card.id,
        data_class=decision.data_class.word,
    )
