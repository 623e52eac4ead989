# SPDX-License-Identifier: EUPL-1.2
"""What a month's tokens would have cost at each price: of the models on offer, and of the catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from hausgeist.core.models import Capability, Price
from hausgeist.errors import N_
from hausgeist.gateway.providers.catalogue import catalogue
from hausgeist.ledger.prices import OWN
from hausgeist.ledger.usage import Month, elsewhere
from hausgeist.locale import translator
from hausgeist.render import charts
from hausgeist.web.amounts import MICRO, euros, price
from hausgeist.web.contexts.costs import OfferRow
from hausgeist.web.pages.admin_prices_forms import since_text, source_text
from hausgeist.web.pages.costs_words import cost
from hausgeist.web.visit import Visit

DRAWN = 12
"""Bars of a chart at most; the table has the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A model with its price; None: in USD, without a rate. ``own``: the house can use it today."""

    title: str
    provider: str
    zone: str
    price: Price | None
    listed: str
    source: str
    since: str
    own: bool
    minimum: float = 0.0


def priced(visit: Visit) -> Iterator[Priced]:
    """Every model that answers and has a price, as the house knows it now."""
    house, now = visit.house, visit.house.now_ms()
    known = set()
    for card in house.gateway.directory.everything():
        known.add((card.provider, card.upstream))
        held = card.price.at(now) if card.price is not None else None
        if held is None or Capability.COMPLETION not in card.capabilities:
            continue
        zone = card.zone.value
        yield Priced(
            title=card.name,
            provider=card.provider,
            zone=zone,
            price=held,
            listed="",
            source=held.source,
            since=held.as_of,
            own=True,
            minimum=house.prices.minimum(card.provider, now) if zone != "house" else 0.0,
        )
    rate = house.settings.usd_eur_rate
    for entry in catalogue().values():
        factor = 1.0 if entry.currency == "EUR" else rate
        for model in entry.models:
            if (entry.id, model.id) in known or model.input is None or not model.output:
                continue
            there = Price(model.input * factor, model.output * factor)
            yield Priced(
                title=model.title or model.id,
                provider=entry.id,
                zone=entry.zone,
                price=there if factor > 0 else None,
                listed=f"{model.input:g} / {model.output:g} {entry.currency}",
                source=entry.price_source,
                since=entry.price_as_of,
                own=False,
                minimum=house.prices.minimum(entry.id, now),
            )


def offered(
    visit: Visit, month: Month, language: str
) -> tuple[tuple[OfferRow, ...], tuple[OfferRow, ...], Markup | None]:
    """The month at each price, the cheapest first; at those that nobody knows; and a chart of some."""
    turn = translator(language)
    if not month.total.calls:
        return (), (), None
    found: list[tuple[int, OfferRow]] = []
    unknown: list[OfferRow] = []
    for one in priced(visit):
        micro = (
            None
            if one.price is None
            else elsewhere(month.total, one.price, one.minimum, visit.house.now_ms())
        )
        row = _row(one, micro, language)
        if micro is None:
            unknown.append(row)
        else:
            found.append((micro, row))
    found.sort(key=lambda one: (one[0], one[1].title))
    booked = charts.Bar(
        turn(N_("As it was booked")), month.total.micro_eur, cost(month.total, language)
    )
    drawn = [
        charts.Bar(f"{row.title}, {row.provider}", micro, row.cost, row.zone)
        for micro, row in _spread(found)
    ]
    chart = charts.bars(turn(N_("What the same calls would have cost")), [booked, *drawn])
    return tuple(row for _, row in found), tuple(unknown), chart if drawn else None


def _row(one: Priced, micro: int | None, language: str) -> OfferRow:
    turn = translator(language)
    notes = []
    if one.price is None:
        notes.append(turn(N_("no rate for USD")))
    elif one.price.tiers:
        notes.append(turn(N_("tiers by the average call")))
    if one.minimum and micro == round(one.minimum * MICRO):
        notes.append(turn(N_("the least amount a month")))
    return OfferRow(
        title=one.title,
        provider=one.provider,
        zone=one.zone,
        price=one.listed
        if one.price is None
        else f"{price(one.price.input, language)} / {price(one.price.output, language)}",
        since=since_text(one.since, language),
        source=turn(N_("own figures")) if one.source == OWN else source_text(one.source, language),
        cost=turn(N_("unknown")) if micro is None else euros(micro, language),
        note=", ".join(notes),
        own=one.own,
    )


def _spread(found: list[tuple[int, OfferRow]]) -> list[tuple[int, OfferRow]]:
    """As many as a chart can hold, from the cheapest to the dearest; what the house has goes first."""
    if len(found) < DRAWN:
        return found
    own = [one for one in found if one[1].own][: DRAWN // 2]
    rest = [one for one in found if one not in own]
    count = DRAWN - 1 - len(own)
    step = (len(rest) - 1) / max(1, count - 1)
    chosen = [rest[round(place * step)] for place in range(count)]
    return sorted([*own, *chosen], key=lambda one: one[0])
