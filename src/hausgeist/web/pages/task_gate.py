# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/gate``: how many texts it takes, the live meter, openings and verdicts.

Reviewers look; the owner opens. The calculator works before anything is labelled.
"""

import asyncio
import json

from starlette.responses import Response

from hausgeist.core.tasks import Part, Task
from hausgeist.errors import N_, BadRequest, Conflict, HausgeistError, NotAllowed
from hausgeist.locale import translator
from hausgeist.register.gate import MISSING, Entry, State, sized
from hausgeist.register.verdict_export import script
from hausgeist.render.intervals import evidence as drawn
from hausgeist.training.rungs import RUNGS
from hausgeist.web.amounts import number
from hausgeist.web.contexts.task_gate import Calculator, GatePage, HistoryRow, VerdictPage
from hausgeist.web.disposition import attachment
from hausgeist.web.forms import read_form
from hausgeist.web.moments import moment_text
from hausgeist.web.pages import gate_words as words
from hausgeist.web.pages.jobs import job_view
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.rendering import go, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

ENOUGH = 20.0
GAPS = (1, 2, 3, 5, 8)
DONE = {
    "measured": N_("Everybody answers the open texts now; the meter follows."),
    "topped": N_(
        "The gold set has a new version. Its new texts wait to be answered by two people."
    ),
}


async def show(visit: Visit) -> Response:
    """``GET …/gate`` with ``gap``, ``differ`` and ``margin`` for the calculator, in points and percent."""
    return await _page(visit)


async def open_gold(visit: Visit) -> Response:
    """``POST …/gate``: open the gold set for a student, with a typed reason."""
    task, member = await opened(visit)
    form = await read_form(visit)
    student, reason = form.text("student", "", most=32), form.text("reason", "", most=600)
    gate = visit.house.bench.gate
    try:
        made, _ = await gate.open(
            task, member, student, reason=reason, consented=form.ticked("consent")
        )
    except (BadRequest, Conflict, NotAllowed) as error:
        return await _page(visit, error=error, reason=reason)
    return go(f"/tasks/{task.id}/gate/{made.id}")


async def measure(visit: Visit) -> Response:
    """``POST …/gate/measure``: have everybody answer the open texts, for meter and comparison."""
    task, _ = await opened(visit, Part.REVIEWER)
    await visit.house.bench.gate.measure(task, by=visit.principal.id)
    return go(f"/tasks/{task.id}/gate?done=measured")


async def top_up(visit: Visit) -> Response:
    """``POST …/gate/top-up``: draw 30 percent more gold, as a new version."""
    task, _ = await opened(visit)
    try:
        await visit.house.bench.partitions.top_up(task.id, visit.principal.id)
    except (BadRequest, Conflict) as error:
        return await _page(visit, error=error)
    return go(f"/tasks/{task.id}/gate?done=topped")


async def one(visit: Visit) -> Response:
    """``GET …/gate/{opening_id}``: an opening with its verdict, or how far it is."""
    task, member = await opened(visit, Part.REVIEWER)
    entry = await visit.house.bench.gate.verdict(task, visit.path_params["opening_id"])
    made = await frame(visit, task, member, "gate")
    language = made.shell.language
    turn = translator(language)
    opening, kept = entry.opening, entry.kept
    head, tone = ("", "")
    if kept is not None:
        head, tone = words.headline(kept.verdict, kept.evidence, language)
    title = turn(N_("Opening {number} of gold version {version}: student v{student}"))
    context = VerdictPage(
        shell=made.shell,
        frame=made,
        at=f"/tasks/{task.id}/gate/{opening.id}",
        title=title.format(
            number=opening.number, version=opening.gold_version, student=entry.student or "?"
        ),
        headline=head,
        tone=tone,
        void=turn(N_("The gold set was changed after this opening: the verdict is void."))
        if entry.void
        else "",
        sentences=words.sentences(kept.evidence, language) if kept else (),
        charts=words.charts(kept.evidence, language) if kept else (),
        figures=words.figures(kept.evidence, language) if kept else (),
        tables=words.tables(kept.evidence, language, _names(task)) if kept else (),
        job=job_view(entry.job, language) if entry.job and kept is None else None,
        waiting=" ".join(
            one for one in (_reason(entry, language), _people(entry, language)) if one
        ),
        decided=kept is not None,
    )
    return page(visit, "task_verdict.html", context)


async def again(visit: Visit) -> Response:
    """``POST …/gate/{opening_id}/again``: go on with an opening whose work has ended without a verdict."""
    task, member = await opened(visit)
    opening_id = visit.path_params["opening_id"]
    try:
        await visit.house.bench.gate.again(task, member, opening_id)
    except Conflict as error:
        return await _page(visit, error=error)
    return go(f"/tasks/{task.id}/gate/{opening_id}")


async def verdict_file(visit: Visit) -> Response:
    """``GET …/gate/{opening_id}/verdict.json``: everything the verdict was made of, without texts."""
    task, _ = await opened(visit, Part.REVIEWER)
    found = await visit.house.bench.gate.export(task, visit.path_params["opening_id"])
    # ten thousand items take a while: others are served meanwhile
    text = await asyncio.to_thread(json.dumps, found, ensure_ascii=False, indent=1)
    return _file(text, "application/json", "verdict.json")


async def script_file(visit: Visit) -> Response:
    """``GET …/gate/{opening_id}/recompute.py``: the script that recomputes the verdict from its file."""
    task, _ = await opened(visit, Part.REVIEWER)
    await visit.house.bench.gate.verdict(task, visit.path_params["opening_id"])
    return _file(script(), "text/x-python", "recompute.py")


def _file(text: str, media: str, name: str) -> Response:
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store"}
    return Response(text, media_type=f"{media}; charset=utf-8", headers=headers)


def _reason(entry: Entry, language: str) -> str:
    turn = translator(language)
    said = turn(N_("Opened {when}. Reason: {reason}"))
    return said.format(when=moment_text(entry.opening.at, language), reason=entry.opening.reason)


def _people(entry: Entry, language: str) -> str:
    """How many texts people judge where they judge only some; nothing of which these are."""
    if entry.kept is not None or entry.differ is None:
        return ""
    words = translator(language)(
        N_(
            "The two differ on {differ} texts. With some on which both say the same, people get {asked}; "
            "{open} of these are open."
        )
    )
    return words.format(
        differ=number(entry.differ, language),
        asked=number(entry.asked, language),
        open=number(entry.open, language),
    )


async def _page(visit: Visit, *, error: HausgeistError | None = None, reason: str = "") -> Response:
    task, member = await opened(visit, Part.REVIEWER)
    state = await visit.house.bench.gate.state(task)
    made = await frame(visit, task, member, "gate")
    language = made.shell.language
    turn = translator(language)
    running = next(
        (
            one.job
            for one in state.history
            if one.kept is None and one.job and not one.job.state.over
        ),
        None,
    )
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = GatePage(
        shell=made.shell,
        frame=made,
        lead=turn(
            N_(
                "A student takes the teacher's place only after a sealed, blind test says so. Metric, margin "
                "and groups are fixed before; every opening counts."
            )
        ),
        gold=tuple(
            (turn(words.GOLD[name]), number(count, language)) for name, count in state.gold.items()
        ),
        missing=tuple(turn(MISSING[name]) for name in state.missing),
        power=_power(task, state, language),
        calculator=_calculator(visit, task, state, language),
        meter=drawn(
            turn(N_("Evidence after each text that only one of the two had right")),
            state.live.meter.path,
            ENOUGH,
            turn(N_("enough to say who is better")),
        ),
        meter_path=state.live.counted > 0,
        meter_words=_meter(state, language),
        meter_facts=(
            (turn(N_("only the student right")), number(state.live.meter.wins, language)),
            (turn(N_("only the teacher right")), number(state.live.meter.losses, language)),
            (turn(N_("texts counted")), number(state.live.counted, language)),
            (turn(N_("wait to be measured")), number(state.live.waiting, language)),
        ),
        standings=tuple(
            (
                turn(words.KINDS[one.kind]) + _number(state, one.id),
                words.percent(one.quality.estimate, language),
                words.within(one.quality.low, one.quality.high, language),
                number(one.items, language),
            )
            for one in state.comparison.standings
        ),
        students=tuple(
            (
                one.id,
                f"v{one.number} · {turn(RUNGS[one.rung].title if one.rung in RUNGS else one.rung)}",
            )
            for one in state.candidates
        ),
        plan=(
            (turn(N_("Metric")), turn(words.METRICS[state.plan.metric.value])),
            (
                turn(N_("Margin")),
                turn(N_("{gap} points")).format(gap=words.points(state.plan.margin, language)),
            ),
            (turn(N_("Protected groups")), ", ".join(state.plan.slices) or words.NOTHING),
            (
                turn(N_("People judge")),
                turn(
                    N_("only texts on which the two differ: only the difference will be known")
                    if state.plan.differing
                    else N_("all gold texts, before it is opened")
                ),
            ),
            (
                turn(N_("Chance of a false pass")),
                words.chance(_opened(state), state.left, language),
            ),
        ),
        left=turn(N_("{left} of {all} openings of this gold version are left.")).format(
            left=state.left, all=task.openings
        ),
        may_open=member.may(Part.OWNER),
        ready=state.ready,
        topped="spent" in state.missing or "plan_changed" in state.missing,
        history=tuple(_row(task, one, language) for one in state.history),
        job=job_view(running, language) if running else None,
        reason=reason,
        done=turn(done) if done else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "task_gate.html", context, status=error.status if error else 200)


def _opened(state: State) -> int:
    """How often this version was opened."""
    return sum(
        one.opening.gold_version == state.version and bool(one.opening.student_id)
        for one in state.history
    )


def _names(task: Task) -> dict[str, str]:
    """What labels and fields are called, by their keys."""
    fields = {one.key: one.name for one in task.fields}
    return {one.key: one.name for one in task.labels} | fields


def _number(state: State, student_id: str) -> str:
    found = next((one.number for one in state.candidates if one.id == student_id), None)
    return "" if found is None else f" v{found}"


def _row(task: Task, entry: Entry, language: str) -> HistoryRow:
    turn = translator(language)
    opening, kept = entry.opening, entry.kept
    href = f"/tasks/{task.id}/gate/{opening.id}"
    if not opening.student_id:  # no opening: it left the house, and is spent
        title = turn(N_("Version {version}: taken along with its answers"))
        title = title.format(version=opening.gold_version)
        when = moment_text(opening.at, language)
        return HistoryRow(f"/tasks/{task.id}/leave", title, turn(N_("spent")), "warn", when, "")
    title = turn(N_("Version {version}, opening {number}: student v{student}")).format(
        version=opening.gold_version, number=opening.number, student=entry.student or "?"
    )
    live = entry.job is not None and not entry.job.state.over
    if kept is None and entry.differ is not None and not live:
        said, tone = (
            (N_("waits for people"), "accent") if entry.open else (N_("judged: go on"), "good")
        )
        facts = f"{_people(entry, language)} {_reason(entry, language)}"
        return HistoryRow(
            href, title, turn(said), tone, facts, "" if entry.open else f"{href}/again"
        )
    if kept is None:
        said, tone = (N_("under way"), "accent") if live else (N_("broken off"), "warn")
        return HistoryRow(
            href, title, turn(said), tone, _reason(entry, language), "" if live else f"{href}/again"
        )
    if entry.void:
        return HistoryRow(
            href, title, turn(N_("void: gold changed")), "bad", _reason(entry, language), ""
        )
    said, tone = words.headline(kept.verdict, kept.evidence, language)
    return HistoryRow(href, title, said, tone, _reason(entry, language), "")


def _meter(state: State, language: str) -> str:
    turn, live = translator(language), state.live
    if not live.counted:
        return turn(N_("Nothing is counted yet: the meter needs texts that people answered blind."))
    if live.meter.decided is not None:
        return turn(
            N_("The student is ahead, and it is no accident.")
            if live.meter.ahead
            else N_("The teacher is ahead, and it is no accident.")
        )
    return turn(N_("Not enough yet to say who is better. You may look as often as you like."))


def _power(task: Task, state: State, language: str) -> tuple[str, ...]:
    turn, power = translator(language), state.power
    found = []
    if power.items:
        if power.gap is None:
            found.append(
                turn(N_("{items} gold texts cannot show a gap of any size yet.")).format(
                    items=number(power.items, language)
                )
            )
        else:
            found.append(
                turn(
                    N_(
                        "{items} gold texts show a gap of {gap} points or more in four of five cases."
                    )
                ).format(items=number(power.items, language), gap=words.points(power.gap, language))
            )
        found.append(
            turn(
                N_(
                    "If both are equally good, they show “not worse by {margin} points” with a chance of "
                    "{chance}."
                )
            ).format(
                margin=number(task.margin, language, 1),
                chance=words.percent(power.chance, language),
            )
        )
    if state.more and state.more > words.MORE_SAID:
        found.append(
            turn(
                N_(
                    "What is answered so far does not tell how many more gold texts it takes to decide."
                )
            )
        )
    elif state.more:
        found.append(
            turn(N_("About {count} more gold texts to decide.")).format(
                count=number(words.rounded(state.more), language)
            )
        )
    basis = N_("Computed with {share} of texts on which exactly one is right ({basis}).")
    known = N_("seen on development texts") if power.known else N_("assumed")
    found.append(turn(basis).format(share=words.percent(power.differ, language), basis=turn(known)))
    return tuple(found)


def _calculator(visit: Visit, task: Task, state: State, language: str) -> Calculator:
    turn = translator(language)
    gap = _asked(visit, "gap", 5.0)
    differ = _asked(visit, "differ", state.power.differ * 100)
    margin = _asked(visit, "margin", task.margin)
    found = sized(gap / 100, differ / 100, margin / 100, state.items)
    if found.to_differ is None:
        first = turn(N_("A gap cannot be wider than the share of texts on which they differ."))
    else:
        first = turn(N_("To see a gap of {gap} points: {items} gold texts.")).format(
            gap=number(gap, language, 1), items=number(found.to_differ, language)
        )
    answers = [first]
    if found.to_match is not None:
        said = turn(N_("To show “not worse by {margin} points”: {items} gold texts."))
        answers.append(
            said.format(margin=number(margin, language, 1), items=number(found.to_match, language))
        )
    shares = (4, 6, 10, 15, 20)
    rows = tuple(
        (
            turn(N_("{gap} points")).format(gap=one),
            *(
                words.NOTHING
                if (cell := sized(one / 100, share / 100, 0.01, 0).to_differ) is None
                else number(cell, language)
                for share in shares
            ),
        )
        for one in GAPS
    )
    columns = (turn(N_("True gap")), *(f"{share} %" for share in shares))
    return Calculator(
        number(gap, language, 1),
        number(differ, language, 1),
        number(margin, language, 1),
        tuple(answers),
        columns,
        rows,
    )


def _asked(visit: Visit, name: str, default: float) -> float:
    """A number of the address, 0.1 to 100; the default where it is none."""
    said = visit.query_params.get(name, "").replace(",", ".")
    try:
        value = float(said)
    except ValueError:
        return default
    return min(100.0, value) if value >= 0.1 else default


ROUTES = [
    page_get("/tasks/{task_id}/gate", show, "The gate of a task"),
    page_post("/tasks/{task_id}/gate", open_gold, "Open the gold set"),
    page_post("/tasks/{task_id}/gate/measure", measure, "Measure everybody on open texts"),
    page_post("/tasks/{task_id}/gate/top-up", top_up, "Draw more gold as a new version"),
    page_get("/tasks/{task_id}/gate/{opening_id}", one, "An opening with its verdict"),
    page_post("/tasks/{task_id}/gate/{opening_id}/again", again, "Go on with an opening"),
    page_get(
        "/tasks/{task_id}/gate/{opening_id}/verdict.json", verdict_file, "A verdict, item by item"
    ),
    page_get("/tasks/{task_id}/gate/{opening_id}/recompute.py", script_file, "Recompute a verdict"),
]
