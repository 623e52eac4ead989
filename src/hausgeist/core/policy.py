# SPDX-License-Identifier: EUPL-1.2
"""The border's rule, as a pure function.

Flows in: what is known of a call (class, purpose, the credential's cap) and the models that could
answer it. Flows out: which of them may, or why none may. Knows no content, no clock, no storage.
Whatever is not allowed by a rule is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.models import ModelCard


class Rule(StrEnum):
    """What the matrix says of one class in one zone."""

    ALLOW = "allow"
    EXAMINE = "examine"
    """Allowed if the detectors, run on the content, do not raise the class."""
    ASK = "ask"
    """As ``EXAMINE``, and the person is told where it goes and says yes first."""
    PSEUDONYMISE = "pseudonymise"
    REFUSE = "refuse"


class Verdict(StrEnum):
    """The border's answer to a call."""

    ALLOW = "allow"
    PSEUDONYMISE = "pseudonymise"
    EXAMINE = "examine"
    ASK = "ask"
    """Allowed, once the person who asks has said yes to it."""
    REROUTE = "reroute"
    """None of the wanted model's may; another model in the house answers."""
    REFUSE = "refuse"


class Reason(StrEnum):
    """Why: codes of the catalogue, shown to people in their language."""

    IN_HOUSE = "policy.in_house"
    ALLOWED_IN_ZONE = "policy.allowed_in_zone"
    CLASS_NOT_FOR_ZONE = "policy.class_not_for_zone"
    NOT_CLEARED = "policy.not_cleared"
    KEY_CLASS_CAP = "policy.key_class_cap"
    NEEDS_PSEUDONYMS = "policy.needs_pseudonyms"
    NO_PSEUDONYMISER = "policy.no_pseudonymiser"
    TITLES_STAY = "policy.titles_stay"


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the rules: a rule for every class in every zone."""

    version: str
    matrix: Mapping[tuple[DataClass, Zone], Rule]

    def rule(self, data_class: DataClass, zone: Zone) -> Rule:
        """The rule for a class in a zone; a gap in the matrix refuses."""
        return self.matrix.get((data_class, zone), Rule.REFUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a call when it is decided.

    ``examined``: the detectors have run and ``data_class`` already includes what they found.
    ``can_pseudonymise``: a pseudonymiser is there and healthy.
    """

    data_class: DataClass
    purpose: Purpose
    max_class: DataClass = DataClass.SPECIAL
    examined: bool = False
    can_pseudonymise: bool = False
    consented: bool = False
    assistant: str | None = None
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: a verdict, the models it holds for, the reasons, and the rules' version."""

    verdict: Verdict
    models: tuple[ModelCard, ...]
    reasons: tuple[Reason, ...]
    data_class: DataClass
    policy_version: str


_A, _E, _P, _R = Rule.ALLOW, Rule.EXAMINE, Rule.PSEUDONYMISE, Rule.REFUSE

DEFAULT_POLICY = Policy(
    version="default-2",
    matrix={
        (DataClass.PUBLIC, Zone.HOUSE): _A,
        (DataClass.PUBLIC, Zone.EU): _E,
        (DataClass.PUBLIC, Zone.WORLD): _E,
        (DataClass.INTERNAL, Zone.HOUSE): _A,
        (DataClass.INTERNAL, Zone.EU): _E,
        (DataClass.INTERNAL, Zone.WORLD): _E,  # only where the provider is cleared for it
        (DataClass.PERSONAL, Zone.HOUSE): _A,
        (DataClass.PERSONAL, Zone.EU): _P,
        (DataClass.PERSONAL, Zone.WORLD): _R,
        (DataClass.SPECIAL, Zone.HOUSE): _A,
        (DataClass.SPECIAL, Zone.EU): _R,
        (DataClass.SPECIAL, Zone.WORLD): _R,
    },
)


def decide(facts: Facts, candidates: Sequence[ModelCard], policy: Policy) -> Decision:
    """Decide which of the candidate models may answer.

    The best verdict any candidate reaches is the decision's, and holds for the candidates that
    reached it, in the order given: allow before pseudonymise before examine before refuse.
    """
    if facts.data_class > facts.max_class:
        return Decision(
            Verdict.REFUSE, (), (Reason.KEY_CLASS_CAP,), facts.data_class, policy.version
        )
    reached: dict[Verdict, list[ModelCard]] = {}
    reasons: dict[Verdict, list[Reason]] = {}
    for card in candidates:
        verdict, reason = _judge(facts, card, policy)
        reached.setdefault(verdict, []).append(card)
        if reason not in reasons.setdefault(verdict, []):
            reasons[verdict].append(reason)
    for verdict in Verdict:
        if verdict in reached:
            models = () if verdict is Verdict.REFUSE else tuple(reached[verdict])
            return Decision(
                verdict, models, tuple(reasons[verdict]), facts.data_class, policy.version
            )
    return Decision(
        Verdict.REFUSE, (), (Reason.CLASS_NOT_FOR_ZONE,), facts.data_class, policy.version
    )


def _judge(facts: Facts, card: ModelCard, policy: Policy) -> tuple[Verdict, Reason]:
    """One candidate's verdict and its reason."""
    if facts.purpose is Purpose.TITLE and card.zone is not Zone.HOUSE:
        return Verdict.REFUSE, Reason.TITLES_STAY
    rule = policy.rule(facts.data_class, card.zone)
    if rule is Rule.REFUSE:
        return Verdict.REFUSE, Reason.CLASS_NOT_FOR_ZONE
    if card.zone is not Zone.HOUSE and facts.data_class > card.cleared_for:
        return Verdict.REFUSE, Reason.NOT_CLEARED
    if rule is Rule.PSEUDONYMISE:
        if not facts.can_pseudonymise:
            return Verdict.REFUSE, Reason.NO_PSEUDONYMISER
        if not facts.examined:
            return Verdict.EXAMINE, Reason.NEEDS_PSEUDONYMS
        return Verdict.PSEUDONYMISE, Reason.NEEDS_PSEUDONYMS
    if rule is Rule.EXAMINE and not facts.examined:
        return Verdict.EXAMINE, Reason.ALLOWED_IN_ZONE
    if card.zone is Zone.HOUSE:
        return Verdict.ALLOW, Reason.IN_HOUSE
    return Verdict.ALLOW, Reason.ALLOWED_IN_ZONE
