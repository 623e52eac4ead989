# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}``: where a task stands, what to do next, and which files its texts came from."""

from collections.abc import AsyncIterator, Callable

from starlette.responses import Response, StreamingResponse

from hausgeist.chat.labels import CLASSES
from hausgeist.core.service import Stage
from hausgeist.core.tasks import Part, Partition, Task
from hausgeist.errors import N_, HausgeistError, InvalidField
from hausgeist.locale import translator
from hausgeist.store.intakes import Intake
from hausgeist.store.items import Counts
from hausgeist.store.tasks import Member
from hausgeist.web.amounts import number
from hausgeist.web.contexts.task_overview import (
    IntakeView,
    NextStep,
    OverviewPage,
    PartitionTile,
)
from hausgeist.web.contexts.task_students import StopBox
from hausgeist.web.forms import read_form
from hausgeist.web.moments import moment_text
from hausgeist.web.pages.intake_words import REASONS
from hausgeist.web.pages.jobs import job_view
from hausgeist.web.pages.service_words import standing
from hausgeist.web.pages.students_words import stop_box
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.pages.task_leave import ticket_words
from hausgeist.web.pages.task_new import GOLDS
from hausgeist.web.pages.task_words import FIELD_WORDS, KIND_WORDS, PARTITION_WORDS
from hausgeist.web.rendering import go, language_for, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit
from hausgeist.workbench.intake import report_line
from hausgeist.workbench.partitions import TOP_UP

ABOUT = {
    Partition.POOL: N_("Small models learn from these."),
    Partition.DEV: N_("Here models are set and compared while they are built."),
    Partition.GOLD: N_("Answered blind, never trained on: they decide."),
}
INTAKE_STATES = {
    "waiting": N_("waits"),
    "running": N_("running"),
    "done": N_("done"),
    "failed": N_("failed"),
}


_LOOKED_AT = 5
DRAW_LEAST = 20
"""Texts from which on a gold set can be drawn."""
"""Newest students that are asked for a verdict."""


async def show(visit: Visit) -> Response:
    """``GET /tasks/{task_id}``."""
    return await _overview(visit)


async def draw(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/gold``: draw the gold set, or add to it."""
    task, _ = await opened(visit)
    form = await read_form(visit)
    partitions = visit.house.bench.partitions
    try:
        if form.ticked("more"):
            await partitions.top_up(task.id, visit.principal.id)
        else:
            count = form.text("gold", "")
            if not count.isascii() or not count.isdigit() or len(count) > 6:
                raise InvalidField(  # noqa: TRY301  said above the form, as the others are
                    field="gold", reason=N_("choose between 20 and 10,000 texts"), param="gold"
                )
            strata = form.text("strata", "")
            await partitions.draw_gold(task.id, visit.principal.id, int(count), strata)
            await partitions.draw_dev(task.id, visit.principal.id)
    except InvalidField as error:
        return await _overview(visit, error)
    return go(f"/tasks/{task.id}")


async def report(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/intake/{intake_id}/report.csv``: every row that did not come in, and why."""
    task, _ = await opened(visit)
    intake_id = str(visit.path_params["intake_id"])
    bench = visit.house.bench
    await bench.intake.get(task.id, intake_id)
    turn = translator(language_for(visit))

    async def lines() -> AsyncIterator[bytes]:
        head = (turn(N_("Row")), turn(N_("Reason")), turn(N_("Detail")))
        yield ("\ufeff" + ",".join(head) + "\r\n").encode()
        async for some in bench.intake.refusals(task.id, intake_id):
            said = (report_line(one, turn(REASONS.get(one.reason, one.reason))) for one in some)
            yield "".join(said).encode()

    return StreamingResponse(
        lines(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="rows.csv"',
            "Cache-Control": "no-store",
        },
    )


async def _overview(visit: Visit, error: HausgeistError | None = None) -> Response:
    task, member = await opened(visit, Part.ANNOTATOR, Part.REVIEWER)
    bench = visit.house.bench
    found = await frame(visit, task, member, "overview")
    language = found.shell.language
    turn = translator(language)
    counts = await bench.tasks.counts(task.id)
    owner = member.part is Part.OWNER
    intakes = await bench.intake.of_task(task.id) if owner else []
    jobs = [one for one in await bench.jobs.of_task(task.id) if not one.state.over] if owner else []
    properties = await bench.partitions.properties(task.id) if owner else {}
    gold = counts[Partition.GOLD].total
    tickets = await bench.lineage.tickets(task) if owner else []
    served = await bench.promote.of_task(task) if owner else []
    context = OverviewPage(
        frame=found,
        tickets=tuple(ticket_words(one, language) for one in tickets),
        kind=turn(KIND_WORDS[task.kind]),
        class_words=turn(CLASSES[task.data_class]),
        step=_step(
            task,
            member,
            counts,
            busy=any(one.kind == "intake" for one in jobs),
            gold=await bench.tasks.gold_waiting(task, member),
            too_many=any(one.body.get("gold") for one in intakes),
            later=await _later(visit, task, member, language),
            language=language,
        ),
        tiles=tuple(_tile(one, counts[one], language) for one in Partition),
        labels=tuple((one.name, one.about) for one in task.labels),
        fields=tuple((one.name, turn(FIELD_WORDS[one.type])) for one in task.fields),
        intakes=tuple(_intake(one, language) for one in intakes[:10]),
        jobs=tuple(job_view(one, language) for one in jobs),
        owner=owner,
        draw=owner and not gold and counts[Partition.POOL].total >= DRAW_LEAST,
        top_up=number(round(TOP_UP * gold), language) if owner and gold else "",
        golds=_golds(counts[Partition.POOL].total, turn),
        gold=_gold(counts[Partition.POOL].total),
        strata=tuple((name, name) for name in properties),
        error=error.say(turn) if error else "",
        stop=await _stop(visit, task, member, language),
        alarms=standing(served, language),
    )
    return page(visit, "task_overview.html", context, status=error.status if error else 200)


async def _later(visit: Visit, task: Task, member: Member, language: str) -> NextStep | None:
    """What to do once there is a student; None: there is none, or it is not for the member."""
    bench, turn = visit.house.bench, translator(language)
    students = [one for one in await bench.students.list(task) if one.state == "ready"]
    if not students or not member.may(Part.REVIEWER):
        return None
    base = f"/tasks/{task.id}"
    if any(one.state is not Stage.ENDED for one in await bench.promote.of_task(task)):
        words = N_("A student answers. See what it leaves to others, and how often it is right.")
        return NextStep(turn(words), turn(N_("To the service")), f"{base}/service")
    state = await bench.gate.state(task)
    for one in students[:_LOOKED_AT]:
        if await bench.gate.passed(task, one.id) is not None:
            words = N_("A student has passed the gate: it can be brought into service.")
            return NextStep(turn(words), turn(N_("To the service")), f"{base}/service")
    if state.ready and all(one.opening.student_id != students[0].id for one in state.history):
        words = N_("Everything is there to decide: the gold set may be opened.")
        return NextStep(turn(words), turn(N_("To the gate")), f"{base}/gate")
    words = N_("See what the student gets wrong, and answer what it would learn most from.")
    return NextStep(turn(words), turn(N_("To the students")), f"{base}/students")


async def _stop(visit: Visit, task: Task, member: Member, language: str) -> StopBox | None:
    """How far it is and whether it is enough, for those who decide; nothing before the first student."""
    if not member.may(Part.REVIEWER):
        return None
    progress = await visit.house.bench.leaderboard.progress(task)
    return stop_box(task, progress, language) if progress.student is not None else None


def _step(
    task: Task,
    member: Member,
    counts: dict[Partition, Counts],
    *,
    busy: bool,
    gold: int,
    too_many: bool,
    later: NextStep | None,
    language: str,
) -> NextStep:
    """What to do next.

    ``gold``: texts of it that wait for the member; ``too_many``: more were asked for than could be drawn;
    ``later``: once nothing before it is open.
    """
    turn = translator(language)
    base = f"/tasks/{task.id}"
    pool = counts[Partition.POOL]
    owner = member.part is Part.OWNER
    if busy:
        return NextStep(
            turn(N_("Texts are being read in. You can go on as soon as they are there."))
        )
    if not any(one.total for one in counts.values()):
        words = turn(N_("Bring texts: there are none yet."))
        return NextStep(
            words, turn(N_("Bring texts")), f"/tasks/new?task={task.id}" if owner else ""
        )
    again = sum(one.again for one in counts.values())
    if again:
        words = turn(
            N_(
                "{count} texts are to be answered again, because the labels or their meaning changed."
            )
        )
        return NextStep(
            words.format(count=number(again, language)), turn(N_("Answer texts")), f"{base}/work"
        )
    if owner and not task.gold_version and pool.total >= DRAW_LEAST:
        return NextStep(
            turn(
                N_(
                    "The gold set was not drawn: there are too few texts for it. Draw a smaller one."
                )
                if too_many
                else N_("Draw the gold set before anything is trained: it decides at the end.")
            ),
            turn(N_("Draw the gold set")),
            f"{base}#draw",
        )
    if not task.guideline_version and owner:
        return NextStep(
            turn(N_("Write down what the labels mean: a few sentences save many arguments.")),
            turn(N_("Write the guideline")),
            f"{base}/guideline?edit=yes",
        )
    if gold:
        words = turn(N_("{count} texts of the gold set wait for an answer."))
        return NextStep(
            words.format(count=number(gold, language)),
            turn(N_("Answer texts")),
            f"{base}/work?work=gold",
        )
    if later is not None:
        return later
    if pool.answered < min(200, pool.total - pool.dups):
        return NextStep(
            turn(
                N_(
                    "Answer texts of the pool: with the first two hundred, a first model can be trained."
                )
            ),
            turn(N_("Answer texts")),
            f"{base}/work",
        )
    if member.may(Part.REVIEWER):
        return NextStep(
            turn(N_("There are enough answers to train a small model.")),
            turn(N_("Train")),
            f"{base}/students",
        )
    return NextStep(turn(N_("Answer further texts.")), turn(N_("Answer texts")), f"{base}/work")


def _golds(texts: int, turn: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
    """The sizes that so many texts allow: half of them at most; the smallest in any case."""
    few = GOLDS[1:2]
    return tuple((value, turn(words)) for value, words in GOLDS[1:] if texts >= 2 * int(value)) or (
        *((value, turn(words)) for value, words in few),
    )


def _gold(texts: int) -> str:
    """How many are offered first: no more than a third of what there is."""
    few = ("500", "200", "100")
    return next((value for value in few if texts >= 3 * int(value)), "50")


def _tile(partition: Partition, counts: Counts, language: str) -> PartitionTile:
    turn = translator(language)
    usable = counts.total - counts.dups
    return PartitionTile(
        key=partition.value,
        title=turn(PARTITION_WORDS[partition]),
        about=turn(ABOUT[partition]),
        total=number(usable, language),
        answered=number(counts.answered, language),
        share=min(100, round(100 * counts.answered / usable)) if usable else 0,
        dups=number(counts.dups, language) if counts.dups else "",
        again=number(counts.again, language) if counts.again else "",
    )


def _intake(one: Intake, language: str) -> IntakeView:
    turn = translator(language)
    name = str(one.body["name"])
    return IntakeView(
        id=one.id,
        name=turn(N_("Pasted lines")) if name == "lines.txt" else name,
        at=moment_text(one.created_at, language),
        state=turn(INTAKE_STATES[one.state]),
        added=number(one.added, language),
        answers=number(one.answers, language) if one.answers else "",
        refused=tuple(
            (turn(REASONS.get(reason, reason)), number(many, language))
            for reason, many in sorted(one.refused.items(), key=lambda pair: -pair[1])
        ),
        error=turn(N_("The file could not be read to its end; what was read is here."))
        if one.error
        else "",
    )


ROUTES = [
    page_get("/tasks/{task_id}", show, "Where a task stands"),
    page_post("/tasks/{task_id}/gold", draw, "Draw the gold set, or add to it"),
    page_get("/tasks/{task_id}/intake/{intake_id}/report.csv", report, "Rows that did not come in"),
]
