# SPDX-License-Identifier: EUPL-1.2
"""What would become of last week's calls if a provider, a zone or everything outside were gone tomorrow.

Rows of the ledger (or a file of such rows) flow in, counts of the whole house flow out; no model is asked.
Who would answer is found by the gateway's own line-up, so that in earnest the same happens. Rows name a group
where they were counted by themselves (see ``ledger.crowd``); a rule or limit of a group of few counts as
nobody's, and a house of fewer than five is not counted at all.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from hausgeist.core.absence import Absence
from hausgeist.core.accounting import cost_micro_eur
from hausgeist.core.calls import Call
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import Usage
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.people import Principal, Role
from hausgeist.core.policy import Decision, Verdict
from hausgeist.errors import ContextOverflow, Unavailable, UnknownModel
from hausgeist.gateway.pipeline import Gateway
from hausgeist.gateway.routing import Routes
from hausgeist.identity.groups import models_of
from hausgeist.ledger.crowd import FEWEST
from hausgeist.ledger.discretion import Payers

HOUR_MS = 3_600_000
DAYS_A_MONTH = 365.25 / 12
ROWS_MOST = 200_000
"""Calls that are looked at, the newest: they take a few seconds."""

Fate: TypeAlias = Literal["kept", "moved", "refused", "before"]
"""Kept: not touched. Moved: another answers. Before: refused today, or its model is no longer offered."""


@runtime_checkable
class Seats(Protocol):
    """A provider that knows how many calls one of its models answers at a time."""

    def places(self, card: ModelCard) -> int | None:
        """How many; None: unknown."""
        ...


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """A call as the ledger has it, or a line of a file: no content. ``at`` is milliseconds."""

    at: int = 0
    group: str = ""
    cost_centre: str | None = None
    service_key: str | None = None
    assistant: str | None = None
    purpose: str = "chat"
    data_class: str = msgspec.field(name="class", default="internal")
    model: str
    provider: str = ""
    zone: str = ""
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    duration_ms: int = 0
    outcome: str = "ok"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of one model that fare alike. Money is micro-EUR, None where a price is unknown.

    ``why`` says what is in the way where nobody answers: ``border`` (with ``reasons``), ``too_long``,
    ``nobody``, ``gone`` (today already). ``hides``: they leave under pseudonyms. ``blind``: the model of
    today can see pictures, the one that would answer cannot.
    """

    fate: Fate
    model: str
    provider: str
    zone: str
    to_model: str = ""
    to_provider: str = ""
    to_zone: str = ""
    why: str = ""
    reasons: tuple[str, ...] = ()
    hides: bool = False
    blind: bool = False
    calls: int
    tokens: int
    today: int | None
    then: int | None


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A budget in EUR: a month at the pace of the calls, today and then, in micro-EUR; None: unknown."""

    scope: str
    limit: int
    today: int | None
    then: int | None


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """A model of the house in its busiest hour: places taken on average, today and then; None: unknown."""

    model: str
    places: int | None
    today: float | None
    then: float | None
    calls: int


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. ``few``: too few people to count. ``cut``: only the newest calls were looked at.

    ``merged``: rules or limits of small groups were left out. ``purposes``: of each purpose, calls today
    and calls that would still be answered. ``hidden`` counts budgets whose numbers may not be told.
    """

    without: str
    at: int
    days: int
    policy: str
    few: bool = False
    cut: bool = False
    merged: bool = False
    lines: tuple[Line, ...] = ()
    purposes: tuple[tuple[str, int, int], ...] = ()
    limits: tuple[Limit, ...] = ()
    hidden: int = 0
    loads: tuple[Load, ...] = ()

    def calls(self, *fates: Fate) -> int:
        """How many calls fare so; of all fates where none is named."""
        return sum(one.calls for one in self.lines if not fates or one.fate in fates)

    def cost(self, when: Literal["today", "then"]) -> int | None:
        """What the calls cost that would still be answered; None where a price is unknown."""
        costs = [getattr(one, when) for one in self.lines if one.fate in {"kept", "moved"}]
        return None if None in costs else sum(costs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is known of the house's people and budgets when a drill begins."""

    people: int
    group_models: Mapping[str, str | None]
    assistants: frozenset[str]
    payers: Payers
    limits: Mapping[str, int | None]
    """Budgets by scope: the month's limit in micro-EUR, None where it is one of tokens alone."""


@dataclass(frozen=True, slots=True)
class Way:
    """How calls of one sort fare: who answers today and then."""

    fate: Fate
    today: ModelCard | None = None
    then: ModelCard | None = None
    why: str = ""
    reasons: tuple[str, ...] = ()
    hides: bool = False


@dataclass(slots=True)
class _Sum:
    calls: int = 0
    tokens: int = 0
    today: int = 0
    then: int = 0
    unknown_today: bool = False
    unknown_then: bool = False

    def add(self, tokens: int, today: int | None, then: int | None) -> None:
        self.calls += 1
        self.tokens += tokens
        self.today += today or 0
        self.then += then or 0
        self.unknown_today |= today is None
        self.unknown_then |= then is None


@dataclass(slots=True)
class _Counts:
    """What is counted while rows go by."""

    lines: dict[tuple[Way, str, str, str], _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    purposes: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    scopes: dict[str, _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    speed: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of each model of the house: milliseconds and tokens of its answers."""
    hours: dict[tuple[str, str], Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """By model and ``today`` or ``then``: tokens of its answers in each hour."""
    moved_to: Counter[str] = field(default_factory=Counter)


class Rehearsal:
    """Decides calls as the gateway would, with something gone. Remembers sorts of calls."""

    def __init__(self, gateway: Gateway, without: Absence, ground: Ground) -> None:
        self.groups: set[str] = set()
        """Those of which there were calls by themselves."""
        self._gateway = gateway
        self._without = without
        self._ground = ground
        self._routes = Routes(gateway.directory, lambda: 0.0)  # everybody else is well
        self._known: dict[tuple[object, ...], Way] = {}
        cards = gateway.directory.cards()
        self._contexts = sorted({card.context for card in cards if card.context is not None})

    def way(self, row: Replayed) -> Way:
        """How a call fares."""
        self.groups.add(row.group)
        tokens = row.input_tokens + row.output_tokens
        size = bisect_left(self._contexts, tokens)
        key = (
            *(row.group, row.cost_centre, row.service_key, row.assistant),
            *(row.purpose, row.data_class, row.model, size),
        )
        if key not in self._known:
            self._known[key] = self._way(row, tokens)
        return self._known[key]

    def scopes(self, row: Replayed) -> tuple[str, ...]:
        """The budgets that a call draws on, as far as their numbers may be told."""
        return self._told(self._who(row))

    def _who(self, row: Replayed) -> Principal:
        """Who may have asked: of the group, which may use its models, and the one it used."""
        listed = models_of(self._ground.group_models.get(row.group))
        return Principal(
            id="drill",
            name="",
            role=Role.MEMBER,
            group=row.group,
            cost_centre=row.cost_centre,
            service_key=row.service_key,
            models=None if listed is None or row.service_key else frozenset({*listed, row.model}),
        )

    def _way(self, row: Replayed, tokens: int) -> Way:
        call = Call(
            id="drill",
            principal=self._who(row),
            purpose=Purpose(row.purpose),
            model=row.model,
            assistant=row.assistant if row.assistant in self._ground.assistants else None,
            consented=True,
        )
        try:
            cards = self._gateway.directory.candidates(row.model, call.principal)
        except UnknownModel:
            return Way("before", why="gone")
        decision = self._gateway.border.known(call, DataClass.parse(row.data_class), cards)
        if decision.verdict is Verdict.REFUSE:
            return Way("before", cards[0], why="border", reasons=tuple(decision.reasons))
        if not decision.models[0].can(Capability.COMPLETION):  # asked of its first provider only
            today = decision.models[0]
            gone = self._without.takes(today)
            return Way("refused" if gone else "kept", today, None if gone else today, "once")
        # what was answered today fits, whatever was counted
        today = self._gateway.line_up(call, decision, routes=self._routes, tokens=0)[0]
        if not self._without.takes(today):
            return Way("kept", today, today, hides=_hides(decision, today))
        call = replace(call, without=self._without)
        for needed in (tokens, 0):
            try:
                line = self._gateway.line_up(call, decision, routes=self._routes, tokens=needed)
            except (ContextOverflow, Unavailable):
                continue
            if not needed and tokens:
                return Way("refused", today, why="too_long")
            then = self._payable(line, call.principal)
            return Way("moved", today, then, hides=_hides(decision, then))
        left = [card for card in cards if not self._without.takes(card)]
        if left:  # the same model is elsewhere, where these calls may not go
            judged = self._gateway.border.known(call, decision.data_class, left)
            return Way("refused", today, why="border", reasons=tuple(judged.reasons))
        return Way("refused", today, why="nobody")

    def _payable(self, line: Sequence[ModelCard], who: Principal) -> ModelCard:
        """The first that the budgets can cover, as the gateway chooses."""
        scopes = self._told(who)
        return self._gateway.book.payable(line, scopes)[0] if scopes else line[0]

    def _told(self, who: Principal) -> tuple[str, ...]:
        return tuple(filter(self.may_tell, self._gateway.book.scopes_of(who)))

    def may_tell(self, scope: str) -> bool:
        """Whether a budget's numbers may be told: of a group that has calls by itself."""
        kind, _, name = scope.partition(":")
        apart = kind != "group" or name in self.groups
        return apart and self._ground.payers.may_show(scope)


def forecast(
    gateway: Gateway,
    ground: Ground,
    rows: Iterable[Replayed],
    *,
    word: str,
    days: int,
    now_ms: int,
    supplied: bool = False,
) -> Forecast:
    """Decide calls again with something gone. ``supplied``: they are no people's of this house.

    Raises:
        ValueError: ``word`` names nothing that can be gone.
    """
    without = Absence.parse(word)
    plain = Forecast(without=word, at=now_ms, days=days, policy=gateway.border.policy.version)
    if not supplied and ground.people < FEWEST:
        return msgspec.structs.replace(plain, few=True)
    rehearsal, counts, seen = Rehearsal(gateway, without, ground), _Counts(), 0
    for row in rows:
        seen += 1
        _count(counts, rehearsal, row, now_ms)
    policy = gateway.border.policy
    named = {name for clause in policy.clauses for name in clause.groups}
    limits = _limits(counts, ground, days)
    return msgspec.structs.replace(
        plain,
        cut=seen >= ROWS_MOST,
        merged=not named <= rehearsal.groups,
        lines=_lines(counts),
        purposes=tuple(
            (purpose, calls, counts.answered[purpose])
            for purpose, calls in sorted(counts.purposes.items())
        ),
        limits=limits,
        hidden=sum(not rehearsal.may_tell(scope) for scope in ground.limits),
        loads=_loads(counts, gateway),
    )


def _count(counts: _Counts, rehearsal: Rehearsal, row: Replayed, now_ms: int) -> None:
    way = rehearsal.way(row)
    usage = Usage(
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_tokens=min(row.cached_tokens, row.input_tokens),
    )
    refused = row.outcome == "refused"
    today = then = 0
    if way.today is not None and not refused and way.fate != "before":
        today = cost_micro_eur(usage, way.today.price, now_ms)  # type: ignore[assignment]
        if way.then is way.today:
            then = today
        elif way.then is not None:  # nothing of it is in another provider's cache
            fresh = replace(usage, cached_tokens=0)
            then = cost_micro_eur(fresh, way.then.price, now_ms)  # type: ignore[assignment]
    if refused:
        way = Way("before", way.today, why="border", reasons=way.reasons)
    tokens = row.input_tokens + row.output_tokens
    place = ("", "") if way.today is not None else (row.provider, row.zone)
    counts.lines[way, row.model, *place].add(tokens, today, then)
    counts.purposes[row.purpose] += way.fate != "before"
    counts.answered[row.purpose] += way.fate in {"kept", "moved"}
    for scope in rehearsal.scopes(row):
        counts.scopes[scope].add(tokens, today, then)
    hour, made = row.at // HOUR_MS, row.output_tokens
    if row.zone == Zone.HOUSE and row.outcome == "ok" and made and row.duration_ms:
        took, told = counts.speed.get(row.model, (0, 0))
        counts.speed[row.model] = (took + row.duration_ms, told + made)
    for card, when in ((way.today, "today"), (way.then, "then")):
        if card is not None and card.zone is Zone.HOUSE and way.fate in {"kept", "moved"}:
            counts.hours[card.id, when][hour] += made
    if way.fate == "moved" and way.then is not None and way.then.zone is Zone.HOUSE:
        counts.moved_to[way.then.id] += 1


def _lines(counts: _Counts) -> tuple[Line, ...]:
    """Those that change first, the most calls first."""
    found = []
    for (way, model, provider, zone), total in counts.lines.items():
        today, then = way.today, way.then
        found.append(
            Line(
                fate=way.fate,
                model=today.id if today else model,
                provider=today.provider if today else provider,
                zone=today.zone if today else zone,
                to_model=then.id if then else "",
                to_provider=then.provider if then else "",
                to_zone=then.zone if then else "",
                why="" if then else way.why,
                reasons=way.reasons,
                hides=way.hides,
                blind=bool(today and then and _sees(today) and not _sees(then)),
                calls=total.calls,
                tokens=total.tokens,
                today=None if total.unknown_today else total.today,
                then=None if total.unknown_then else total.then,
            )
        )
    order = ("refused", "moved", "kept", "before")
    return tuple(sorted(found, key=lambda one: (order.index(one.fate), -one.calls, one.model)))


def _sees(card: ModelCard) -> bool:
    return card.can(Capability.VISION)


def _limits(counts: _Counts, ground: Ground, days: int) -> tuple[Limit, ...]:
    def month(amount: int, *, unknown: bool) -> int | None:
        return None if unknown else round(amount * DAYS_A_MONTH / days)

    return tuple(
        Limit(
            scope=scope,
            limit=ground.limits[scope] or 0,
            today=month(total.today, unknown=total.unknown_today),
            then=month(total.then, unknown=total.unknown_then),
        )
        for scope, total in sorted(counts.scopes.items())
        if ground.limits.get(scope) is not None
    )


def _loads(counts: _Counts, gateway: Gateway) -> tuple[Load, ...]:
    """The models of the house to which calls would move, in their busiest hour."""
    directory = gateway.directory
    cards = {card.id: card for card in directory.cards() if card.zone is Zone.HOUSE}
    found = []
    for model, calls in counts.moved_to.most_common():
        took, made = counts.speed.get(model, (0, 0))

        def busy(when: str, model: str = model, took: int = took, made: int = made) -> float | None:
            most = max(counts.hours[model, when].values(), default=0)
            return most * took / made / HOUR_MS if made else None

        provider = directory.provider(cards[model])
        places = provider.places(cards[model]) if isinstance(provider, Seats) else None
        found.append(
            Load(model=model, places=places, today=busy("today"), then=busy("then"), calls=calls)
        )
    return tuple(found)


def _hides(decision: Decision, card: ModelCard) -> bool:
    return decision.verdict is Verdict.PSEUDONYMISE and card.zone is not Zone.HOUSE
