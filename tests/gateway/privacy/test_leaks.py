# SPDX-License-Identifier: EUPL-1.2
"""What a provider abroad gets to see of letters: fifty of them, through the whole house, by real sockets.

``bench/privacy_leaks.py`` says it of a thousand; that is the figure that is published.
"""

import sys
from pathlib import Path

import pytest

from hausgeist.testing.abroad import abroad
from hausgeist.testing.served import Served

sys.path.append(str(Path(__file__).resolve().parents[3] / "bench"))

LETTERS = 50
GUESSED = {"person": 0.9, "address": 0.9, "birth_date": 0.97}
"""The share of passages that must not appear, of kinds that no check digit vouches for; all of the others."""


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """What was counted, once for all tests."""
    import letters
    import privacy_leaks

    home = tmp_path_factory.mktemp("leaks") / "home"
    with Served(home) as served, abroad(served.house, size=4000) as outside:
        return privacy_leaks.leaks(served, outside, letters.generated(LETTERS))


def test_of_every_kind_so_much_stays_in_the_house(counted):
    """Identifiers never appear outside; names, addresses and dates as rarely as promised."""
    assert len(counted.marks) >= 8
    assert {
        kind: counted.hidden(kind)
        for kind in counted.marks
        if counted.hidden(kind) < GUESSED.get(kind, 1.0)
    } == {}


def test_answers_come_back_as_the_letters_were_written(counted):
    """Whatever was hidden is restored, word by word."""
    assert counted.restored == counted.letters == LETTERS


def test_little_is_hidden_that_is_nobodys(counted):
    """At most three of a hundred characters are hidden needlessly."""
    assert counted.needless / counted.characters <= 0.03
