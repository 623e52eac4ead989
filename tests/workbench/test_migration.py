# SPDX-License-Identifier: EUPL-1.2
"""Labels and guidelines change in mid-project: answers are carried over, asked again, or left alone."""

import asyncio
from dataclasses import replace

import pytest
from taskmade import Shop, made_person

from hausgeist.core.answers import Value
from hausgeist.core.labels import DataClass
from hausgeist.core.tasks import Part, Partition
from hausgeist.errors import Conflict, InvalidField, NotFound
from hausgeist.store import items, task_answers
from hausgeist.workbench.guidelines import Guidelines, difference
from hausgeist.workbench.members import Members
from hausgeist.workbench.migration import Change, Migrations, translated

CSV = (
    b"text,label\nThe lamp is dark,light\nThe lamp is broken,lamp\n"
    b"My bin is full,bin\nNoise at night,noise\n"
)


class Started:
    """A task with four answered texts, and the doors to change it."""

    def __init__(self, store, folder) -> None:
        self.shop = Shop(store, folder)
        self.now = 2000
        clock = lambda: self.now  # noqa: E731  moved on by the tests
        self.migrations = Migrations(store, self.shop.trail, clock)
        self.guidelines = Guidelines(store, self.shop.trail, clock)
        self.members = Members(store, self.shop.trail, clock)

        async def begin():
            task = await self.shop.task()
            await self.shop.taken(task, "a.csv", CSV)
            return await self.shop.tasks.opened(task.id, self.shop.user)

        self.task, self.member = asyncio.run(begin())

    def change(self, **change):
        """Apply a change; gives the task as it then is."""
        before = asyncio.run(self.shop.again(self.task))
        return asyncio.run(
            self.migrations.apply(
                self.task.id, self.member, Change(**change), before.schema_version
            )
        )

    def said(self):
        """What counts as said, by the beginning of the text."""
        found = {one.id: one for one in self.shop.listed(self.task)}
        live = self.shop.store.read_now(
            lambda connection: list(task_answers.live(connection, self.task.id))
        )
        return {found[one.item_id].text: one.value.labels for one in live}

    def again(self):
        """The texts that are asked again, with how many answers of them count."""
        return {one.text: one.answered for one in self.shop.listed(self.task) if one.again}


@pytest.fixture
def started(store, tmp_path) -> Started:
    """A task with four answers."""
    return Started(store, tmp_path / "intake")


def test_a_new_name_touches_no_answer(started):
    """A label keeps its key when it is renamed, and nothing is asked again."""
    task = started.change(renamed={"bin": "Waste"})
    assert task.label("bin").name == "Waste"
    assert task.schema_version == 2
    assert (started.said()["My bin is full"], started.again()) == (("bin",), {})


def test_merged_labels_carry_their_answers_over_and_back(started):
    """What was answered with one is answered with the other; taken back, all is as it was."""
    before = started.said()
    preview = asyncio.run(
        started.migrations.preview(started.task.id, Change(merged={"lamp": "light"}))
    )
    assert (preview.translated, preview.asked_again) == (1, 0)
    task = started.change(merged={"lamp": "light"})
    assert task.label("lamp") is None
    assert started.said()["The lamp is broken"] == ("light",)
    asyncio.run(started.migrations.undo(started.task.id, started.member))
    assert started.said() == before
    assert asyncio.run(started.shop.again(started.task)).labels == started.task.labels


def test_a_split_label_is_asked_again_and_loses_nothing(started):
    """Items of a split label wait for an answer; what was said of them is still there."""
    task = started.change(split={"noise": ("Noise at day", "Noise at night")})
    assert [one.name for one in task.labels if one.key.startswith("noise-")] == [
        "Noise at day",
        "Noise at night",
    ]
    assert started.again() == {"Noise at night": 0}
    assert started.said()["Noise at night"] == ("noise",)


def test_nothing_is_taken_back_once_somebody_answered(started):
    """After an answer a change of labels stays."""
    started.change(deleted=("noise",))
    started.now = 3000

    async def answer():
        item = next(one for one in started.shop.listed(started.task) if one.again)
        said = task_answers.Answer(
            id="f" * 20,
            task_id=started.task.id,
            item_id=item.id,
            actor=started.member.id,
            mode=started.task.mode,
            value=Value.of_labels(["bin"]),
            schema_version=2,
            at=started.now,
        )
        await started.shop.store.write(lambda connection: task_answers.add(connection, said))
        await started.migrations.undo(started.task.id, started.member)

    with pytest.raises(Conflict):
        asyncio.run(answer())
    assert started.again() == {"Noise at night": 1}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"renamed": {"bin": "LIGHT"}},
        {"merged": {"lamp": "unknown"}},
        {"merged": {"lamp": "bin", "bin": "light"}},
        {"split": {"noise": ("one",)}},
        {"deleted": ("lamp", "light", "bin")},
    ],
)
def test_what_makes_no_sense_is_refused(started, change):
    """A change that leaves labels a task cannot have is refused, and nothing happens."""
    with pytest.raises(InvalidField):
        started.change(**change)
    assert asyncio.run(started.shop.again(started.task)).schema_version == 1


def test_a_deleted_label_leaves_the_others_of_an_answer():
    """Of several labels, only the deleted one goes; a merged one is not there twice."""
    value = Value.of_labels(["a", "b", "c"]).encode()
    assert translated(value, {"b": "a"}, ["c"]) == Value.of_labels(["a"]).encode()


def test_a_new_guideline_can_have_answers_given_again(started):
    """A version names the labels it touches, and what was answered with them is asked again."""

    async def run():
        assert await started.guidelines.touched(started.task.id, ["light"]) == 1
        return await started.guidelines.change(
            started.task.id,
            started.member,
            body="Light: lamps that work badly.",
            labels=["light"],
            based_on=0,
            again=True,
        )

    made = asyncio.run(run())
    assert (made.version, started.again()) == (1, {"The lamp is dark": 0})


def test_two_people_do_not_overwrite_each_others_guideline(started):
    """Who changes an old version is told, and nothing is lost."""

    async def run():
        for body in ("first", "second"):
            await started.guidelines.change(started.task.id, started.member, body=body, based_on=0)

    with pytest.raises(Conflict):
        asyncio.run(run())
    assert asyncio.run(started.guidelines.current(started.task.id)).body == "first"


def test_a_difference_shows_what_came_and_went():
    """Lines that came have a plus, lines that went a minus."""
    assert difference("a\nb", "a\nc") == [("@", "…"), (" ", "a"), ("-", "b"), ("+", "c")]


def test_members_come_and_go_and_one_owner_stays(started):
    """Somebody is brought in by their login; the last owner cannot go; who left finds nothing."""
    bernd = made_person(started.shop.store, "bernd")
    task, user = started.task.id, started.shop.user

    async def run():
        with pytest.raises(InvalidField):
            await started.members.add(task, "nobody", Part.REVIEWER, user)
        member = await started.members.add(task, "bernd", Part.ANNOTATOR, user)
        assert (await started.shop.tasks.opened(task, bernd))[1].part is Part.ANNOTATOR
        with pytest.raises(InvalidField):
            await started.members.remove(task, started.member.id, user)
        await started.members.remove(task, member.id, user)
        with pytest.raises(NotFound):
            await started.shop.tasks.opened(task, bernd)

    asyncio.run(run())


def test_settings_are_checked_and_a_task_goes_by_its_name_only(started):
    """A margin out of range is refused; deleting takes the typed name."""
    task, user = started.task, started.shop.user

    async def run():
        with pytest.raises(InvalidField):
            await started.shop.tasks.change(replace(task, margin=float("nan")), user)
        changed = await started.shop.tasks.change(
            replace(task, data_class=DataClass.SPECIAL, title="Other"), user
        )
        assert (changed.data_class, changed.title) == (DataClass.SPECIAL, "Other")
        with pytest.raises(InvalidField):
            await started.shop.tasks.delete(task.id, user, "yes")
        await started.shop.tasks.delete(task.id, user, task.name)
        with pytest.raises(NotFound):
            await started.shop.again(task)

    asyncio.run(run())


def test_counts_of_labels_say_nothing_about_gold(started):
    """Who looks before and after somebody's answer to a gold text cannot tell what it was."""
    there = {one.text: one.id for one in started.shop.listed(started.task)}
    gold = [there["The lamp is dark"], there["The lamp is broken"]]
    started.shop.store.write_now(
        lambda c: items.change(c, started.task.id, gold, partition=Partition.GOLD.value)
    )
    told, ask = started.guidelines, asyncio.run
    assert ask(told.tallies(ask(started.shop.again(started.task)))) == {"bin": 1, "noise": 1}
    assert ask(told.touched(started.task.id, ["light", "noise"])) == 1
    merged = Change(merged={"lamp": "light", "noise": "bin"})
    seen = ask(started.migrations.preview(started.task.id, merged))
    assert (seen.translated, seen.asked_again) == (1, 0)
    deleted = Change(deleted=("lamp", "noise"))
    assert ask(started.migrations.preview(started.task.id, deleted)).asked_again == 1
