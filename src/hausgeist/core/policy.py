# SPDX-License-Identifier: EUPL-1.2
"""The border's rule, as a pure function.

Flows in: what is known of a call and the models that could answer it. Flows out: which of them may, what
must happen first, or why none may. Knows no content, no clock, no storage.

How a policy is read, in one sentence: whatever the table or any rule that fits demands must be met, and
one refusal is enough; only an explicit release sets the table aside, and never for special data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.models import ModelCard


class Rule(StrEnum):
    """What the table says of one class in one zone, or a rule of what it fits; from mild to strict."""

    ALLOW = "allow"
    EXAMINE = "examine"
    """Allowed if the detectors, run on the content, do not raise the class."""
    ASK = "ask"
    """As ``EXAMINE``, and the person is told where it goes and says yes first."""
    PSEUDONYMISE = "pseudonymise"
    REROUTE = "reroute"
    """It may not; the model of the house that the rule names answers instead."""
    REFUSE = "refuse"


STRICTNESS = {rule: place for place, rule in enumerate(Rule)}


class Need(StrEnum):
    """What must be met before a call may go to a model."""

    EXAMINE = "examine"
    ASK = "ask"
    PSEUDONYMISE = "pseudonymise"
    CONTRACT = "contract"
    """A contract is on file."""
    NO_TRAINING = "no_training"
    """The provider does not train on what it is sent."""
    EUROPEAN = "european"
    """Operator, owner and administrators are in Europe."""
    OWN_HOSTING = "own_hosting"
    """The provider runs the model itself."""
    REFUSE = "refuse"
    """Nothing helps."""


TERMS = (Need.CONTRACT, Need.NO_TRAINING, Need.EUROPEAN, Need.OWN_HOSTING)
"""What a rule can require of a provider."""

NEEDS: Mapping[Rule, frozenset[Need]] = {
    Rule.ALLOW: frozenset(),
    Rule.EXAMINE: frozenset({Need.EXAMINE}),
    Rule.ASK: frozenset({Need.EXAMINE, Need.ASK}),
    Rule.PSEUDONYMISE: frozenset({Need.EXAMINE, Need.PSEUDONYMISE}),
    Rule.REROUTE: frozenset({Need.REFUSE}),
    Rule.REFUSE: frozenset({Need.REFUSE}),
}


class Verdict(StrEnum):
    """The border's answer to a call, the best first."""

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
    HOUSE_RULE = "policy.house_rule"
    NOT_CLEARED = "policy.not_cleared"
    KEY_CLASS_CAP = "policy.key_class_cap"
    NEEDS_PSEUDONYMS = "policy.needs_pseudonyms"
    NO_PSEUDONYMISER = "policy.no_pseudonymiser"
    TITLES_STAY = "policy.titles_stay"
    ASKS_FIRST = "policy.asks_first"
    NO_CONTRACT = "policy.no_contract"
    MAY_TRAIN = "policy.may_train"
    KEEPS_TOO_LONG = "policy.keeps_too_long"
    NOT_EUROPEAN = "policy.not_european"
    HOSTED_ELSEWHERE = "policy.hosted_elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One call to one model, as far as a policy can tell calls apart."""

    data_class: DataClass
    zone: Zone
    purpose: Purpose
    provider: str = ""
    country: str | None = None
    assistant: str | None = None
    groups: frozenset[str] = frozenset()


OUTSIDE = frozenset({Zone.EU, Zone.WORLD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A rule of a policy. Whatever of its conditions is empty fits everything; no zone: all outside.

    It fits ``data_class`` and everything more delicate; a ``release`` fits up to ``data_class``, and puts
    ``then`` in the table's place where that is milder. ``retention_days``: the provider keeps nothing
    longer. ``instead`` is the model that answers where ``then`` is REROUTE. ``note`` is the
    organisation's own sentence for it, shown to those who are refused.
    """

    id: str
    then: Rule = Rule.ALLOW
    release: bool = False
    data_class: DataClass = DataClass.PUBLIC
    purposes: frozenset[Purpose] = frozenset()
    zones: frozenset[Zone] = frozenset()
    countries: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    assistants: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    requires: frozenset[Need] = frozenset()
    retention_days: int | None = None
    instead: str = ""
    note: str = ""

    def fits(self, point: Point, data_class: DataClass | None = None) -> bool:
        """Whether it speaks of this; an unknown country is any country, except for a release.

        ``data_class`` is put in the place of the point's.
        """
        delicate = point.data_class if data_class is None else data_class
        if delicate > self.data_class if self.release else delicate < self.data_class:
            return False
        if self.countries and not self._fits_country(point):
            return False
        return (
            point.zone in (self.zones or OUTSIDE)
            and (not self.purposes or point.purpose in self.purposes)
            and (not self.providers or point.provider in self.providers)
            and (not self.assistants or point.assistant in self.assistants)
            and (not self.groups or not self.groups.isdisjoint(point.groups))
        )

    def _fits_country(self, point: Point) -> bool:
        if point.zone is Zone.HOUSE:
            return False
        if point.country is None:
            return not self.release
        return point.country in self.countries


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the rules: a table of every class in every zone, and rules for what is special.

    ``instead`` is a model of the house that answers what may not leave; empty: nothing does.
    """

    version: str
    matrix: Mapping[tuple[DataClass, Zone], Rule]
    clauses: tuple[Clause, ...] = ()
    instead: str = ""
    title: str = ""
    note: str = ""
    by_groups: bool = field(init=False, compare=False)
    """Whether any rule asks for groups."""
    by_assistants: bool = field(init=False, compare=False)
    """Whether any rule asks for the assistant."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_groups", any(one.groups for one in self.clauses))
        object.__setattr__(self, "by_assistants", any(one.assistants for one in self.clauses))

    def rule(self, data_class: DataClass, zone: Zone) -> Rule:
        """What the table says of a class in a zone; a gap refuses."""
        return self.matrix.get((data_class, zone), Rule.REFUSE)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a policy demands at one point: all of ``needs``; ``retention_days`` of None sets no limit.

    ``clauses`` are the rules that fit and demand something.
    """

    needs: frozenset[Need]
    retention_days: int | None = None
    clauses: tuple[Clause, ...] = ()

    def covers(self, other: "Demand") -> bool:
        """Whether it is at least as strict as another one."""
        if Need.REFUSE in self.needs:
            return True
        limit = other.retention_days
        kept = limit is None or (self.retention_days is not None and self.retention_days <= limit)
        return kept and self.needs >= other.needs


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

    def point(self, card: ModelCard) -> Point:
        """The call with this model."""
        return Point(
            data_class=self.data_class,
            zone=card.zone,
            purpose=self.purpose,
            provider=card.provider,
            country=card.country,
            assistant=self.assistant,
            groups=self.groups,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: a verdict, the models it holds for, the reasons, and the rules' version.

    ``instead`` names models of the house that may answer where these may not; ``notes`` are the
    organisation's own sentences for its refusal.
    """

    verdict: Verdict
    models: tuple[ModelCard, ...]
    reasons: tuple[Reason, ...]
    data_class: DataClass
    policy_version: str
    instead: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_A, _E, _Q, _P, _R = Rule.ALLOW, Rule.EXAMINE, Rule.ASK, Rule.PSEUDONYMISE, Rule.REFUSE

DEFAULT_POLICY = Policy(
    version="default-3",
    matrix={
        (DataClass.PUBLIC, Zone.HOUSE): _A,
        (DataClass.PUBLIC, Zone.EU): _E,
        (DataClass.PUBLIC, Zone.WORLD): _E,
        (DataClass.INTERNAL, Zone.HOUSE): _A,
        (DataClass.INTERNAL, Zone.EU): _E,
        (DataClass.INTERNAL, Zone.WORLD): _Q,  # and only where the provider is released for it
        (DataClass.PERSONAL, Zone.HOUSE): _A,
        (DataClass.PERSONAL, Zone.EU): _P,
        (DataClass.PERSONAL, Zone.WORLD): _R,
        (DataClass.SPECIAL, Zone.HOUSE): _A,
        (DataClass.SPECIAL, Zone.EU): _R,
        (DataClass.SPECIAL, Zone.WORLD): _R,
    },
    clauses=(
        Clause(
            id="contract",
            data_class=DataClass.PERSONAL,
            zones=frozenset({Zone.EU, Zone.WORLD}),
            requires=frozenset({Need.CONTRACT}),
        ),
    ),
)

HOUSE_ONLY = Policy(
    version="house-only",
    matrix={(one, Zone.HOUSE): Rule.ALLOW for one in DataClass},
)
"""What is in force where the rules cannot be read."""


def demand(policy: Policy, point: Point) -> Demand:
    """All that a policy demands of a call to a model.

    What less delicate data must meet, more delicate data must meet too: so no class has it easier than
    one beneath it, whatever the table says.
    """
    needs: set[Need] = set()
    limits: list[int] = []
    releases = [clause for clause in policy.clauses if clause.release]
    for data_class in DataClass:
        if data_class > point.data_class:
            break
        then, release = policy.rule(data_class, point.zone), None
        for clause in releases:
            if STRICTNESS[clause.then] < STRICTNESS[then] and clause.fits(point, data_class):
                then, release = clause.then, clause
        needs |= NEEDS[then]
        if release is not None:
            _require(release, needs, limits)
    if point.data_class is DataClass.SPECIAL and point.zone is not Zone.HOUSE:
        needs.add(Need.REFUSE)
    fitting = [one for one in policy.clauses if not one.release and one.fits(point)]
    for clause in fitting:
        needs |= NEEDS[clause.then]
        _require(clause, needs, limits)
    return Demand(frozenset(needs), min(limits, default=None), tuple(fitting))


def _require(clause: Clause, needs: set[Need], limits: list[int]) -> None:
    """Add the terms that a rule or release asks of a provider."""
    needs |= clause.requires
    if clause.retention_days is not None:
        limits.append(clause.retention_days)


def decide(facts: Facts, candidates: Sequence[ModelCard], policy: Policy) -> Decision:
    """Decide which of the candidate models may answer.

    The best verdict any candidate reaches is the decision's, and holds for the candidates that
    reached it, in the order given: allow before pseudonymise before examine before ask before refuse.
    A yes holds for the provider that the person was told of, the first that asks, and for no other.
    """
    version = policy.version
    if facts.data_class > facts.max_class:
        capped = (Reason.KEY_CLASS_CAP,)
        return Decision(Verdict.REFUSE, (), capped, facts.data_class, version)
    reached: dict[Verdict, list[ModelCard]] = {}
    why: dict[Verdict, list[Reason]] = {}
    refusing: list[Clause] = []
    asks_for: str | None = None
    for card in candidates:
        demanded = demand(policy, facts.point(card))
        verdict, reasons_found = _judge(facts, card, demanded)
        if verdict is Verdict.REFUSE:
            refusing += [one for one in demanded.clauses if Need.REFUSE in NEEDS[one.then]]
        elif Need.ASK in demanded.needs:
            asks_for = card.provider if asks_for is None else asks_for
            if card.provider != asks_for:
                continue
        reached.setdefault(verdict, []).append(card)
        known = why.setdefault(verdict, [])
        known += [reason for reason in reasons_found if reason not in known]
    for verdict in Verdict:
        if verdict in reached and verdict is not Verdict.REFUSE:
            found = tuple(reached[verdict])
            return Decision(verdict, found, tuple(why[verdict]), facts.data_class, version)
    reasons = tuple(why.get(Verdict.REFUSE, (Reason.CLASS_NOT_FOR_ZONE,)))
    named = [one.instead for one in refusing if one.then is Rule.REROUTE]
    if facts.purpose is not Purpose.TITLE:
        named.append(policy.instead)
    return Decision(
        Verdict.REFUSE,
        (),
        reasons,
        facts.data_class,
        version,
        instead=tuple(dict.fromkeys(name for name in named if name)),
        notes=tuple(dict.fromkeys(one.note for one in refusing if one.note)),
    )


def reroute(
    refused: Decision, facts: Facts, spares: Sequence[ModelCard], policy: Policy
) -> Decision:
    """The refusal, or the decision that one of the ``spares`` in the house answers instead.

    ``spares`` are the models that ``refused.instead`` names, as far as the caller may use them and they
    can do what is asked.
    """
    models = stand_ins(facts, spares, policy)
    if not models:
        return refused
    return Decision(
        Verdict.REROUTE,
        models,
        refused.reasons,
        refused.data_class,
        refused.policy_version,
        notes=refused.notes,
    )


def stand_ins(facts: Facts, spares: Sequence[ModelCard], policy: Policy) -> tuple[ModelCard, ...]:
    """Those of the ``spares`` that are in the house and may answer as the call stands."""
    house = [card for card in spares if card.zone is Zone.HOUSE]
    decided = decide(facts, house, policy)
    return decided.models if decided.verdict is Verdict.ALLOW else ()


def _judge(facts: Facts, card: ModelCard, demanded: Demand) -> tuple[Verdict, list[Reason]]:
    """One candidate's verdict and its reasons."""
    outside = card.zone is not Zone.HOUSE
    needs = demanded.needs
    if outside and facts.purpose is Purpose.TITLE:
        return Verdict.REFUSE, [Reason.TITLES_STAY]
    if Need.REFUSE in needs:
        by_rule = any(Need.REFUSE in NEEDS[one.then] for one in demanded.clauses)
        return Verdict.REFUSE, [Reason.HOUSE_RULE if by_rule else Reason.CLASS_NOT_FOR_ZONE]
    if outside and facts.data_class > card.cleared_for:
        return Verdict.REFUSE, [Reason.NOT_CLEARED]
    if outside and (unmet := _unmet(card, demanded)):
        return Verdict.REFUSE, unmet
    hides = Need.PSEUDONYMISE in needs
    if hides and not facts.can_pseudonymise:
        return Verdict.REFUSE, [Reason.NO_PSEUDONYMISER]
    plain = Reason.ALLOWED_IN_ZONE if outside else Reason.IN_HOUSE
    reasons = [Reason.NEEDS_PSEUDONYMS if hides else plain]
    asks = Need.ASK in needs and not facts.consented
    if asks:
        reasons.append(Reason.ASKS_FIRST)
    if not needs.isdisjoint({Need.EXAMINE, Need.ASK, Need.PSEUDONYMISE}) and not facts.examined:
        return Verdict.EXAMINE, reasons
    if asks:
        return Verdict.ASK, reasons
    return Verdict.PSEUDONYMISE if hides else Verdict.ALLOW, reasons


def _unmet(card: ModelCard, demanded: Demand) -> list[Reason]:
    """What of the provider's terms does not do; what is unknown does not."""
    terms, needs, limit = card.terms, demanded.needs, demanded.retention_days
    found = []
    if Need.CONTRACT in needs and not terms.contract_since:
        found.append(Reason.NO_CONTRACT)
    if Need.NO_TRAINING in needs and terms.trains is not False:
        found.append(Reason.MAY_TRAIN)
    if Need.EUROPEAN in needs and not terms.european:
        found.append(Reason.NOT_EUROPEAN)
    if Need.OWN_HOSTING in needs and terms.externally_hosted is not False:
        found.append(Reason.HOSTED_ELSEWHERE)
    if limit is not None and (terms.retention_days is None or terms.retention_days > limit):
        found.append(Reason.KEEPS_TOO_LONG)
    return found
