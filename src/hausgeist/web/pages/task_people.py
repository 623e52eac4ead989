# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/people``: how far people agree, what suggestions do to them, what they remark.

Nobody's name is here, and nobody's figures but the reader's own. Annotators see these alone, and how far
all agree; who decides sees everything.
"""

from starlette.responses import Response

from hausgeist.core.periods import FEWEST
from hausgeist.core.tasks import Part
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.store.crowd import Comment
from hausgeist.web.contexts.task_people import CellRow, CommentRow, PeoplePage
from hausgeist.web.moments import day_text
from hausgeist.web.pages import people_words as words
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.rendering import page
from hausgeist.web.routes import page_get
from hausgeist.web.visit import Visit
from hausgeist.workbench.crowd import COMMENTS, Checks

DEEPEST = 200


async def show(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/people`` with ``comments``, the page of remarks."""
    task, member = await opened(visit, Part.ANNOTATOR, Part.REVIEWER)
    crowd, room = visit.house.bench.crowd, visit.house.bench.room
    made = await frame(visit, task, member, "people")
    language = made.shell.language
    turn = translator(language)
    decides = member.may(Part.REVIEWER)
    asked = visit.query_params.get("comments", "")
    at = 1
    if asked.isascii() and asked.isdigit() and len(asked) < 5:
        at = min(max(int(asked), 1), DEEPEST)
    together = await crowd.together(task)
    meter = await crowd.meter(task)
    checks = await crowd.checks(task)
    remarks = await crowd.comments(task, offset=(at - 1) * COMMENTS) if decides else []
    stages = await crowd.stages(task)
    waiting = (await room.waiting(task, member)).mine if decides else 0
    period_words, period = words.period(await crowd.period(task), language)
    head, tone = words.headline(together.every, language)
    pull, pull_tone = words.pulled(meter, language)
    seen, seen_tone = words.checked(checks, language)
    base = f"/tasks/{task.id}/people"
    most = max((one.count for one in together.cells), default=1)
    context = PeoplePage(
        frame=made,
        all=decides,
        banner=words.banner(checks, language),
        waiting=turn(N_("Cases that wait for you: {count}.")).format(count=waiting)
        if waiting
        else "",
        headline=head,
        tone=tone,
        agreement=words.agreed(task, together, language),
        figures=words.rows(together, language),
        chart=words.chart(together, language),
        parts_chart=words.parts_chart(task, together, language),
        parts=words.parts(task, together, language),
        cells=tuple(
            CellRow(
                words.cell(task, one, language),
                str(one.count),
                1 + round(4 * one.count / most),
                tuple((f"{base}/room?item={item}", begin) for item, begin in one.items),
            )
            for one in together.cells
        )
        if decides
        else (),
        pull_words=pull,
        pull_tone=pull_tone,
        pull=words.pull_sentences(meter, language) if decides else (),
        pull_chart=words.pull_chart(meter, language),
        pull_rows=words.pull_rows(meter, language),
        checks_words=seen,
        checks_tone=seen_tone,
        checks=words.check_sentences(checks, language, figures=_of_several(checks)),
        period_words=period_words if decides else "",
        period=period if decides else (),
        own=words.own(await crowd.own(task, member), language),
        stages=turn(N_("{answered} texts are answered, {reviewed} of them reviewed.")).format(
            answered=stages.answered, reviewed=stages.reviewed
        ),
        comments=tuple(_remark(base, one, language) for one in remarks),
        older=f"{base}?comments={at + 1}#remarks" if len(remarks) == COMMENTS else "",
        rules=words.routing(task, language),
    )
    return page(visit, "task_people.html", context)


def _of_several(found: Checks) -> bool:
    """Between two people either would know the other's share: they know their own."""
    return found.people >= FEWEST


def _remark(base: str, one: Comment, language: str) -> CommentRow:
    turn = translator(language)
    state, tone = N_("answered"), ""
    if one.decided:
        state, tone = N_("reviewed"), "good"
    elif not one.answered:
        state, tone = N_("open"), "warn"
    return CommentRow(
        href=f"{base}/room?item={one.item}",
        begin=" ".join(one.begin.split())[:120],
        words=one.words,
        at=day_text(one.at, language),
        state=turn(state),
        tone=tone,
        hard=one.hard,
    )


ROUTES = [page_get("/tasks/{task_id}/people", show, "How people of a task agree")]
