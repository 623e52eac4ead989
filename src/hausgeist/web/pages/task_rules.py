# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/rules``: rules with their figures, a place to try them, proposals, conflicts."""

from dataclasses import replace

from starlette.responses import Response

from hausgeist.core.rules import RuleKind, RuleState
from hausgeist.core.tasks import FieldType, Part, Partition, Task, TaskKind
from hausgeist.errors import N_, BadRequest, HausgeistError, InvalidField, PatternWrong
from hausgeist.locale import translator
from hausgeist.register.rule_asking import Draft
from hausgeist.register.rule_scores import Board
from hausgeist.register.rule_trial import Trial
from hausgeist.store.tasks import Member
from hausgeist.web.amounts import number
from hausgeist.web.contexts.task_rules import RuleForm, RuleRow, RulesPage, TrialPage, TrialPart
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.pages.task_rules_words import (
    DONE,
    KINDS,
    SAMPLED,
    conflict_row,
    counted,
    row_of,
    trial_part,
    verdict,
)
from hausgeist.web.rendering import go, language_for, page, render
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

RULE_MOST = 4 * FORM_MOST
"""Bytes of the form of a rule: word lists are long."""


async def show(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/rules``; ``?rule=`` opens one to change it, ``?text=`` begins one for a text."""
    task, member = await opened(visit, Part.REVIEWER)
    wanted = visit.query_params.get("rule", "")
    form = RuleForm()
    if wanted:
        rule = await visit.house.bench.rules.get(task, wanted)
        form = RuleForm(
            rule=rule.id,
            kind=rule.kind.value,
            pattern=rule.pattern,
            label=rule.label,
            note=rule.note,
            must="\n".join(rule.must),
            must_not="\n".join(rule.must_not),
        )
    elif begun := visit.query_params.get("text", ""):
        item = await visit.house.bench.review.item(task, begun)
        if item.partition is Partition.POOL:  # the others are never looked at to write rules
            form = RuleForm(must=" ".join(item.text[:300].split()))
    return await _page(visit, task, member, form)


async def save(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/rules``: try, or keep, a rule that was written."""
    task, member = await opened(visit, Part.REVIEWER)
    form = await read_form(visit)
    typed = _typed(form)
    rules = visit.house.bench.rules
    try:
        draft = _draft(typed)
        if form.text("do", "save") == "try":
            trial = await rules.trial(task, draft, typed.rule)
            return await _page(visit, task, member, typed, trial=trial)
        if typed.rule:
            await rules.edit(task, member, typed.rule, draft)
        else:
            await rules.add(task, member, draft)
    except BadRequest as error:
        return await _page(visit, task, member, typed, error=error)
    return go(f"/tasks/{task.id}/rules?done=saved")


async def tried(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/rules/try``: the part of the page that says what a draft would find."""
    task, _ = await opened(visit, Part.REVIEWER)
    typed = _typed(await read_form(visit))
    language = language_for(visit)
    try:
        part = trial_part(
            await visit.house.bench.rules.trial(task, _draft(typed), typed.rule), language
        )
    except BadRequest as error:
        at = error.at if isinstance(error, PatternWrong) else 0
        part = TrialPart(error=error.say(translator(language)), at=at)
    body = render(language, "parts/rule_trial.html", TrialPage(part))
    return Response(
        body, media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


async def count(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/rules/count``: propose what confirmed answers show."""
    task, member = await opened(visit, Part.REVIEWER)
    new = await visit.house.bench.rules.count(task, member)
    return go(f"/tasks/{task.id}/rules?done={'proposed' if new else 'nothing'}#proposals")


async def ask(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/rules/ask``: a job asks the teacher for rules of a label, or of all."""
    task, member = await opened(visit, Part.REVIEWER)
    form = await read_form(visit)
    if not task.teacher:
        error = InvalidField(
            field="label", reason=N_("the task has no teacher yet: choose one in its settings")
        )
        return await _page(visit, task, member, RuleForm(), error=error)
    label = form.text("label", "")
    params = {"labels": [label.partition("=")[0]]} if label else {}
    await visit.house.bench.jobs.submit(
        "rules", task_id=task.id, by=visit.principal.id, params=params, once=True
    )
    return go(f"/tasks/{task.id}/rules?done=asked")


async def switch(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/rules/{rule_id}/switch`` with ``on``."""
    task, member = await opened(visit, Part.REVIEWER)
    form = await read_form(visit)
    try:
        await visit.house.bench.rules.switch(
            task, member, visit.path_params["rule_id"], on=form.ticked("on")
        )
    except BadRequest as error:
        return await _page(visit, task, member, RuleForm(), error=error)
    return go(f"/tasks/{task.id}/rules?done=switched")


async def move(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/rules/{rule_id}/move`` with ``to``: up or down among those that decide."""
    task, member = await opened(visit, Part.REVIEWER)
    form = await read_form(visit)
    rules = visit.house.bench.rules
    rule = await rules.get(task, visit.path_params["rule_id"])
    found = await rules.of(task)
    shown = [one for one in found if one.state is not RuleState.PROPOSED]
    ids = [one.id for one in shown]
    if rule.id in ids:
        beside = ids.index(rule.id) + (-1 if form.text("to", "up") == "up" else 1)
        if 0 <= beside < len(ids):
            to = [one.id for one in found].index(ids[beside])
            await rules.move(task, member, rule.id, to)
    return go(f"/tasks/{task.id}/rules#rules")


async def delete(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/rules/{rule_id}/delete``: also rejects a proposal."""
    task, member = await opened(visit, Part.REVIEWER)
    await visit.house.bench.rules.delete(task, member, visit.path_params["rule_id"])
    return go(f"/tasks/{task.id}/rules?done=deleted")


def _typed(form: Form) -> RuleForm:
    return RuleForm(
        rule=form.text("rule", "", most=32),
        kind=form.text("kind", "words"),
        pattern=form.exact("pattern", "", most=200_000).replace("\r\n", "\n"),
        label=form.text("label", "", most=200),
        note=form.text("note", "", most=2_000),
        must=form.exact("must", "", most=100_000),
        must_not=form.exact("must_not", "", most=100_000),
    )


def _draft(typed: RuleForm) -> Draft:
    if typed.kind not in {one.value for one in RuleKind}:
        raise InvalidField(field="kind", reason=N_("choose one of those on the page"), param="kind")
    if "\x00" in typed.pattern + typed.must + typed.must_not:
        raise InvalidField(field="pattern", reason=N_("use letters and digits"), param="pattern")
    return Draft(
        kind=RuleKind(typed.kind),
        pattern=typed.pattern,
        label=typed.label,
        note=typed.note,
        must=_lines(typed.must),
        must_not=_lines(typed.must_not),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


async def _page(
    visit: Visit,
    task: Task,
    member: Member,
    form: RuleForm,
    *,
    trial: Trial | None = None,
    error: HausgeistError | None = None,
) -> Response:
    made = await frame(visit, task, member, "rules")
    language = made.shell.language
    turn = translator(language)
    board = await visit.house.bench.rules.board(task)
    labels = label_words(task)
    names = dict(labels)
    rows = [row_of(one, names, language) for one in board.scored]
    decided = [one for one in rows if one.state != RuleState.PROPOSED.value]
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = RulesPage(
        frame=made,
        verdict=verdict(board, task, language),
        figures=counted(board, language),
        rules=tuple(_placed(decided)),
        proposals=tuple(one for one in rows if one.state == RuleState.PROPOSED.value),
        conflicts=tuple(conflict_row(one, board, names, language) for one in board.conflicts),
        form=form,
        labels=labels,
        kinds=tuple((kind.value, turn(words)) for kind, words in KINDS.items()),
        teacher=task.teacher,
        sampled=_sampled(board, language),
        trial=trial_part(trial, language) if trial else None,
        done=turn(done) if done else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "task_rules.html", context, status=error.status if error else 200)


def _placed(rows: list[RuleRow]) -> list[RuleRow]:
    return [
        replace(row, first=place == 0, last=place == len(rows) - 1)
        for place, row in enumerate(rows)
    ]


def _sampled(board: Board, language: str) -> str:
    if board.sample >= board.pool:
        return ""
    turn = translator(language)
    return turn(SAMPLED).format(
        sample=number(board.sample, language), pool=number(board.pool, language)
    )


def label_words(task: Task) -> tuple[tuple[str, str], ...]:
    """What a rule may say: labels; fields, and the values of those that have few."""
    if task.kind is not TaskKind.RECORD:
        return tuple((one.key, one.name) for one in task.labels)
    found: list[tuple[str, str]] = []
    for one in task.fields:
        found.append((one.key, one.name))
        values = ("yes", "no") if one.type is FieldType.FLAG else one.choices
        found += [(f"{one.key}={value}", f"{one.name} = {value}") for value in values]
    return tuple(found)


ROUTES = [
    page_get("/tasks/{task_id}/rules", show, "Rules of a task"),
    page_post("/tasks/{task_id}/rules", save, "Write or try a rule", RULE_MOST),
    page_post("/tasks/{task_id}/rules/try", tried, "What a rule would find", RULE_MOST),
    page_post("/tasks/{task_id}/rules/count", count, "Propose rules from answers"),
    page_post("/tasks/{task_id}/rules/ask", ask, "Ask the teacher for rules"),
    page_post("/tasks/{task_id}/rules/{rule_id}/switch", switch, "Switch a rule on or off"),
    page_post("/tasks/{task_id}/rules/{rule_id}/move", move, "Move a rule in the order"),
    page_post("/tasks/{task_id}/rules/{rule_id}/delete", delete, "Delete or reject a rule"),
]
