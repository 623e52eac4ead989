# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/items``: texts of a task: found, looked at, deleted. Gold answers are never shown."""

from starlette.responses import Response

from hausgeist.core.answers import Value
from hausgeist.core.items import Item
from hausgeist.core.tasks import Part, Partition, Task
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.store.items import Wanted
from hausgeist.web.contexts.task_overview import ItemPage, ItemRow, ItemsPage
from hausgeist.web.pages.paging import COUNT, pager, wanted_page
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.pages.task_words import PARTITION_WORDS
from hausgeist.web.rendering import go, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

STATES = frozenset({"answered", "open", "dup", "again"})
SHOWN = 300
DEEPEST = 200
"""Pages of the list; who wants more narrows it."""


async def show(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/items`` with ``q``, ``partition``, ``state``, ``meta`` and ``page``."""
    task, member = await opened(visit, Part.REVIEWER)
    found = await frame(visit, task, member, "items")
    language = found.shell.language
    turn = translator(language)
    wanted = _wanted(visit)
    asked = min(wanted_page(visit), DEEPEST)
    items, total = await visit.house.bench.tasks.items(
        task.id, wanted, offset=(asked - 1) * COUNT, most=COUNT
    )
    properties = await visit.house.bench.partitions.properties(task.id)
    kept = {
        "q": wanted.words,
        "partition": wanted.partition,
        "state": wanted.state,
        "meta": "=".join(wanted.meta) if wanted.meta else "",
    }
    context = ItemsPage(
        frame=found,
        items=tuple(_row(one, language) for one in items),
        pager=pager(
            f"/tasks/{task.id}/items",
            kept,
            number=asked,
            total=total,
            shown=len(items),
            language=language,
        ),
        words=wanted.words,
        partition=wanted.partition,
        state=wanted.state,
        meta=kept["meta"],
        partitions=tuple((one.value, turn(words)) for one, words in PARTITION_WORDS.items()),
        metas=tuple(
            (f"{name}={value}", f"{name}: {value[:60]}")
            for name, values in properties.items()
            if len(values) <= 40
            for value in values
        ),
        narrows=any(kept.values()),
        owner=member.part is Part.OWNER,
        done=turn(N_("The text is deleted.")) if "deleted" in visit.query_params else "",
    )
    return page(visit, "task_items.html", context)


async def one(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/items/{item_id}`` with ``answers=yes``."""
    task, member = await opened(visit, Part.REVIEWER)
    bench = visit.house.bench
    item = await bench.review.item(task, str(visit.path_params["item_id"]))
    gold = item.partition is Partition.GOLD
    answers = []
    if not gold or visit.query_params.get("answers") == "yes":  # of gold: refused and written down
        answers = await bench.review.of_item(task, member, item.id)
    found = await frame(visit, task, member, "items")
    lineage = await bench.snapshots.lineage(task, item.id)
    turn = translator(found.shell.language)
    context = ItemPage(
        frame=found,
        row=_row(item, found.shell.language),
        text=item.text,
        source=item.source,
        outside=item.outside_id,
        gold=gold,
        answers=tuple(
            turn(N_("skipped")) if said.value is None else value_words(task, item, said.value)
            for said in answers
        ),
        like=item.dup_of or "",
        datasets=tuple(f"v{dataset.number}" for dataset, _ in lineage),
        owner=member.part is Part.OWNER,
    )
    return page(visit, "task_item.html", context)


async def delete(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/items/{item_id}/delete``."""
    task, _ = await opened(visit)
    item_id = str(visit.path_params["item_id"])
    item = await visit.house.bench.review.item(task, item_id)
    await visit.house.bench.lineage.delete(task, [item.id], visit.principal.id)
    return go(f"/tasks/{task.id}/items?deleted=yes")


def value_words(task: Task, item: Item, value: Value) -> str:
    """An answer in words: names of labels, passages with their text, fields with their values."""
    names = {label.key: label.name for label in task.labels}
    fields = {field.key: field.name for field in task.fields}
    parts = [names.get(key, key) for key in value.labels]
    parts += [
        f"{names.get(span.label, span.label)}: {item.text[span.start : span.end][:80]}"
        for span in value.spans
    ]
    parts += [f"{fields.get(name, name)}: {said}" for name, said in value.fields]
    return " · ".join(parts) or "–"  # noqa: RUF001  an en dash stands for nothing


def _wanted(visit: Visit) -> Wanted:
    asked = {
        name: visit.query_params.get(name, "").replace("\x00", "").strip()[:300]
        for name in ("q", "partition", "state", "meta")
    }
    name, sign, value = asked["meta"].partition("=")
    return Wanted(
        words=asked["q"],
        partition=asked["partition"] if asked["partition"] in set(Partition) else "",
        state=asked["state"] if asked["state"] in STATES else "",
        meta=(name, value) if sign else None,
    )


def _row(item: Item, language: str) -> ItemRow:
    text = item.text if len(item.text) <= SHOWN else f"{item.text[:SHOWN]}…"
    return ItemRow(
        id=item.id,
        text=text,
        partition=translator(language)(PARTITION_WORDS[item.partition]),
        answered=item.answered > 0,
        dup=item.dup_of is not None,
        again=item.again > 0,
        facts=tuple((name, value[:60]) for name, value in list(item.meta.items())[:6]),
    )


ROUTES = [
    page_get("/tasks/{task_id}/items", show, "Texts of a task"),
    page_get("/tasks/{task_id}/items/{item_id}", one, "A text of a task"),
    page_post("/tasks/{task_id}/items/{item_id}/delete", delete, "Delete a text of a task"),
]
