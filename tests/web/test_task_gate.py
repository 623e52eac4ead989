# SPDX-License-Identifier: EUPL-1.2
"""The gate's page in words: verdicts, the calculator's answers, what is drawn."""

import pytest
from gate_house import House, Says, run

from hausgeist.core.gate import Verdict
from hausgeist.render.intervals import Range, evidence, intervals
from hausgeist.store import schema
from hausgeist.store.db import Store, sqlite_url
from hausgeist.web.pages import gate_words


@pytest.fixture(scope="module")
def entry(tmp_path_factory):
    """One opening with its verdict."""
    store = Store(sqlite_url(tmp_path_factory.mktemp("gate") / "gate.db"))
    schema.prepare(store)
    house = House(store, slices=("kanal",))
    house.ready()
    found, _ = run(house.opened(Says(house, wrong=range(2)), Says(house, wrong=range(4))))
    yield found
    store.close()


def test_every_verdict_has_its_words():
    """None is without a sentence and a tone."""
    assert set(gate_words.HEADLINES) == set(Verdict)


def test_what_several_openings_of_a_version_may_come_to_is_added_up():
    """Before the first only that of one; then with the next one the sum."""
    first, third = gate_words.chance(0, 5, "en"), gate_words.chance(2, 3, "en")
    assert "5.0 %" in first
    assert "15.0 %" not in first
    assert "15.0 %" in third


def test_an_open_verdict_says_about_how_many_more():
    """Rounded up, as one would say it."""
    found = gate_words.headline("undecided", {"compared": {"more": 137}}, "en")
    assert found == ("Not decidable yet: label about 140 more texts.", "warn")
    assert gate_words.rounded(1_234) == 1_300


def test_the_evidence_is_said_in_sentences(entry):
    """Both figures, the difference with its bounds, wins and losses, the price, and people."""
    text = " ".join(gate_words.sentences(entry.kept.evidence, "en"))
    for words in ("On 60 texts", "96.7 %", "93.3 %", "+3.3 points", "times cheaper", "People"):
        assert words in text


def test_the_difference_is_drawn_beside_the_margin(entry):
    """One interval for all texts and one for each group."""
    (_, chart), (_, everybody) = gate_words.charts(entry.kept.evidence, "en")
    assert chart.count("<circle") == 3
    assert "margin" in chart
    assert everybody.count("<circle") == len(entry.kept.evidence["subjects"])


def test_labels_with_few_texts_have_no_figure(entry):
    """Twenty of each label: a dash, and the reason beneath."""
    table = gate_words.tables(entry.kept.evidence, "en")[-1]
    assert {row[2] for row in table.rows} == {gate_words.NOTHING}
    assert "30" in table.note


def test_names_in_charts_are_escaped():
    """A group may be called anything."""
    chart = intervals("<t>", [Range("<b>", 0.0, 0.5, 1.0, "<i>")], [(0.0, "<u>")])
    assert "<b>" not in chart
    assert "<u>" not in chart


def test_evidence_is_drawn_from_nothing_on():
    """Also before the first text, and for thousands of them."""
    assert "<svg" in evidence("Evidence", (), 20.0, "enough")
    assert evidence("Evidence", [1.5] * 5_000, 20.0, "enough").count("<line") < 350
