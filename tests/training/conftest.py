# SPDX-License-Identifier: EUPL-1.2
"""Messages to a town hall, put together from parts written for it: enough of them to learn from."""

from itertools import product
from random import Random

import pytest
from townhall import PARTS

from hausgeist.core.answers import Example, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.training.rungs import RUNGS
from hausgeist.training.trainers import Recipe

NEED_PYTORCH = ["test_base_encoders.py", "test_base_house.py", "test_base_student.py"]
collect_ignore = [] if RUNGS["base"].there else NEED_PYTORCH


def pytest_report_header():
    """Say which tests are left out."""
    left = ", ".join(collect_ignore)
    return f"without PyTorch (the group encoders) left out: {left}" if left else None


def examples(count, seed=1, labels=tuple(PARTS), noise=0.0):
    """Messages in an order of chance; ``noise`` is the share with a wrong label."""
    chance = Random(seed)
    found = []
    for label in labels:
        found += [(" ".join(words), label) for words in product(*PARTS[label])]
    chance.shuffle(found)
    made = []
    for at, (text, label) in enumerate(found[:count]):
        wrong = chance.random() < noise
        said = chance.choice([one for one in labels if one != label]) if wrong else label
        made.append(Example(f"i{at}", text, Value((said,))))
    return made


@pytest.fixture
def messages():
    """The function that gives messages."""
    return examples


@pytest.fixture
def recipe():
    """What a single-label student of the messages is to be."""
    return Recipe(TaskKind.SINGLE, tuple(PARTS))
