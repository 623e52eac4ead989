# SPDX-License-Identifier: EUPL-1.2
"""A small student in a folder, as an export has it, and files for it."""

import csv
import json
from itertools import product
from pathlib import Path
from random import Random

import pytest
from commands_page import keys_told

from hausgeist.core.answers import Example, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.training.trainers import TRAINERS, Recipe, Report


@pytest.fixture
def run(run):
    """As everywhere; what a command prints for scripts has no key that the page does not name."""

    def call(*words: object, given: str | None = None):
        result = run(*words, given=given)
        if words[0] == "task" and "--json" in words:
            told = keys_told()
            name = " ".join(map(str, words[1:3]))
            name = name if name in told else str(words[1])
            printed = json.loads(result.stdout)
            for one in printed if isinstance(printed, list) else [printed]:
                if name != "card show":
                    assert set(one) <= told[name], (name, set(one) - told[name])
        return result

    return call


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


@pytest.fixture
def do(run):
    """Call a command of ``task`` with --json; gives what it prints."""

    def call(*words, given=None):
        return json.loads(run("task", *words, "--json", given=given).stdout)

    return call


@pytest.fixture
def task(run, do, told, tmp_path):
    """A task ``amt`` with texts and no answers, owned by the only administrator."""
    run("user", "create", "anna", "--admin")
    file = tmp_path / "texte.txt"
    file.write_text("\n".join(text for text, _ in told), "utf-8")
    labels = ("--label", "strasse: Wege", "--label", "Abfall und Müll")
    return do("create", file, "--name", "amt", "--class", "public", *labels)


@pytest.fixture
def answered(task, do, told, tmp_path):
    """The same with an answer to every text."""
    names = {"strasse": "strasse", "abfall": "Abfall und Müll"}
    lines = [json.dumps({"text": text, "label": names[key]}) for text, key in told]
    (tmp_path / "said.jsonl").write_text("\n".join(lines), "utf-8")
    assert do("answers", "amt", "--in", tmp_path / "said.jsonl")["kept"] == len(told)
    return task
