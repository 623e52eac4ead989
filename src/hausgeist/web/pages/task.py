# SPDX-License-Identifier: EUPL-1.2
"""What the pages of a task share: the way in, and the task's own navigation."""

from hausgeist.core.tasks import Part, Task
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.store.tasks import Member
from hausgeist.web.contexts.task import TaskFrame, TaskTabs
from hausgeist.web.rendering import shell
from hausgeist.web.visit import Visit

TABS: tuple[tuple[str, str, str, tuple[Part, ...]], ...] = (
    ("overview", N_("Overview"), "", (Part.ANNOTATOR, Part.REVIEWER)),
    ("work", N_("Labelling"), "/work", (Part.ANNOTATOR, Part.REVIEWER)),
    ("guideline", N_("Guideline"), "/guideline", (Part.ANNOTATOR, Part.REVIEWER)),
    ("items", N_("Texts"), "/items", (Part.REVIEWER,)),
    ("suggestions", N_("Suggestions"), "/suggestions", (Part.REVIEWER,)),
    ("people", N_("People"), "/people", (Part.ANNOTATOR, Part.REVIEWER)),
    ("rules", N_("Rules"), "/rules", (Part.REVIEWER,)),
    ("students", N_("Students"), "/students", (Part.REVIEWER,)),
    ("gate", N_("Gate"), "/gate", (Part.REVIEWER,)),
    ("service", N_("Service"), "/service", (Part.REVIEWER,)),
    ("leave", N_("Take along"), "/leave", ()),
    ("settings", N_("Settings"), "/settings", ()),
)
"""Key, words, address below the task's, and which parts beside the owner see it."""


async def opened(visit: Visit, *parts: Part) -> tuple[Task, Member]:
    """The task that the path names, and who the visitor is in it.

    ``parts``: which parts may come in beside the owner; nobody else finds the page.

    Raises:
        NotFound: there is none, or it is not for the visitor.
    """
    return await visit.house.bench.tasks.opened(
        visit.path_params["task_id"], visit.principal.id, *(parts or (Part.OWNER,))
    )


async def frame(visit: Visit, task: Task, member: Member, active: str) -> TaskFrame:
    """The frame of a page of a task; ``active`` is the key of its tab."""
    title = next(words for key, words, *_ in TABS if key == active)
    made = await shell(visit, title, "tasks")
    return TaskFrame(
        shell=made,
        task=task,
        tabs=task_tabs(task.id, member, made.language),
        active=active,
        part=member.part.value,
    )


def task_tabs(task_id: str, member: Member, language: str) -> TaskTabs:
    """The pages of a task that a member sees, in the reader's language."""
    turn = translator(language)
    return tuple(
        (key, turn(words), f"/tasks/{task_id}{path}")
        for key, words, path, parts in TABS
        if member.may(*parts)
    )
