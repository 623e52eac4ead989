# SPDX-License-Identifier: EUPL-1.2
"""What a call costs: one formula, prices with dates and tiers, own hardware by its figures."""

import asyncio
from dataclasses import replace
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from hausgeist.audit import Trail
from hausgeist.core.accounting import cost_micro_eur
from hausgeist.core.labels import Zone
from hausgeist.core.messages import Usage
from hausgeist.core.models import Price, Tier
from hausgeist.core.running_costs import Figures, gpu_energy
from hausgeist.errors import InvalidField, NotFound
from hausgeist.ledger import Prices
from hausgeist.ledger.rules import PriceRules, TierRules, begins, checked_rules
from hausgeist.store.tables import audit_payloads
from hausgeist.testing.echo import echo_card

NOW = begins("2026-09-15")
FIGURES = Figures(capex=16_000, idle_watt=150, load_watt=800, admin_hours=8)

amounts = st.integers(0, 200_000).map(lambda n: n / 1000)
tokens = st.integers(0, 2_000_000)


@st.composite
def usages(draw):
    read = draw(tokens)
    return Usage(read, draw(tokens), cached_tokens=draw(st.integers(0, read)))


@st.composite
def rising(draw):
    """Prices that somebody may enter: a longer text never costs less."""
    paid, written = draw(amounts), draw(amounts)
    more = draw(st.integers(1, 500_000))
    return Price(
        paid,
        written,
        cached_input=draw(st.none() | st.just(paid / 2)),
        per_request=draw(st.sampled_from([0.0, 0.002])),
        tiers=(
            Tier(input=paid * 3, output=written * 2, cached_input=paid * 2, above=more),
            Tier(input=paid * 2, output=written, since=22 * 60, until=6 * 60),
        ),
    )


@given(usages(), amounts, amounts)
def test_a_cost_is_the_exact_sum_rounded_up_once(usage, paid, written):
    """In whole micro-EUR the cost is the next number above the exact one, whatever binary fractions do."""
    exact = Fraction(str(paid)) * usage.input_tokens + Fraction(str(written)) * usage.output_tokens
    assert cost_micro_eur(usage, Price(paid, written)) == ceil(exact)


@given(usages(), rising(), tokens, tokens, st.integers(0, 10**13))
def test_more_tokens_never_cost_less_and_nothing_costs_less_than_zero(
    usage, price, read, written, at
):
    """The cost is monotone in tokens read and written, across tiers and times of day."""
    more = replace(
        usage,
        input_tokens=usage.input_tokens + read,
        output_tokens=usage.output_tokens + written,
    )
    cost = cost_micro_eur(usage, price, at)
    assert 0 <= cost <= cost_micro_eur(more, price, at)


@given(usages())
def test_an_unknown_price_is_unknown_and_never_zero(usage):
    """Without a price there is no number, also where the price is unknown from a day on."""
    assert cost_micro_eur(usage, None) is None
    ends = Price(1.0, 2.0, until_ms=NOW, then=None)
    assert cost_micro_eur(usage, ends, NOW) is None
    assert cost_micro_eur(usage, ends, NOW - 1) is not None


def test_the_report_s_3600_figure():
    """100,000 requests of 6,000 + 3,000 tokens at 2/8 per million cost 3,600."""
    one = cost_micro_eur(Usage(6_000, 3_000), Price(2.0, 8.0))
    assert 100_000 * one == 3_600 * 1_000_000


@pytest.mark.parametrize(
    ("time", "cost"), [("16:29", 300), ("16:30", 150), ("00:29", 150), ("00:30", 300)]
)
def test_a_price_by_time_of_day_may_pass_midnight(time, cost):
    """A night's rebate holds from its first minute to the one before its end, in UTC."""
    hour, minute = map(int, time.split(":"))
    at = NOW + (hour * 60 + minute) * 60_000
    night = Tier(input=0.15, output=0.6, since=16 * 60 + 30, until=30)
    assert cost_micro_eur(Usage(1_000, 0), Price(0.3, 1.2, tiers=(night,)), at) == cost


def test_a_tier_by_length_is_for_the_whole_call():
    """Above the limit every token costs more, at the limit none does."""
    price = Price(1.0, 5.0, tiers=(Tier(input=2.0, output=10.0, above=100_000),))
    assert cost_micro_eur(Usage(100_000, 10), price) == 100_050
    assert cost_micro_eur(Usage(100_001, 10), price) == 200_102


@pytest.mark.parametrize(
    "rules",
    [
        PriceRules(input=-0.1, output=1.0),
        PriceRules(input=0.1),
        PriceRules(input=float("nan"), output=1.0),
        PriceRules(input=0.1, output=1.0, cached_input=0.2),
        PriceRules(input=0.1, output=1.0, rate=0.0),
        PriceRules(input=2.0, output=4.0, tiers=(TierRules(input=1.0, output=4.0, above=1),)),
        PriceRules(input=2.0, output=4.0, tiers=(TierRules(input=1.0, output=4.0),)),
        PriceRules(input=2.0, output=4.0, tiers=(TierRules(input=1.0, output=4.0, since="25:00"),)),
    ],
)
def test_a_price_that_cannot_be_is_refused(rules):
    """Below zero, half known, not a number, or cheaper for longer texts: nobody can enter that."""
    with pytest.raises(InvalidField):
        checked_rules(rules)


@pytest.mark.parametrize(
    ("rig", "kwh", "total"),
    [
        ((4_000, 60, 250, 0.15, 4), 84, 349),
        ((16_000, 150, 800, 0.20, 8), 266, 900),
        ((28_000, 200, 1_400, 0.20, 8), 418, 1_203),
        ((95_000, 400, 1_800, 0.20, 12), 645, 2_979),
        ((350_000, 2_500, 9_000, 0.20, 24), 3_606, 10_071),
    ],
)
def test_own_hardware_costs_what_the_report_says(rig, kwh, total):
    """The worked rigs of the report's section 5.2, to the EUR."""
    names = ("capex", "idle_watt", "load_watt", "utilisation", "admin_hours")
    month = Figures(**dict(zip(names, rig, strict=True))).month()
    assert (round(month.kwh), round(month.total)) == (kwh, total)


def test_a_price_of_own_hardware_needs_to_know_how_many_tokens():
    """By speed and utilisation, or by what was measured; with neither it is unknown."""
    assert FIGURES.price() is None
    by_speed = replace(FIGURES, tokens_per_second=400.0).price()
    made = 400 * 0.2 * 3600 * 730 / 1e6
    assert by_speed.output == pytest.approx(FIGURES.month().total / made)
    measured = replace(FIGURES, measured_output=made, input_share=0.0).price()
    assert (measured.output, measured.input) == (pytest.approx(by_speed.output), 0.0)


def test_a_month_of_measured_tokens_costs_the_month():
    """What all tokens of a month are charged is what the machine costs, neither more nor less."""
    price = replace(FIGURES, measured_output=50.0, measured_input=300.0).price()
    assert 50 * price.output + 300 * price.input == pytest.approx(FIGURES.month().total)


def test_the_estimate_of_energy_is_that_of_the_report():
    """14 billion parameters take 0.0485 Wh per 1,000 tokens; the label says that it is estimated."""
    energy = gpu_energy(14)
    assert energy.of(1_000, 0) == 49
    assert energy.source == "estimated:parameters"


# -- entered prices --------------------------------------------------------------------------------


def prices(store, now=NOW):
    return Prices(store, Trail(store, b"k" * 32, lambda: now), lambda: now)


def enter(store, *entries, now=NOW):
    """Enter prices of eu/echo: day and price to read."""

    async def run():
        found = prices(store, now)
        for day, paid in entries:
            rules = PriceRules(input=paid, output=None if paid is None else 2 * paid)
            await found.set("eu", "echo", day, rules, source="list", by="anna")
        await found.refresh()
        return found

    return asyncio.run(run())


CARD = echo_card(provider="eu", zone=Zone.EU, price=Price(9.0, 9.0))


def test_a_price_holds_from_its_day_by_the_call_s_time(store):
    """The catalogue's price, then each entry from the first moment of its day in UTC."""
    found = enter(store, ("2026-10-01", 2.0), ("2026-11-01", 3.0)).of(CARD)
    moments = [NOW, begins("2026-10-01") - 1, begins("2026-10-01"), begins("2026-11-01")]
    costs = [cost_micro_eur(Usage(1, 0), found, at) for at in moments]
    assert costs == [9, 9, 2, 3]


def test_an_entry_goes_before_the_catalogue_and_may_say_unknown(store):
    """An entered price replaces the listed one; with both fields empty it is unknown from then on."""
    assert enter(store, ("2026-09-01", 2.0)).of(CARD).input == 2.0
    found = enter(store, ("2026-09-10", None))
    assert found.of(CARD) is None


def test_a_correction_is_told_with_before_and_after(store):
    """Writing a day's price again corrects it, and the trail says what stood there."""
    found = enter(store, ("2026-09-01", 2.0), ("2026-09-01", 2.5)).of(CARD)
    bodies = store.read_now(lambda c: c.execute(select(audit_payloads.c.body)).scalars().all())
    assert found.input == 2.5
    assert '"before.rules":"{\\"input\\":2.0,\\"output\\":4.0}"' in bodies[-1]


def test_an_entry_that_is_taken_back_lets_the_one_before_hold_again(store):
    """After a removal the earlier price holds; there is nothing to remove twice."""

    async def run():
        found = prices(store)
        for day, paid in (("2026-08-01", 1.0), ("2026-09-01", 2.0)):
            await found.set("eu", "echo", day, PriceRules(input=paid, output=1), source="", by="a")
        await found.remove("eu", "echo", "2026-09-01", "a")
        with pytest.raises(NotFound):
            await found.remove("eu", "echo", "2026-09-01", "a")
        return found.of(CARD)

    assert asyncio.run(run()).input == 1.0


def test_a_price_in_dollars_keeps_the_rate_it_was_entered_with(store):
    """0.15 USD at 0.9 EUR are 0.135 EUR, and the source says at which rate."""

    async def run():
        found = prices(store)
        rules = PriceRules(currency="USD", rate=0.9, input=0.15, output=0.6)
        await found.set("eu", "echo", "2026-09-01", rules, source="list", by="anna")
        return found.of(CARD)

    price = asyncio.run(run())
    assert price.input == pytest.approx(0.135)
    assert price.source == "list, at 0.9 EUR for 1 USD"


def test_a_model_in_the_house_costs_what_its_figures_come_to(store):
    """Unknown before anybody entered figures; its own go before the house's; energy comes with them."""

    async def run():
        found, card = prices(store), echo_card("leo")
        before = found.of(card), found.energy(card)
        whole = replace(FIGURES, tokens_per_second=100.0)
        await found.set_own("", "2026-09-01", whole, "anna")
        await found.set_own("mia", "2026-09-01", replace(whole, capex=0.0), "anna")
        return before, found.of(card), found.of(echo_card("mia")), found.energy(card)

    before, leo, mia, energy = asyncio.run(run())
    assert before == (None, None)
    assert leo.output > mia.output > 0
    assert (leo.source, energy.source) == ("own figures", "estimated:power-figures")
    assert energy.of(100, 0) == ceil(800 * 1.3 / 3.6)


def test_whoever_looks_is_told_when_a_day_begins(store):
    """A price that somebody entered for tomorrow changes the cards at midnight, without anybody's doing."""
    now = [begins("2026-09-30")]
    told = []

    async def run():
        await enter_later()
        found = Prices(store, Trail(store, b"k" * 32, lambda: now[0]), lambda: now[0])
        found.changed = lambda: told.append(found.of(replace(CARD, price=None)))
        await found.refresh()
        now[0] += 86_400_000
        await found.refresh()
        await found.refresh()

    async def enter_later():
        rules = PriceRules(input=2.0, output=2.0)
        await prices(store).set("eu", "echo", "2026-10-01", rules, source="", by="anna")

    asyncio.run(run())
    assert [price and price.input for price in told] == [None, 2.0]
