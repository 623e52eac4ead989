# SPDX-License-Identifier: EUPL-1.2
"""What judges a student does not shape it."""

from random import Random

from hausgeist.core.answers import Example, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.training.trainers import TRAINERS, Recipe, Report


def test_several_labels_are_never_read_by_what_judges_them():
    """Of several labels dev sets no map and no threshold: it would promise more than fresh texts keep."""
    kinds = {
        "ort": "straße platz brücke",
        "geld": "gebühr rechnung euro",
        "lob": "danke toll prima",
    }
    labels = tuple(kinds)
    recipe = Recipe(kind=TaskKind.MULTI, labels=labels, fields=(), language="de", seed=7)

    def some(name, count, source):
        chance = Random(name)
        found = []
        for at in range(count):
            mine = [label for label in labels if chance.random() < 0.4]
            words = [chance.choice(kinds[label].split()) for label in mine]
            text = f"{name} {at} " + " ".join([*words, chance.choice("rot grün blau".split())])
            value = Value.of_labels(mine)
            found.append(Example(f"{name}{at}", text, value, 1.0, source))
        return found

    pool, dev = some("pool", 120, "teacher"), some("dev", 80, "person")
    told = Report()
    with_dev = TRAINERS["words"].train(pool, dev, recipe, told)
    without = TRAINERS["words"].train(pool, (), recipe, Report())
    assert with_dev.decision.plain() == without.decision.plain()
    assert "calibrated_on_dev" not in str(told.said)
