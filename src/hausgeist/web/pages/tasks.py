# SPDX-License-Identifier: EUPL-1.2
"""``/tasks``: the tasks somebody works on. Whoever is in none learns the first step, or tries an example."""

from starlette.responses import Response

from hausgeist.core.tasks import Partition, Task
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.store.items import Counts
from hausgeist.store.tasks import Member
from hausgeist.web.amounts import number
from hausgeist.web.contexts.tasks import TaskRow, TasksPage
from hausgeist.web.moments import day_text
from hausgeist.web.pages.task_words import KIND_WORDS, PART_WORDS
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit
from hausgeist.workbench import example


async def show(visit: Visit) -> Response:
    """``GET /tasks`` with ``archived=yes``."""
    archived = visit.query_params.get("archived") == "yes"
    frame = await shell(visit, N_("Workbench"), "tasks")
    found = await visit.house.bench.tasks.listed(visit.principal.id, archived=archived)
    others = await visit.house.bench.tasks.of(visit.principal.id, archived=not archived)
    context = TasksPage(
        shell=frame,
        tasks=tuple(_row(*one, frame.language) for one in found),
        archived=archived,
        any_archived=bool(others) and not archived,
        demo=not found and not archived,
    )
    return page(visit, "tasks.html", context)


async def add_example(visit: Visit) -> Response:
    """``POST /tasks/example``: make the example task, and go there."""
    house = visit.house
    task = await example.add(house.bench, house.bench.ground.store, visit.principal.id)
    return go(f"/tasks/{task.id}")


def _row(task: Task, member: Member, counts: dict[Partition, Counts], language: str) -> TaskRow:
    turn = translator(language)
    texts = sum(one.total - one.dups for one in counts.values())
    answered = sum(one.answered for one in counts.values())
    return TaskRow(
        id=task.id,
        title=task.title,
        kind=turn(KIND_WORDS[task.kind]),
        part=turn(PART_WORDS[member.part]),
        texts=number(texts, language),
        answered=number(answered, language),
        share=min(100, round(100 * answered / texts)) if texts else 0,
        changed=day_text(task.updated_at, language),
    )


ROUTES = [
    page_get("/tasks", show, "Tasks of the workbench"),
    page_post("/tasks/example", add_example, "Make the example task"),
]
