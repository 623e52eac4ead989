# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/suggestions``: choose a teacher, see what it would cost, start it, look at what came.

Owners start runs; reviewers look. What a run costs, and where the texts go, is told before it starts.
"""

from dataclasses import replace

from starlette.responses import Response

from hausgeist.core.jobs import Job
from hausgeist.core.tasks import Part, Task, TaskKind
from hausgeist.errors import (
    N_,
    REASONS,
    BadRequest,
    Conflict,
    HausgeistError,
    InvalidField,
    NotAllowed,
    UnknownModel,
)
from hausgeist.locale import translator
from hausgeist.store import items
from hausgeist.store.suggestions import STATES, Suggestion
from hausgeist.web.amounts import euros, number, price
from hausgeist.web.contexts.task_suggestions import (
    PlanView,
    RoundRow,
    SaidRow,
    SuggestionsPage,
    TeacherRow,
)
from hausgeist.web.forms import Form, read_form
from hausgeist.web.moments import moment_text
from hausgeist.web.pages import suggestion_words as words
from hausgeist.web.pages.jobs import job_view
from hausgeist.web.pages.suggestion_words import Turn
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.rendering import go, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit
from hausgeist.workbench.suggest import (
    KIND,
    LIMIT_MOST,
    RETRIED,
    SHOTS_MOST,
    TRIED,
    Agreement,
    Plan,
    Round,
    Teacher,
)
from hausgeist.workbench.tasks import PROMPT_MOST
from hausgeist.workbench.teacher import Wish, recipe

LISTED = 20
TEXT_MOST = 4_000
"""Characters of a text that the preview shows."""
DONE = {
    "words": N_("The words are saved. The next run asks with them, as a new prompt."),
    "recipe": N_("The recipe's own words are used again."),
}


async def show(visit: Visit) -> Response:
    """``GET …/suggestions`` with ``model``, ``reason``, ``shots``, ``limit``; ``version`` and ``state``."""
    return await _page(visit)


async def start(visit: Visit) -> Response:
    """``POST …/suggestions``: start a run, or try the prompt on a few texts."""
    task, member = await opened(visit)
    form = await read_form(visit)
    try:
        limit = TRIED if form.text("trial", "") else _whole(form.text("limit", ""), "limit")
        wish = _wish(task, form)
        suggest = visit.house.bench.suggest
        await suggest.start(
            task, member, visit.principal, wish, limit=limit, consented=form.ticked("consent")
        )
        if task.teacher != wish.model:
            await _keep(visit, task, teacher=wish.model)
        version = (await suggest.plan(task, visit.principal, wish)).prompt.version
    except (BadRequest, Conflict, NotAllowed, UnknownModel) as error:
        return await _page(visit, error=error)
    return go(f"/tasks/{task.id}/suggestions?version={version}")


async def retry(visit: Visit) -> Response:
    """``POST …/suggestions/retry``: ask the same prompt again where it came to nothing."""
    task, _ = await opened(visit)
    form = await read_form(visit)
    version, state = form.text("version", most=64), form.text("state", "")
    states = [state] if state in RETRIED else list(RETRIED)
    try:
        await visit.house.bench.suggest.retry(
            task, visit.principal, version, states, consented=form.ticked("consent")
        )
    except (BadRequest, Conflict, NotAllowed, UnknownModel) as error:
        return await _page(visit, error=error)
    return go(f"/tasks/{task.id}/suggestions?version={version}")


async def save_words(visit: Visit) -> Response:
    """``POST …/suggestions/words``: the owner's own words, or the recipe's again where there are none."""
    task, _ = await opened(visit)
    form = await read_form(visit)
    said = form.exact("words", "", most=PROMPT_MOST).replace("\r\n", "\n").strip()
    own = "" if form.text("recipe", "") or said == _recipe(task) else said
    await _keep(visit, task, prompt=own)
    return go(f"/tasks/{task.id}/suggestions?done={'words' if own else 'recipe'}")


async def _keep(visit: Visit, task: Task, **changed: str) -> None:
    changed_task = replace(task, **changed)  # type: ignore[arg-type]  # words both
    await visit.house.bench.tasks.change(changed_task, visit.principal.id)


async def _page(visit: Visit, *, error: HausgeistError | None = None) -> Response:
    task, member = await opened(visit, Part.REVIEWER)
    made = await frame(visit, task, member, "suggestions")
    language, turn = made.shell.language, translator(made.shell.language)
    suggest, asked = visit.house.bench.suggest, visit.query_params
    job = await _job(visit, task)
    may_ask = member.may(Part.OWNER)
    every = suggest.teachers(task, visit.principal) if may_ask else []
    own = f"task/{task.name}"  # a student does not teach itself
    teachers = [one for one in every if one.card.id != own]
    model = (
        asked.get("model", "")
        or task.teacher
        or next((one.card.id for one in teachers if one.permitted), "")
    )
    plan = None
    shots = min(_digits(asked.get("shots", "")) or 0, SHOTS_MOST)
    wish = Wish(model=model, words=task.prompt, reason=asked.get("reason") == "yes", shots=shots)
    limit = min(_digits(asked.get("limit", "")) or 0, LIMIT_MOST) or None
    if any(one.card.id == model for one in teachers):
        plan = await suggest.plan(task, visit.principal, wish, limit=limit)
    rounds = await suggest.rounds(task)
    version = asked.get("version", "")
    here = next((one for one in rounds if one.row.version == version), None)
    state = asked.get("state", "") if asked.get("state", "") in STATES else ""
    first = max(0, _digits(asked.get("from", "")) or 0)
    said = await _said(visit, task, version, state, first, language) if here else ()
    link = f"/tasks/{task.id}/suggestions?version={version}&state={state}"
    stopped = str(job.result.get("stopped", "")) if job and job.state.over else ""
    done = DONE.get(asked.get("done", ""), "")
    context = SuggestionsPage(
        frame=made,
        may_ask=may_ask,
        job=job_view(job, language) if job else None,
        ended=turn(words.STOPPED[stopped]) if stopped in words.STOPPED else "",
        teachers=tuple(_teacher(one, model, language, turn) for one in teachers),
        reason=wish.reason,
        shots=wish.shots,
        limit=str(limit or ""),
        words=task.prompt or _recipe(task),
        recipe="" if not task.prompt else _recipe(task),
        plan=None if plan is None else _plan(task, plan, language, turn),
        rounds=tuple(
            [
                _round(one, version, await suggest.agreement(task, one.row.version), language, turn)
                for one in rounds
            ]
        ),
        version=here.row.version if here else "",
        version_name=f"p{here.row.number}" if here else "",
        state=state,
        said=said[:LISTED],
        before=f"{link}&from={max(0, first - LISTED)}" if first else "",
        after=f"{link}&from={first + LISTED}" if len(said) > LISTED else "",
        retry=here is not None and any(here.tally.states.get(one) for one in RETRIED),
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    return page(visit, "task_suggestions.html", context, status=error.status if error else 200)


async def _job(visit: Visit, task: Task) -> Job | None:
    """The latest run of the task."""
    found = await visit.house.bench.jobs.of_task(task.id)
    return next((one for one in found if one.kind == KIND), None)


async def _said(  # noqa: PLR0917  what a list is made of
    visit: Visit, task: Task, version: str, state: str, first: int, language: str
) -> tuple[SaidRow, ...]:
    turn = translator(language)
    bench = visit.house.bench
    found = await bench.suggest.listed(task, version, state, offset=first, most=LISTED + 1)
    texts = {one.item_id: head for one, head in found}
    if task.kind is TaskKind.SPANS:  # what is quoted may stand behind the head
        ids = list(texts)
        whole = await bench.ground.store.read(lambda c: items.several(c, task.id, ids))
        texts = {item_id: one.text for item_id, one in whole.items()}
    return tuple(
        _said_row(task, one, head, texts.get(one.item_id, head), language, turn)
        for one, head in found
    )


def _said_row(  # noqa: PLR0917  what a row is made of
    task: Task, one: Suggestion, head: str, text: str, language: str, turn: Turn
) -> SaidRow:
    state, tone = words.STATES[one.state]
    facts = [one.model]
    if one.tokens is not None:
        facts.append(turn(N_("{count} tokens")).format(count=number(one.tokens, language)))
    if one.micro_eur is not None:
        facts.append(euros(one.micro_eur, language, 4))
    if one.tries > 1:
        facts.append(turn(N_("asked {count} times")).format(count=one.tries))
    if one.lost:
        facts.append(turn(N_("{count} not found in the text")).format(count=one.lost))
    return SaidRow(
        item=one.item_id,
        head=head,
        answer=words.answer_words(task, one.value, text, turn),
        state=turn(state),
        tone=tone,
        why=words.why(one.code, turn),
        raw=one.raw[:1_000],
        score="" if one.score is None else f"{number(100 * one.score, language)} %",
        reason=one.reason,
        facts=" · ".join(facts),
    )


def _teacher(one: Teacher, chosen: str, language: str, turn: Turn) -> TeacherRow:
    card = one.card
    cost = turn(N_("price unknown"))
    if card.price is not None:
        cost = turn(N_("{input} € in, {output} € out, per million tokens")).format(
            input=price(card.price.input, language), output=price(card.price.output, language)
        )
    terms, tone = words.TERMS[one.terms]
    why = " ".join(
        [turn(REASONS[code]) for code in one.decision.reasons if code in REASONS]
        + list(one.decision.notes)
    )
    return TeacherRow(
        id=card.id,
        name=card.name,
        zone=card.zone.value,
        price=cost,
        terms=turn(terms),
        terms_tone=tone,
        permitted=one.permitted,
        why=why,
        chosen=card.id == chosen,
    )


def _plan(task: Task, plan: Plan, language: str, turn: Turn) -> PlanView:
    card, unknown = plan.teacher.card, turn(N_("unknown"))
    minutes = None if plan.ms is None else max(1, round(plan.ms / 60_000))
    how = (
        turn(N_("measured on this prompt's answers"))
        if plan.measured
        else turn(N_("estimated from a sample"))
    )
    facts = (
        (turn(N_("Texts to ask about")), number(plan.left, language)),
        (turn(N_("Answered by this prompt already")), number(plan.known, language)),
        (turn(N_("Tokens")), f"{number(plan.tokens or 0, language)} ({how})"),
        (turn(N_("Cost")), unknown if plan.micro_eur is None else euros(plan.micro_eur, language)),
        (
            turn(N_("Time")),
            unknown
            if minutes is None
            else turn(N_("about {count} minutes, as fast as last time")).format(
                count=number(minutes, language)
            ),
        ),
    )
    asks = ""
    if plan.teacher.asks:
        asks = turn(N_("The texts go to {provider}. I know that and want it.")).format(
            provider=card.provider
        )
    roles = {"system": N_("System"), "user": N_("Question"), "assistant": N_("Example answer")}
    said = plan.prompt.messages(plan.sample[:TEXT_MOST], task) if plan.sample else ()
    return PlanView(
        model=card.id,
        name=card.name,
        zone=card.zone.value,
        prompt=f"p{plan.number}" if plan.number else turn(N_("new")),
        left=plan.left,
        left_words=number(plan.left, language),
        facts=facts,
        asks=asks if plan.teacher.permitted else "",
        warning="" if plan.teacher.terms == "yes" else turn(words.TERMS[plan.teacher.terms][0]),
        said=tuple((turn(roles[one.role]), one.text) for one in said),
    )


def _round(
    one: Round, version: str, agreed: list[Agreement], language: str, turn: Turn
) -> RoundRow:
    tally = one.tally
    counts = tuple(
        (state, turn(label), number(tally.states.get(state, 0), language), tone)
        for state, (label, tone) in words.STATES.items()
        if tally.states.get(state) or state == "ok"
    )
    cost = euros(tally.micro_eur, language)
    if tally.priced < tally.asked:
        cost = (
            turn(N_("unknown"))
            if not tally.priced
            else turn(N_("{cost} and more")).format(cost=cost)
        )
    return RoundRow(
        version=one.row.version,
        name=f"p{one.row.number}",
        model=", ".join(tally.models) or one.row.model,
        when=moment_text(tally.last_at or one.row.at, language),
        counts=counts,
        lost=number(tally.lost, language) if tally.lost else "",
        cost=cost,
        terms=turn(words.TERMS[tally.terms[0]][0]) if len(tally.terms) == 1 else "",  # type: ignore[index]  # the column's words
        policy=", ".join(tally.policies),
        blind=_agreed([each for each in agreed if each.blind], language, turn),
        seen=_agreed([each for each in agreed if not each.blind], language, turn),
        open=one.row.version == version,
    )


def _agreed(found: list[Agreement], language: str, turn: Turn) -> str:
    """An agreement in words, with its interval; empty where nobody has answered."""
    if not found:
        return ""
    one = found[0]
    return turn(N_("{share} %, between {low} and {high} %, of {count}")).format(
        share=number(100 * one.share.estimate, language),
        count=number(one.of, language),
        low=number(100 * one.share.low, language),
        high=number(100 * one.share.high, language),
    )


def _wish(task: Task, form: Form) -> Wish:
    return Wish(
        model=form.text("model", most=200),
        words=task.prompt,
        reason=form.ticked("reason"),
        shots=min(_whole(form.text("shots", ""), "shots") or 0, SHOTS_MOST),
    )


def _whole(text: str, field: str) -> int | None:
    """A whole number of a form, None where there is none.

    Raises:
        InvalidField: it is no number.
    """
    if text and _digits(text) is None:
        raise InvalidField(field=field, reason=N_("use a whole number"), param=field)
    return _digits(text)


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _recipe(task: Task) -> str:
    return recipe(task.kind, task.language)["system"]


_AT = "/tasks/{task_id}/suggestions"

ROUTES = [
    page_get(_AT, show, "Suggestions of a task"),
    page_post(_AT, start, "Ask a teacher for suggestions"),
    page_post(f"{_AT}/retry", retry, "Ask again where a teacher gave no answer"),
    page_post(f"{_AT}/words", save_words, "Change the words of the prompt"),
]
