# SPDX-License-Identifier: EUPL-1.2
"""What models cost, as somebody entered it: dated prices of providers, and figures of own hardware.

An entered price goes before the one of the catalogue from its day on. A model in the house costs what the
figures come to, its own before the house's. What nobody entered is unknown. Booked calls stay as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from hausgeist.core.labels import Zone
from hausgeist.core.models import Energy, ModelCard, Price
from hausgeist.core.running_costs import Figures, gpu_energy
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, NotFound
from hausgeist.ledger import rules as written
from hausgeist.ledger.recorder import Recorder
from hausgeist.ledger.rules import PriceRules, begins
from hausgeist.store import prices as rows
from hausgeist.store.db import Store
from hausgeist.store.prices import FiguresRow, PriceRow

OWN = "own figures"
"""The source of prices that come from the figures of own hardware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A price that somebody entered. An empty ``model``: what the provider takes by itself."""

    provider: str
    model: str
    valid_from: str
    rules: PriceRules
    source: str
    entered_at: int

    @property
    def price(self) -> Price | None:
        """In EUR; None where it says that the price is unknown."""
        return self.rules.price(self.valid_from, self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Figures of own hardware. An empty ``model``: of the house as a whole."""

    model: str
    valid_from: str
    figures: Figures
    entered_at: int

    @property
    def price(self) -> Price | None:
        """EUR per million tokens; None when the figures do not say how many tokens there are."""
        return self.figures.price(self.valid_from, OWN)


@dataclass(slots=True)
class _Known:
    """Everything entered, by whose it is, in the order of days."""

    prices: dict[tuple[str, str], list[Entered]] = field(default_factory=dict)
    own: dict[str, list[Own]] = field(default_factory=dict)


class Prices:
    """The verbs; ``by`` is the id of who does it. ``changed`` is called when a card may cost something else.

    ``measured`` gives what a model in the house was measured to take, None where nothing was.
    """

    def __init__(self, store: Store, trail: Recorder, now_ms: Callable[[], int]) -> None:
        self.changed: Callable[[], None] = lambda: None
        self.measured: Callable[[str], Energy | None] = lambda _model: None
        self._store = store
        self._trail = trail
        self._now_ms = now_ms
        self._known = _Known()
        self._seen: object = None

    # -- looking -----------------------------------------------------------------------------------

    async def entered(self) -> list[Entered]:
        """Every price that was entered, by provider, model and day."""
        return [_entered(row) for row in await self._store.read(rows.every)]

    async def own(self) -> list[Own]:
        """All figures of own hardware, by model and day."""
        return [_own(row) for row in await self._store.read(rows.figures)]

    def of(self, card: ModelCard) -> Price | None:
        """What a card costs from now on, later days included; ``card.price`` is the catalogue's price."""
        now = self._now_ms()
        dated = self._known.prices.get((card.provider, card.upstream))
        if dated:
            return _chain(card.price, [(begins(one.valid_from), one.price) for one in dated], now)
        if card.zone is Zone.HOUSE and card.price is None:
            own = self._known.own.get(card.id) or self._known.own.get("") or []
            return _chain(None, [(begins(one.valid_from), one.price) for one in own], now)
        return card.price

    def energy(self, card: ModelCard) -> Energy | None:
        """What a call to a card takes: measured, else estimated; None: unknown."""
        now = self._now_ms()
        if card.zone is Zone.HOUSE:
            found = self.measured(card.id)
            if found is not None:
                return found
            figures = self.figures(card.id, now)
            return None if figures is None else figures.energy()
        dated = self._known.prices.get((card.provider, card.upstream), [])
        held = [one for one in dated if begins(one.valid_from) <= now]
        return gpu_energy(held[-1].rules.parameters) if held and held[-1].rules.parameters else None

    def figures(self, model: str, at_ms: int) -> Figures | None:
        """The figures that hold for a model in the house at a moment: its own, else the house's."""
        for name in (model, ""):
            held = [one for one in self._known.own.get(name, []) if begins(one.valid_from) <= at_ms]
            if held:
                return held[-1].figures
        return None

    def minimum(self, provider: str, at_ms: int) -> float:
        """EUR a month that a provider takes at least, as entered; 0 where nothing was."""
        dated = self._known.prices.get((provider, ""), [])
        held = [one for one in dated if begins(one.valid_from) <= at_ms]
        return held[-1].rules.minimum * held[-1].rules.rate if held else 0.0

    async def refresh(self) -> None:
        """One look, every few seconds: take over what any process changed, and days that have begun."""
        prices, own = await self._store.read(lambda c: (rows.every(c), rows.figures(c)))
        now = self._now_ms()
        days = [*(row.valid_from for row in prices), *(row.valid_from for row in own)]
        begun = [begins(day) <= now for day in days]
        seen = (prices, own, begun)
        if seen == self._seen:
            return
        known = _Known()
        for row in prices:
            known.prices.setdefault((row.provider, row.model), []).append(_entered(row))
        for figures in own:
            known.own.setdefault(figures.model, []).append(_own(figures))
        self._known, self._seen = known, seen
        self.changed()

    # -- changing ----------------------------------------------------------------------------------

    async def set(
        self, provider: str, model: str, valid_from: str, rules: PriceRules, *, source: str, by: str
    ) -> None:
        """Enter a price from a day on, or correct the one of that day; calls already booked stay.

        Raises:
            InvalidField: something is not acceptable; ``param`` names the field.
        """
        written.checked_rules(rules)
        if not provider or len(provider) > 64 or len(model) > 200:
            raise InvalidField(field="model", reason=N_("choose a model"), param="model")
        row = PriceRow(
            provider=provider,
            model=model,
            valid_from=written.day(valid_from),
            rules=written.encode(rules),
            source=source.strip()[:300],
            entered_at=self._now_ms(),
        )

        def work(connection: Any) -> dict[str, Fact] | None:
            before = rows.save(connection, row)
            if before is not None and replace(before, entered_at=row.entered_at) == row:
                return None
            return {
                "valid_from": row.valid_from,
                "before.rules": None if before is None else before.rules,
                "after.rules": row.rules,
                "after.source": row.source,
            }

        await self._trail.change("price.set", work, actor=by, subject=_subject(provider, model))
        await self.refresh()

    async def remove(self, provider: str, model: str, valid_from: str, by: str) -> None:
        """Take an entered price back; the one before it holds again, for calls that come.

        Raises:
            NotFound: there is none.
        """

        def work(connection: Any) -> dict[str, Fact]:
            before = rows.remove(connection, provider, model, valid_from)
            if before is None:
                raise NotFound
            return {"valid_from": valid_from, "before.rules": before.rules}

        await self._trail.change("price.removed", work, actor=by, subject=_subject(provider, model))
        await self.refresh()

    async def set_own(self, model: str, valid_from: str, figures: Figures, by: str) -> None:
        """Enter the figures of own hardware from a day on; an empty model: the house as a whole.

        Raises:
            InvalidField: one is out of range; ``param`` names the field.
        """
        written.checked_figures(figures)
        row = FiguresRow(
            model=model[:200],
            valid_from=written.day(valid_from),
            figures=written.encode(figures),
            entered_at=self._now_ms(),
        )

        def work(connection: Any) -> dict[str, Fact] | None:
            before = rows.save_figures(connection, row)
            if before is not None and before.figures == row.figures:
                return None
            return {
                "valid_from": row.valid_from,
                "before.figures": None if before is None else before.figures,
                "after.figures": row.figures,
            }

        await self._trail.change("own_costs.set", work, actor=by, subject=model or "house")
        await self.refresh()

    async def remove_own(self, model: str, valid_from: str, by: str) -> None:
        """Take figures back.

        Raises:
            NotFound: there are none.
        """

        def work(connection: Any) -> dict[str, Fact]:
            before = rows.remove_figures(connection, model, valid_from)
            if before is None:
                raise NotFound
            return {"valid_from": valid_from, "before.figures": before.figures}

        await self._trail.change("own_costs.removed", work, actor=by, subject=model or "house")
        await self.refresh()


def figures_of(values: Mapping[str, float | None]) -> Figures:
    """Figures from named numbers; what is missing or None takes its default.

    Raises:
        InvalidField: one without a default is missing.
    """
    given = {name: value for name, value in values.items() if value is not None}
    for name in ("capex", "idle_watt", "load_watt", "admin_hours"):
        if name not in given:
            raise InvalidField(field=name, reason=N_("this field is missing"), param=name)
    known = {one.name for one in fields(Figures)}
    return Figures(**{name: value for name, value in given.items() if name in known})


def _chain(base: Price | None, dated: list[tuple[int, Price | None]], now: int) -> Price | None:
    """The price that holds now, with those that follow it tied on."""
    past = [price for since, price in dated if since <= now]
    current = past[-1] if past else base
    coming = [(since, price) for since, price in dated if since > now]
    after: Price | None = None
    until: int | None = None
    for since, price in reversed(coming):
        after = (
            price if price is None or until is None else replace(price, until_ms=until, then=after)
        )
        until = since
    if current is None or until is None:
        return current
    return replace(current, until_ms=until, then=after)


def _subject(provider: str, model: str) -> str:
    return f"{provider}/{model}" if model else provider


def _entered(row: PriceRow) -> Entered:
    return Entered(
        provider=row.provider,
        model=row.model,
        valid_from=row.valid_from,
        rules=written.decode_rules(row.rules),
        source=row.source,
        entered_at=row.entered_at,
    )


def _own(row: FiguresRow) -> Own:
    return Own(
        model=row.model,
        valid_from=row.valid_from,
        figures=written.decode_figures(row.figures),
        entered_at=row.entered_at,
    )
