# SPDX-License-Identifier: EUPL-1.2
"""Words and their stems, and queries as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import text

from hausgeist.store.db import Store
from hausgeist.store.words import parse, words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Gebühr", "GEBÜHREN"),
        ("Häuser", "Haus"),
        ("Haeuser", "Häuser"),
        ("Straße", "STRASSEN"),
        ("Café", "cafe"),
        ("Verwaltung", "Verwaltungen"),
        ("Mu\u0308ller", "Mueller"),
        ("Bebau\u00adung", "Bebauung"),
        ("Ⅷ", "viii"),
    ],
)
def test_forms_of_a_word_have_one_stem(one, other):
    """Case, number, umlauts however written, sharp s, accents and soft hyphens make no difference."""
    assert words_of(one) == words_of(other) != ""


def test_an_english_text_is_stemmed_as_english():
    """The language is told by its small words."""
    assert "citi" in words_of("the cities of the land and their policies")
    assert "polici" in words_of("the cities of the land and their policies")


@given(some.text(max_size=200))
def test_a_stem_is_letters_and_digits(said):
    """Whatever was said, nothing but small ASCII letters, digits and single spaces comes out."""
    found = words_of(said)
    assert all(
        stem.isascii() and stem.isalnum() and stem.islower() | stem.isdigit()
        for stem in found.split()
    )
    assert found == " ".join(found.split())


@given(some.text(max_size=80))
def test_whatever_is_typed_is_a_query_or_none(typed):
    """No input breaks the query; every form has stems."""
    query = parse(typed)
    assert query is None or all(all(form.stems) for term in query.wanted for form in term)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "words", ["1e5 0x1f 007 3 12ab ab12 u03b6u03b5 e mail 2026", "a b c d1 1d"]
)
def test_postgres_takes_stems_as_they_are(postgres_url, words):
    """PostgreSQL's own parser cuts no stem in two and drops none."""
    store = Store(postgres_url)
    query = text("SELECT tsvector_to_array(to_tsvector('simple', :words))")
    found = store.read_now(lambda c: c.execute(query, {"words": words}).scalar())
    assert sorted(found) == sorted(words.split())
    store.close()
