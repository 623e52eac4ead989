# SPDX-License-Identifier: EUPL-1.2
"""What trainers say of a student has words."""

import re
from pathlib import Path

import pytest

from hausgeist.training import trainers
from hausgeist.training.said import SAID, sentence


def test_every_code_that_a_trainer_says_has_a_text():
    """No page shows a bare code."""
    sources = Path(trainers.__file__).parent.glob("*.py")
    codes = {
        code
        for source in sources
        for code in re.findall(r'\.say\(\s*"(\w+)"', source.read_text("utf-8"))
    }
    assert codes
    assert codes <= set(SAID)


@pytest.mark.parametrize("name", ["Straße", "{0} und %s"])
def test_a_sentence_has_the_label_as_people_know_it(name):
    """The key of a label becomes its name, whatever stands in it."""
    line = {"code": "label_few", "label": "road", "count": 3}
    found = sentence(line, lambda text: text, {"road": name})
    assert name in found
    assert "3" in found
