# SPDX-License-Identifier: EUPL-1.2
"""The letters that measure: nothing of them is in the training or the list; and how they are found."""

from pathlib import Path

import pytest

from hausgeist.gateway.privacy.detectors import Detectors
from hausgeist.gateway.privacy.names import loading
from hausgeist.gateway.privacy.names.tokens import folded


def test_marks_are_those_of_the_text(bench):
    """Every mark names what stands at its place, and the letters by hand are at least sixty."""
    letters = bench("letters")
    by_hand = letters.by_hand()
    assert len(by_hand) >= 60
    for letter in [*by_hand, *letters.sealed(), *letters.generated(100)]:
        assert all(letter.text[mark.start : mark.end] == mark.text for mark in letter.marks)
        assert "{" not in letter.text


def test_the_sealed_letters_are_many(bench):
    """At least fifty texts with 150 persons, some of them without anybody."""
    sealed = bench("letters").sealed()
    assert len(sealed) >= 50
    assert sum(len(letter.of("person")) for letter in sealed) >= 150
    assert sum(not letter.of("person") for letter in sealed) >= 6


def test_made_letters_are_the_same_every_time(bench):
    """The same seed gives the same letters, another seed others."""
    letters = bench("letters")
    assert list(letters.generated(30)) == list(letters.generated(30))
    assert list(letters.generated(30)) != list(letters.generated(30, seed=5))


def test_held_out_names_are_not_in_the_list(bench):
    """No word of a name in the held-out letters is known, but for the chance collision of a hash."""
    names, _ = loading.load()
    known = [name for name in bench("letters").held_out() if names.flags(folded(name))]
    assert known == []


def test_held_out_names_and_templates_are_not_in_the_training(bench):
    """Neither our training texts nor our lists hold a held-out name, and no template stands in both."""
    letters, training = bench("letters"), bench("train_names", "scripts")
    held = {folded(name) for name in letters.held_out()}
    own = {
        folded(word) for file in ("first_names.txt", "surnames.txt") for word in training.own(file)
    }
    files = ("sentences.txt", "nobody.txt", "somebody.txt", "nouns.txt", "interface.txt")
    lines = [line for file in files for line in training.lines_of(file)]
    texts = [text for _, text in letters.templates_in(training.TRAINING / "letters.txt")]
    words = {folded(word) for text in (*texts, *lines) for word in training.tokens_of(text).words}
    assert not (words | own) & held
    assert not {folded(one) for one in (*training.STREETS, *training.TOWNS)} & held
    tested = [text for _, text in letters.templates_in(letters.FOLDER / "templates.txt")]
    tested += [letter.text for letter in (*letters.by_hand(), *letters.fresh(), *letters.sealed())]
    assert not set(texts) & set(tested)


@pytest.mark.parametrize(
    ("kind", "recall", "precision"),
    [("person", 0.90, 0.80), ("address", 0.90, 0.90), ("birth_date", 0.95, 0.95)],
)
def test_held_out_letters_are_found(bench, finder, kind, recall, precision):
    """In letters by hand and made ones, nine persons of ten are found, and most findings are right."""
    letters, measuring = bench("letters"), bench("names")
    for texts in (letters.by_hand(), letters.sealed(), list(letters.generated(200))):
        row = measuring.figures(finder.find, texts)[kind]
        assert row.recall >= recall
        assert row.precision >= precision


@pytest.mark.parametrize(
    ("page", "row"),
    [
        ("privacy.md", r"persons in {count} letters by hand"),
        ("datenschutz.md", r"Personen in {count} von Hand"),
    ],
)
def test_the_published_figures_are_those_of_the_letters(bench, page, row):
    """What operators and data protection officers read is what the bench would print today."""
    letters, measuring = bench("letters"), bench("privacy")
    text = (Path(__file__).parents[4] / "docs/operator" / page).read_text("utf-8")
    sets = {"sealed": letters.sealed(), "later": letters.later(), "by hand": letters.by_hand()}
    find = Detectors.load().find
    for name, figures, _ in measuring.on_letters(find, 0):
        if name in sets:
            start = row.format(count=len(sets[name]))
            line = next(one for one in text.splitlines() if start in one)
            score = figures.of("person")
            shares = (score.found / score.there, 1 - score.wrong / score.hidden)
            assert all(f"{share:.0%}".replace("%", " %") in line for share in shares), line
