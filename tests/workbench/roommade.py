# SPDX-License-Identifier: EUPL-1.2
"""A task of three people in a running house, on which two of them answer, for the tests of their pages."""

import asyncio

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Label, Metric, Part, Partition, Task, TaskKind
from hausgeist.store import accounts, items, tasks
from hausgeist.workbench.review import Said

BILL, PRAISE = (Value.of_labels([one]) for one in ("bill", "praise"))
PEOPLE = ("anna", "bernd", "clara")


def made(house, name, texts, kind=TaskKind.SINGLE, metric=Metric.ACCURACY):
    """A task that anna owns, which bernd and clara answer; gives it, the members and the items."""
    bench, store = house.house.bench, house.house.store
    ids = {one: store.read_now(lambda c, one=one: tasks_user(c, one)) for one in PEOPLE}

    async def work():
        labels = (Label("bill", "Bill"), Label("praise", "Praise"), Label("other", "Other"))
        task = Task(
            id="", name=name, title=name, kind=kind, labels=labels, overlap=2, metric=metric
        )
        task = await bench.tasks.create(task, ids["anna"])
        for login in PEOPLE[1:]:
            await bench.members.add(task.id, login, Part.ANNOTATOR, ids["anna"])
        rows = [
            items.Item(
                id=f"{name}{at}", task_id=task.id, seq=at, text=text, text_hash=f"{name}{at}",
                partition=Partition.GOLD if text.startswith("gold") else Partition.POOL, rank=at / 9,
            )
            for at, text in enumerate(texts)
        ]  # fmt: skip
        await store.write(lambda c: items.add_many(c, rows))
        members = await store.read(lambda c: tasks.members(c, task.id))
        by = {one.user_id: one for one in members}
        return task, {login: by[ids[login]] for login in PEOPLE}, [one.id for one in rows]

    return asyncio.run(work())


def tasks_user(connection, login):
    """A person's id."""
    return accounts.user_by_login(connection, login)["id"]


def differ(house, task, members, item, *values):
    """Bernd and clara say different things."""
    for login, value in zip(PEOPLE[1:], values, strict=True):
        said = Said(value=value, comment=f"<b>{value.encode()[:9]}")
        asyncio.run(house.house.bench.review.record(task, members[login], item, said))
