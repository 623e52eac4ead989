# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/students/{student_id}``: one student, its errors, and answers that are probably wrong.

From a cell of what it mixes up to the texts; there a label is put right, a rule begun, or likely texts are
sent to the front of the queue. What is decided here counts as a reviewer's decision.
"""

from urllib.parse import urlencode

from starlette.responses import Response

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Part, Partition, Task, TaskKind
from hausgeist.errors import N_, BadRequest, HausgeistError, InvalidField, NotFound
from hausgeist.locale import translator
from hausgeist.register.clinic import Case
from hausgeist.store.students import Student
from hausgeist.web.amounts import number
from hausgeist.web.contexts.task_students import CaseRow, CasesPage, Near, StudentPage
from hausgeist.web.forms import read_form
from hausgeist.web.pages import student_words as words
from hausgeist.web.pages.gate_words import percent
from hausgeist.web.pages.students_words import student_title
from hausgeist.web.pages.suspects_words import weak
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.pages.task_items import value_words
from hausgeist.web.pages.task_words import PARTITION_WORDS
from hausgeist.web.rendering import go, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

SHOWN = 10
DEEPEST = 1_000
TEXT_MOST = 2_000
NEAR_MOST = 240
ON = {
    Partition.DEV: N_("Development texts"),
    Partition.POOL: N_("Texts of the pool that it had not seen"),
}
DONE = {
    "fixed": N_("The label is put right. It counts from the next training on."),
    "kept": N_("The answer stays as people gave it; it is not asked about again."),
}


MEASURES = N_(
    "Development texts measure the student: with its answer in sight they are not changed, or it would look "
    "better than it is."
)


async def one(visit: Visit) -> Response:
    """``GET …/students/{student_id}`` with ``on``: what it mixes up on development or pool."""
    task, member = await opened(visit, Part.REVIEWER)
    bench = visit.house.bench
    student = await bench.students.get(task, str(visit.path_params["student_id"]))
    made = await frame(visit, task, member, "students")
    language = made.shell.language
    turn = translator(language)
    on = _on(visit)
    found = await bench.clinic.confusion(task, student, on)
    if not found.total and "on" not in visit.query_params:
        on = Partition.POOL
        found = await bench.clinic.confusion(task, student, on)
    at = f"/tasks/{task.id}/students/{student.id}"
    headline = turn(N_("It was not measured yet."))
    if found.total:
        headline = turn(N_("{right} of {total} answers are wholly right: {on}.")).format(
            right=number(found.right, language),
            total=number(found.total, language),
            on=turn(ON[on]),
        )
    context = StudentPage(
        frame=made,
        at=at,
        title=student_title(student, language),
        headline=headline,
        facts=words.facts(task, student, language),
        said=words.said(task, student, language),
        charts=words.charts(student, language),
        matrix=words.matrix(task, found, at, on.value, language),
        pairs=words.pairs(task, found, at, on.value, language),
        owner=member.part is Part.OWNER,
        errors=f"{at}/errors?on={on.value}" if found.right < found.total else "",
    )
    return page(visit, "task_student.html", context)


async def delete(visit: Visit) -> Response:
    """``POST …/students/{student_id}/delete``."""
    task, _ = await opened(visit)
    student_id = str(visit.path_params["student_id"])
    await visit.house.bench.students.delete(task, student_id, visit.principal.id)
    return go(f"/tasks/{task.id}/students?done=deleted")


async def errors(visit: Visit) -> Response:
    """``GET …/students/{student_id}/errors`` with ``on``, ``truth``, ``said``, ``from``."""
    task, _ = await opened(visit, Part.REVIEWER)
    student_id = str(visit.path_params["student_id"])
    student = await visit.house.bench.students.get(task, student_id)
    return await _errors(visit, task, student)


async def suspects(visit: Visit) -> Response:
    """``GET …/students/suspects``: answers of people that are probably wrong."""
    task, _ = await opened(visit, Part.REVIEWER)
    return await _suspects(visit, task)


async def settle(visit: Visit) -> Response:
    """``POST …/students/{student_id}/settle``: put a label right, or keep it as it is."""
    task, member = await opened(visit, Part.REVIEWER)
    bench = visit.house.bench
    student = await bench.students.get(task, str(visit.path_params["student_id"]))
    form = await read_form(visit)
    wanted, listed = form.text("do", "", most=20), form.ticked("suspect")
    try:
        case = await bench.clinic.case(task, student, form.text("item", "", most=32))
        if case.item.partition is not Partition.POOL:
            raise InvalidField(
                field="item", reason=N_("development texts are not changed here"), param="item"
            )
        value = _decided(task, case, wanted, form.text("label", "", most=200))
        reason = "" if value != case.truth else translator("en")(N_("kept"))
        await bench.room.decide(task, member, case.item.id, value, reason)
    except BadRequest as error:
        if listed:
            return await _suspects(visit, task, error)
        return await _errors(visit, task, student, error)
    done = "kept" if value == case.truth else "fixed"
    if listed:
        return go(f"/tasks/{task.id}/students/suspects?done={done}")
    asked = {"on": case.item.partition.value, "done": done}
    if form.ticked("cell"):
        asked |= {name: form.text(name, "", most=200) for name in ("truth", "said")}
    return go(f"/tasks/{task.id}/students/{student.id}/errors?{urlencode(asked)}")


def _decided(task: Task, case: Case, wanted: str, label: str) -> Value:
    if wanted == "rather" and case.said is not None:
        return case.said
    if wanted == "label" and task.kind is TaskKind.SINGLE:
        return Value((label,)) if label else Value()
    return case.truth


async def _errors(
    visit: Visit, task: Task, student: Student, error: HausgeistError | None = None
) -> Response:
    bench = visit.house.bench
    asked = visit.query_params
    on = _on(visit)
    cell = "truth" in asked and "said" in asked
    pair = (asked["truth"][:200], asked["said"][:200]) if cell else None
    first = _first(visit)
    found, total = await bench.clinic.cases(task, student, on, pair=pair, offset=first, most=SHOWN)
    _, member = await opened(visit, Part.REVIEWER)
    made = await frame(visit, task, member, "students")
    language = made.shell.language
    turn = translator(language)
    at = f"/tasks/{task.id}/students/{student.id}"
    kept = {"on": on.value} | ({"truth": pair[0], "said": pair[1]} if pair else {})
    more = ""
    if first + SHOWN < min(total, DEEPEST):
        more = f"{at}/errors?{urlencode(kept | {'from': first + SHOWN})}"
    title = turn(N_("Errors of {student}")).format(student=student_title(student, language))
    if pair:
        known = words.names(task, language)
        title += ": " + turn(N_("{truth} taken for {said}")).format(
            truth=known.get(pair[0], pair[0]), said=known.get(pair[1], pair[1])
        )
    lead = turn(N_("Texts on which people and the student differ, its surest errors first."))
    if on is Partition.DEV:
        lead += " " + turn(MEASURES)
    done = DONE.get(asked.get("done", ""), "")
    context = CasesPage(
        frame=made,
        at=at,
        back=at,
        title=title,
        lead=lead,
        cases=tuple(_row(task, one, language) for one in found),
        left=turn(N_("{first} to {last} of {total}")).format(
            first=number(first + 1, language),
            last=number(first + len(found), language),
            total=number(total, language),
        )
        if found
        else "",
        more=more,
        narrow=tuple(
            (turn(said), f"{at}/errors?on={one.value}", one is on and not pair)
            for one, said in ON.items()
        ),
        suspects=False,
        nothing=turn(N_("There is no such error.")),
        done=turn(done) if done else "",
        error=error.say(turn) if error else "",
        cell=kept if pair else {},
    )
    return page(visit, "task_cases.html", context, status=error.status if error else 200)


async def _suspects(visit: Visit, task: Task, error: HausgeistError | None = None) -> Response:
    bench = visit.house.bench
    marks = await bench.ordering.marks(task)
    _, member = await opened(visit, Part.REVIEWER)
    made = await frame(visit, task, member, "students")
    language = made.shell.language
    turn = translator(language)
    found: list[Case] = []
    total = 0
    at = f"/tasks/{task.id}/students"
    if marks.student:
        student = await bench.students.get(task, marks.student)
        found, total = await bench.clinic.suspects(task, student, most=SHOWN)
        at = f"{at}/{student.id}"
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = CasesPage(
        frame=made,
        at=at,
        back=f"/tasks/{task.id}/students",
        title=turn(N_("Probably mislabelled")),
        lead=turn(
            N_(
                "A student that had not seen these texts is surer of another answer than it usually is of "
                "that one. It may be wrong: look, then keep the answer or put it right."
            )
        ),
        cases=tuple(_row(task, one, language) for one in found),
        left=turn(N_("{count} to look at")).format(count=number(total, language)) if found else "",
        more="",
        narrow=(),
        suspects=True,
        nothing=weak(marks.weak, language) or turn(N_("No answer looks wrong.")),
        done=turn(done) if done else "",
        error=error.say(turn) if error else "",
        cell={},
    )
    return page(visit, "task_cases.html", context, status=error.status if error else 200)


def _row(task: Task, case: Case, language: str) -> CaseRow:
    turn = translator(language)
    text = case.item.text
    choices: tuple[tuple[str, str], ...] = ()
    pool = case.item.partition is Partition.POOL
    if task.kind is TaskKind.SINGLE and pool:
        choices = (*((one.key, one.name) for one in task.labels), ("", turn(N_("nothing"))))
    said = case.said
    rather = value_words(task, case.item, said) if said is not None else turn(N_("unreadable"))
    base = f"/tasks/{task.id}"
    return CaseRow(
        id=case.item.id,
        text=text if len(text) <= TEXT_MOST else f"{text[:TEXT_MOST]}…",
        partition=turn(PARTITION_WORDS[case.item.partition]),
        truth=value_words(task, case.item, case.truth),
        said=rather,
        score="" if case.score is None else percent(case.score, language),
        near=tuple(
            Near(
                one.text if len(one.text) <= NEAR_MOST else f"{one.text[:NEAR_MOST]}…",
                value_words(task, case.item, one.value),
                percent(one.likeness, language),
            )
            for one in case.near
        ),
        choices=choices,
        chosen=said.labels[0] if said is not None and said.labels else "",
        rather=rather if said is not None and pool else "",
        keep=pool,
        rule=f"{base}/rules?text={case.item.id}#write" if pool else "",
        similar=f"{base}/work?order=similar&like={case.item.id}",
        work=f"{base}/work?item={case.item.id}",
    )


def _on(visit: Visit) -> Partition:
    wanted = visit.query_params.get("on", "")
    return Partition.POOL if wanted == Partition.POOL.value else Partition.DEV


def _first(visit: Visit) -> int:
    said = visit.query_params.get("from", "")
    if not said:
        return 0
    if not said.isascii() or not said.isdigit() or int(said[:6]) > DEEPEST:
        raise NotFound
    return int(said[:6])


ROUTES = [
    page_get("/tasks/{task_id}/students/suspects", suspects, "Answers that are probably wrong"),
    page_get("/tasks/{task_id}/students/{student_id}", one, "A student"),
    page_post("/tasks/{task_id}/students/{student_id}/delete", delete, "Delete a student"),
    page_get("/tasks/{task_id}/students/{student_id}/errors", errors, "A student's errors"),
    page_post(
        "/tasks/{task_id}/students/{student_id}/settle", settle, "Put a label right, or keep it"
    ),
]
