# SPDX-License-Identifier: EUPL-1.2
"""Own hardware against prices per token: the worked figures of the cost report's section 5."""

import pytest

from hausgeist.core.breakeven import (
    ASSUMPTIONS,
    RIGS,
    Elsewhere,
    Load,
    break_even,
    compare,
)

CASE = Load(requests=100_000, input_tokens=6_000, output_tokens=3_000)
SHAPES = ((800, 350), (1_500, 400), (4_000, 600), (6_000, 3_000), (10_000, 2_000))
PRICES = {
    "GPT-4.1": (2, 8),
    "Mistral Medium 3.5": (1.5, 7.5),
    "Claude Haiku 4.5": (1, 5),
    "gpt-5.4-mini": (0.75, 4.5),
    "Mistral Large 3": (0.5, 1.5),
    "STACKIT": (0.49, 0.71),
    "T-Systems OTC": (0.2, 0.65),
    "Mistral Small 4": (0.15, 0.6),
    "gpt-6-luna": (0.1, 0.5),
    "Scaleway Mistral-Small-3.2": (0.15, 0.35),
    "OVH gpt-oss-120b": (0.09, 0.47),
    "Ministral 14B": (0.2, 0.2),
}
TABLE = {
    "GPT-4.1": (440, 620, 1280, 3600, 3600),
    "Mistral Medium 3.5": (382, 525, 1050, 3150, 3000),
    "Claude Haiku 4.5": (255, 350, 700, 2100, 2000),
    "gpt-5.4-mini": (218, 292, 570, 1800, 1650),
    "Mistral Large 3": (92, 135, 290, 750, 800),
    "STACKIT": (64, 102, 239, 507, 632),
    "T-Systems OTC": (39, 56, 119, 315, 330),
    "Mistral Small 4": (33, 46, 96, 270, 270),
    "gpt-6-luna": (26, 35, 70, 210, 200),
    "Scaleway Mistral-Small-3.2": (24, 36, 81, 195, 220),
    "OVH gpt-oss-120b": (24, 32, 64, 195, 184),
    "Ministral 14B": (23, 38, 92, 180, 240),
}
MONTHS = {  # depreciation, interest, maintenance, kWh, power, admin, total
    "cpu": (67, 5, 17, 84, 21, 240, 349),
    "rtx": (267, 20, 67, 266, 66, 480, 900),
    "rtx2": (467, 35, 117, 418, 104, 480, 1203),
    "h200": (1583, 119, 396, 645, 161, 720, 2979),
    "hgx": (5833, 438, 1458, 3606, 902, 1440, 10071),
}
CROSSINGS = {  # thousand requests a month of 4,000 and 600 tokens: cpu, rtx, rtx2, h200
    "GPT-4.1": (27, 70, 94, 233),
    "Mistral Medium 3.5": (33, 86, 115, 284),
    "gpt-5.4-mini": (61, 158, 211, 523),
    "Mistral Large 3": (120, 310, 415, 1027),
    "STACKIT": (146, 377, 504, 1249),
    "T-Systems OTC": (294, 756, 1011, 2504),
    "Mistral Small 4": (364, 937, 1253, 3103),
    "OVH gpt-oss-120b": (544, 1402, 1873, 4641),
}
TOWN = Load(requests=400 * 0.3 * 10 * 21, input_tokens=4_000, output_tokens=600)
FIGURES = {rig.key: rig.figures() for rig in RIGS}


def at(name):
    """A price of the report."""
    paid, written = PRICES[name]
    return Elsewhere(input=paid, output=written)


def near(value, whole):
    """Equal to a rounded figure of the report."""
    return abs(value - whole) <= 0.5 + 1e-6


def test_the_claim_holds_for_long_texts():
    """100,000 requests of 6,000 and 3,000 tokens at 2 and 8 per million cost 3,600."""
    assert at("GPT-4.1").month(CASE) == pytest.approx(3_600)


@pytest.mark.parametrize("name", TABLE)
def test_table_of_monthly_costs(name):
    """Every figure of the table of 5.1 comes out."""
    for (read, written), expected in zip(SHAPES, TABLE[name], strict=True):
        load = Load(requests=100_000, input_tokens=read, output_tokens=written)
        assert near(at(name).month(load), expected), (read, written)


@pytest.mark.parametrize("key", MONTHS)
def test_rigs_to_the_euro(key):
    """Every part of every machine's month comes out to the euro."""
    month = FIGURES[key].month()
    parts = (
        month.depreciation,
        month.interest,
        month.maintenance,
        month.kwh,
        month.power,
        month.admin,
        month.total,
    )
    assert all(near(part, whole) for part, whole in zip(parts, MONTHS[key], strict=True)), parts


@pytest.mark.parametrize("name", CROSSINGS)
def test_table_of_break_evens(name):
    """Every break-even of the report comes out, in thousands."""
    for key, thousands in zip(("cpu", "rtx", "rtx2", "h200"), CROSSINGS[name], strict=True):
        found = break_even(FIGURES[key].month().total, at(name), TOWN)
        assert found is not None
        assert near(found / 1000, thousands), (key, found)


def test_the_town():
    """A town of 400 pays what the report says, and its sovereignty costs about two euros a head."""
    assert TOWN.requests == 25_200
    expected = {
        "GPT-4.1": 323,
        "Mistral Medium 3.5": 265,
        "Mistral Large 3": 73,
        "STACKIT": 60,
        "T-Systems OTC": 30,
        "Mistral Small 4": 24,
        "OVH gpt-oss-120b": 16,
    }
    for name, euros in expected.items():
        assert near(at(name).month(TOWN), euros), name
    own = FIGURES["rtx"]
    dearest = compare(own, TOWN, at("OVH gpt-oss-120b"), staff=400).premium
    cheapest = compare(own, TOWN, at("Mistral Large 3"), staff=400).premium
    assert dearest == pytest.approx(2.21, abs=0.005)
    assert cheapest == pytest.approx(2.07, abs=0.005)


def test_a_minimum_decides_small_cases():
    """Where a plan's minimum exceeds the machine, it is cheaper from the first request."""
    plan = Elsewhere(input=0.2, output=0.65, minimum=1_000)
    assert plan.month(TOWN) == 1_000
    found = compare(FIGURES["rtx"], TOWN, plan, staff=400)
    assert found.break_even == 0
    assert found.cheaper
    assert found.premium is not None
    assert found.premium < 0


def test_loads_of_the_report():
    """The 3,600 case is 380 to 500 tokens a second in office hours, the town's 22 to 25."""
    assert CASE.per_second(22, 10, 0) == pytest.approx(379, abs=1)
    assert CASE.per_second(21, 8, 0) == pytest.approx(496, abs=1)
    assert TOWN.per_second(21, 9, 0) == pytest.approx(22, abs=0.5)
    assert TOWN.per_second(21, 8, 0) == pytest.approx(25, abs=0.5)


def test_a_break_even_beyond_the_machine_is_none():
    """A processor alone cannot do what would make it pay off, and the result says so."""
    found = compare(FIGURES["cpu"], TOWN, at("OVH gpt-oss-120b"))
    assert found.break_even is not None
    assert found.break_even > 500_000
    assert found.reachable is False
    assert found.fits is False
    assert not found.cheaper


def test_unknown_speed_claims_nothing():
    """Without the machine's speed neither the load nor the break-even is said to fit."""
    found = compare(FIGURES["h200"], TOWN, at("GPT-4.1"))
    assert found.fits is None
    assert found.reachable is None
    assert found.most is None


def test_what_costs_nothing_is_never_beaten():
    """There is no break-even against a price of nothing."""
    found = compare(FIGURES["rtx"], TOWN, Elsewhere(input=0, output=0))
    assert found.break_even is None
    assert found.reachable is None


def test_every_assumption_has_unit_and_source():
    """Each is named once and says where it comes from."""
    names = [one.name for one in ASSUMPTIONS]
    assert len(names) == len(set(names))
    assert all(one.source for one in ASSUMPTIONS)
