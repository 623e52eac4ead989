# SPDX-License-Identifier: EUPL-1.2
"""The example task: its texts, and how it comes into a house."""

import asyncio
from dataclasses import dataclass

from taskmade import Shop

from hausgeist.core.tasks import Partition
from hausgeist.store import items, task_answers
from hausgeist.workbench import example
from hausgeist.workbench.guidelines import Guidelines
from hausgeist.workbench.review import Review


@dataclass
class Doors:
    """What the example is made through."""

    tasks: object
    intake: object
    guidelines: object
    review: object


def made(store, tmp_path):
    """A shop with the example in it, and the task."""
    shop = Shop(store, tmp_path / "intake")
    doors = Doors(
        shop.tasks,
        shop.intakes,
        Guidelines(store, shop.trail, lambda: 1000),
        Review(store, shop.trail, lambda: 1000),
    )
    return shop, doors, asyncio.run(example.add(doors, store, shop.user))


def test_every_text_is_there_once_with_a_label_of_the_task():
    """A few hundred texts, no two the same, at least twenty of each label, passages that fit the text."""
    found = example.messages()
    keys = [one.key for one in example.LABELS]
    assert 250 < len(found) == len({one.text for one in found}) == len({one.id for one in found})
    assert all(sum(one.label == key for one in found) >= 20 for key in keys)
    assert {one.label for one in found} == set(keys)
    kinds = {one.key for one in example.PASSAGES}
    for one in found:
        for span in one.passages:
            assert span.label in kinds
            assert one.text[span.start : span.end].strip() == one.text[span.start : span.end] != ""


def test_the_example_comes_with_gold_and_answers_for_the_rest(store, tmp_path):
    """All texts are in, gold is drawn and unanswered, two thirds of the others are answered rightly."""
    shop, _, task = made(store, tmp_path)
    counts = asyncio.run(shop.tasks.counts(task.id))
    assert sum(one.total for one in counts.values()) == len(example.messages())
    assert counts[Partition.GOLD].total == example.GOLD
    assert counts[Partition.GOLD].answered == 0
    assert counts[Partition.DEV].answered > 5
    assert task.guideline_version == 1
    known = example.truths()
    said = store.read_now(lambda c: list(task_answers.live(c, task.id)))
    texts = store.read_now(lambda c: items.several(c, task.id, [one.item_id for one in said]))
    assert 140 < len(said) < 170
    assert all(one.value == known[texts[one.item_id].text] for one in said)


def test_a_second_example_has_a_name_of_its_own(store, tmp_path):
    """Whoever wants it twice has it twice."""
    shop, doors, first = made(store, tmp_path)
    second = asyncio.run(example.add(doors, store, shop.user))
    assert (first.name, second.name) == ("anliegen", "anliegen-2")
