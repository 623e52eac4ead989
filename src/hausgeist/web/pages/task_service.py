# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/service``: the check list, what is in service and how it does, and the way back.

Reviewers look; the owner brings students into service and takes them out.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from hausgeist.core.models import Capability
from hausgeist.core.service import CALLER, OWNER, Chain, Deployment, Stage, Template
from hausgeist.core.tasks import Part, Task
from hausgeist.errors import N_, BadRequest, Conflict, HausgeistError, InvalidField, NotFound
from hausgeist.locale import translator
from hausgeist.register.human_queue import DAILY
from hausgeist.register.promote import CANARY, EXCUSABLE, WRONG_MOST, CheckList, Wish
from hausgeist.store.students import Student
from hausgeist.web.amounts import number
from hausgeist.web.contexts.task_service import LiveCard, PastRow, ServicePage, WishForm
from hausgeist.web.forms import Form, read_form
from hausgeist.web.moments import moment_text
from hausgeist.web.pages import service_words as words
from hausgeist.web.pages.students_words import student_title
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.rendering import go, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

DONE = {
    "promoted": N_("The student is in service."),
    "shared": N_("Saved."),
    "full": N_("The student answers everything now."),
    "back": N_("Rolled back. Whoever answered before answers again."),
    "ended": N_("Nothing of this task is in service any more."),
    "seen": N_("The alarm is noted as seen."),
}
TEXT_MOST = 20_000


async def show(visit: Visit) -> Response:
    """``GET …/service``; ``student`` and ``wrong`` choose what the check list is for."""
    return await _page(visit)


async def promote(visit: Visit) -> Response:
    """``POST …/service``: bring a student into service, by the list."""
    task, member = await opened(visit)
    form = await read_form(visit)
    try:
        wish = _wish(form)
        await visit.house.bench.promote.promote(task, member, wish)
    except (BadRequest, Conflict) as error:
        return await _page(visit, error=error, form=form)
    return go(f"/tasks/{task.id}/service?done=promoted")


async def share(visit: Visit) -> Response:
    """``POST …/service/share``: another share for the trial, another share for the shadow."""
    task, member = await opened(visit)
    form = await read_form(visit)
    try:
        await visit.house.bench.promote.share(
            task, member, _percent(form, "share", 100.0), _percent(form, "shadow", 0.0)
        )
    except (BadRequest, Conflict) as error:
        return await _page(visit, error=error)
    return go(f"/tasks/{task.id}/service?done=shared")


async def full(visit: Visit) -> Response:
    """``POST …/service/full``: the student on trial answers everything."""
    task, member = await opened(visit)
    try:
        await visit.house.bench.promote.full(task, member)
    except Conflict as error:
        return await _page(visit, error=error)
    return go(f"/tasks/{task.id}/service?done=full")


async def back(visit: Visit) -> Response:
    """``POST …/service/back``: one step back."""
    task, member = await opened(visit)
    await visit.house.bench.promote.roll_back(task, member)
    return go(f"/tasks/{task.id}/service?done=back")


async def end(visit: Visit) -> Response:
    """``POST …/service/end``: take everything out of service."""
    task, member = await opened(visit)
    await visit.house.bench.promote.end(task, member)
    return go(f"/tasks/{task.id}/service?done=ended")


async def seen(visit: Visit) -> Response:
    """``POST …/service/seen``: the owner has seen an alarm."""
    task, member = await opened(visit)
    form = await read_form(visit)
    await visit.house.bench.drift.seen(task, member, form.text("deployment", most=32))
    return go(f"/tasks/{task.id}/service?done=seen")


def _wish(form: Form) -> Wish:
    system = form.exact("system", "", most=TEXT_MOST).replace("\r\n", "\n")
    prefix = form.exact("prefix", "", most=TEXT_MOST).replace("\r\n", "\n")
    suffix = form.exact("suffix", "", most=TEXT_MOST).replace("\r\n", "\n")
    template = None
    if system.strip() or prefix.strip():
        template = Template(
            system,
            prefix,
            suffix,
            form.text("model", "", most=200),
            named=form.ticked("named"),
        )
    readers = form.text("readers", "everyone", most=16)
    groups = {"everyone": None, "members": ()}.get(readers, form.many("groups"))
    return Wish(
        student_id=form.text("student", most=32),
        wrong_most=_percent(form, "wrong", WRONG_MOST * 100),
        share=_percent(form, "share", CANARY * 100),
        shadow=_percent(form, "shadow", 0.0),
        chain=Chain(
            rules=form.text("rules", "", most=32),
            teachers=form.many("teachers")[:5],
            queue=form.ticked("queue"),
            groups=groups,
            template=template,
            payer=OWNER if form.text("payer", CALLER, most=16) == OWNER else CALLER,
        ),
        review_at=_day(form.text("review", "", most=10)),
        exception=form.text("exception", "", most=600),
        threshold=_percent(form, "threshold", 50.0),
    )


def _percent(form: Form, name: str, default: float) -> float:
    said = form.text(name, "", most=10).replace(",", ".").removesuffix("%").strip()
    if not said:
        return default / 100
    try:
        found = float(said)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 100:
        raise InvalidField(field=name, reason=N_("a share is from 0 to 100 percent"), param=name)
    return found / 100


def _day(said: str) -> int:
    if not said:
        return 0
    try:
        day = datetime.strptime(said, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidField(
            field="review", reason=N_("a day is wanted, such as 2027-03-01"), param="review"
        ) from None
    return int(day.timestamp() * 1000)


async def _page(
    visit: Visit, *, error: HausgeistError | None = None, form: Form | None = None
) -> Response:
    task, member = await opened(visit, Part.REVIEWER)
    bench = visit.house.bench
    made = await frame(visit, task, member, "service")
    language = made.shell.language
    turn = translator(language)
    students = await bench.students.list(task)
    every = await bench.promote.of_task(task)
    running = [one for one in every if one.state is not Stage.ENDED]
    template = every[0].chain.template if every else await bench.traffic.template_of(task.id)
    chain = replace(every[0].chain if every else Chain(), template=template)
    wanted = _wanted(visit, form, students, chain)
    found = await _checked(visit, task, wanted) if wanted.student else None
    numbers = {one.id: one.number for one in students}
    done = DONE.get(visit.query_params.get("done", ""), "")
    groups = await visit.house.identity.groups.all() if member.may(Part.OWNER) else ()
    open_checks = found.open if found else ()
    context = ServicePage(
        shell=made.shell,
        frame=made,
        lead=turn(
            N_(
                "A student in service answers at an address of its own, and if you wish in the place of "
                "the model whose prompt it has learnt. What it is not sure of goes on to the next."
            )
        ),
        address=f"/v1/tasks/{task.name}",
        snippets=words.snippets(_house(visit), task, language),
        live=tuple([await _card(visit, task, one, numbers, language) for one in running]),
        can_go_back=bool(running),
        owner=member.may(Part.OWNER) and member.part is Part.OWNER,
        students=tuple((one.id, student_title(one, language)) for one in students),
        rules=(
            ("", turn(N_("none"))),
            *((one.id, f"v{one.number}") for one in students if one.rung == "rules"),
        ),
        models=tuple(
            (card.id, f"{card.name} ({turn(words.ZONES[card.zone.value])})")
            for card in visit.house.gateway.directory.offered(visit.principal)
            if card.can(Capability.COMPLETION)
        ),
        groups=tuple((one.id, one.title) for one in groups),
        checks=words.checks(found, language) if found else (),
        bound=words.bound(found, language) if found else "",
        ready=found is not None and not open_checks,
        excusable=bool(open_checks) and all(key in EXCUSABLE for key in open_checks),
        form=wanted,
        payers=tuple((one, turn(said)) for one, said in words.PAYERS.items()),
        people=number(DAILY, language),
        past=tuple(
            PastRow(
                _title(one, numbers, language),
                turn(N_("{begun} to {ended}")).format(
                    begun=moment_text(one.started_at, language),
                    ended=moment_text(one.ended_at, language) if one.ended_at else "",
                ),
                words.exception(one, language),
            )
            for one in every
            if one.state is Stage.ENDED
        ),
        done=turn(done) if done else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "task_service.html", context, status=error.status if error else 200)


def _house(visit: Visit) -> str:
    """The address under which programs reach the house."""
    return (visit.house.settings.public_url or str(visit.base_url)).rstrip("/")


def _wanted(visit: Visit, form: Form | None, students: list[Student], chain: Chain) -> WishForm:
    """The form as it was sent, or as it begins: with the chain of before."""
    before = chain.template or Template("")
    readers = "everyone" if chain.groups is None else "groups" if chain.groups else "members"

    def said(name: str, default: str) -> str:
        if form is not None:
            return form.exact(name, default, most=TEXT_MOST)
        return visit.query_params.get(name, default)[:TEXT_MOST]

    student = said("student", students[0].id if students else "")
    if student not in {one.id for one in students}:
        student = students[0].id if students else ""
    return WishForm(
        student=student,
        wrong=said("wrong", f"{WRONG_MOST * 100:g}"),
        share=said("share", f"{CANARY * 100:g}"),
        shadow=said("shadow", "0"),
        rules=said("rules", chain.rules),
        teachers=form.many("teachers") if form else chain.teachers,
        queue=form.ticked("queue") if form else chain.queue,
        readers=said("readers", readers),
        groups=form.many("groups") if form else chain.groups or (),
        review=said("review", ""),
        exception=said("exception", ""),
        threshold=said("threshold", "50"),
        system=said("system", before.system),
        prefix=said("prefix", before.prefix),
        suffix=said("suffix", before.suffix),
        model=said("model", before.model),
        named=form.ticked("named") if form else before.named,
        payer=said("payer", chain.payer),
    )


async def _checked(visit: Visit, task: Task, wanted: WishForm) -> CheckList | None:
    try:
        wrong = float(wanted.wrong.replace(",", ".")) / 100
    except ValueError:
        wrong = WRONG_MOST
    wish = Wish(
        student_id=wanted.student,
        wrong_most=min(1.0, max(0.0001, wrong)),
        chain=Chain(teachers=wanted.teachers, queue=wanted.queue),
    )
    try:
        return await visit.house.bench.promote.check(task, wish)
    except NotFound:
        return None


async def _card(
    visit: Visit, task: Task, made: Deployment, numbers: dict[str, int], language: str
) -> LiveCard:
    turn = translator(language)
    health = await visit.house.bench.drift.health(task, made)
    trial = made.state is Stage.CANARY
    alarm: dict[str, Any] = made.checks.get("alarm") or {}
    template = made.chain.template
    return LiveCard(
        id=made.id,
        title=_title(made, numbers, language),
        state=turn(N_("on trial")) if trial else turn(N_("answers everything")),
        tone="accent" if trial else "good",
        facts=words.facts(made, health, language),
        exception=words.exception(made, language),
        trial=trial,
        share=f"{made.share * 100:g}",
        shadow=f"{made.shadow * 100:g}",
        alarm=turn(N_("Alarm since {when}")).format(when=moment_text(alarm["at"], language))
        if alarm
        else "",
        alarms=words.alarms(alarm, language),
        charts=words.charts(health, made, language),
        template=words.template(template, language) if template else "",
    )


def _title(made: Deployment, numbers: dict[str, int], language: str) -> str:
    version = numbers.get(made.student_id, made.checks.get("student", "?"))
    said = translator(language)(N_("Service {number}: student v{version}"))
    return said.format(number=number(made.number, language), version=version)


ROUTES = [
    page_get("/tasks/{task_id}/service", show, "A task's student in service"),
    page_post("/tasks/{task_id}/service", promote, "Bring a student into service"),
    page_post("/tasks/{task_id}/service/share", share, "Change the share of a trial"),
    page_post("/tasks/{task_id}/service/full", full, "Let the student on trial answer everything"),
    page_post("/tasks/{task_id}/service/back", back, "Go back by one step"),
    page_post("/tasks/{task_id}/service/end", end, "Take a task out of service"),
    page_post("/tasks/{task_id}/service/seen", seen, "Note an alarm as seen"),
]
