# SPDX-License-Identifier: EUPL-1.2
"""Texts that nearly repeat others are found, whatever the known ones are, and others are not."""

import random

from hausgeist.core.nearness import Near, shingles

WORDS = "Laterne Straße Müll Bus Fahrplan Spielplatz Antrag Bescheid Steuer Hund Lärm Baum".split()


def _jaccard(one: str, other: str) -> float:
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)


def test_the_index_finds_what_comparing_each_with_each_finds():
    """Of five hundred asked texts, exactly those are near that a full comparison says are near."""
    rng = random.Random(7)
    known = {str(n): " ".join(rng.choices(WORDS, k=12)) for n in range(60)}
    near = Near(known.items())
    for _ in range(500):
        words = rng.choice(list(known.values())).split()
        for _ in range(rng.randrange(5)):
            words[rng.randrange(len(words))] = rng.choice(WORDS)
        asked = " ".join(words)
        found = near.of(asked)
        best = max(_jaccard(asked, text) for text in known.values())
        assert (found is not None) == (best >= 0.8)
        assert found is None or _jaccard(asked, known[found]) >= 0.8


def test_letters_and_signs_do_not_make_a_difference():
    """Capital letters, punctuation and spaces are not compared; short texts are."""
    near = Near([("a", "Die Laterne ist kaputt!"), ("b", "Ja")])
    assert near.of("die laterne, ist  KAPUTT") == "a"
    assert near.of("ja.") == "b"
    assert near.of("Nein") is None
