# SPDX-License-Identifier: EUPL-1.2
"""A small student in a folder, as an export has it, and files for it."""

import csv
from itertools import product
from pathlib import Path
from random import Random

import pytest

from hausgeist.core.answers import Example, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.training.trainers import TRAINERS, Recipe, Report

PARTS = {
    "strasse": (
        ["Das Schlagloch", "Der Gehweg", "Die Ampel", "Die Laterne"],
        ["vor der Schule", "in der Lindenallee", "am Markt"],
        ["ist kaputt", "muss repariert werden", "ist gefährlich"],
    ),
    "abfall": (
        ["Die Restmülltonne", "Der Sperrmüll", "Die Biotonne", "Das Altglas"],
        ["vor der Schule", "in der Lindenallee", "im Hof"],
        ["wurde nicht geleert", "stinkt", "quillt über"],
    ),
}


def messages() -> list[tuple[str, str]]:
    """Messages to a town hall with their labels, in an order of chance."""
    found = [(" ".join(words), name) for name, some in PARTS.items() for words in product(*some)]
    Random(1).shuffle(found)
    return found


@pytest.fixture
def told() -> list[tuple[str, str]]:
    """The messages with their labels."""
    return messages()


@pytest.fixture(scope="session")
def exported(tmp_path_factory) -> Path:
    """An exported folder with a student in it."""
    folder = tmp_path_factory.mktemp("export")
    examples = [Example(f"i{at}", text, Value((key,))) for at, (text, key) in enumerate(messages())]
    recipe = Recipe(TaskKind.SINGLE, tuple(PARTS))
    TRAINERS["words"].train(examples, (), recipe, Report()).save(folder / "model")
    return folder


@pytest.fixture
def table(tmp_path):
    """A function that writes a CSV of so many messages, each a little different."""

    def write(count: int, name: str = "in.csv") -> Path:
        texts = [text for text, _ in messages()]
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "text"])
            rows.writerows((f"k{at}", f"{texts[at % len(texts)]}, Nr. {at}") for at in range(count))
        return path

    return write
