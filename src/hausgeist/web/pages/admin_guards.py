# SPDX-License-Identifier: EUPL-1.2
"""``/admin/guards``: the rules that mark or stop texts, a place to try them, and what people say to them."""

from dataclasses import fields

from starlette.responses import Response

from hausgeist.errors import N_, BadRequest, Conflict, HausgeistError, InvalidField
from hausgeist.gateway.guard import Action, Mark, Place
from hausgeist.gateway.guards import Kept, Rule, shipped
from hausgeist.gateway.guards.appeals import Appeal
from hausgeist.locale import translator
from hausgeist.web.contexts.guards import (
    AppealRow,
    GuardForm,
    GuardPage,
    GuardRow,
    GuardsPage,
    Tried,
)
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.rendering import go, language_for, page, shell
from hausgeist.web.visit import Visit

PLACES = {
    Place.INPUT: N_("what people write"),
    Place.RETRIEVED: N_("files and other foreign texts"),
    Place.OUTPUT: N_("answers"),
}
ACTIONS = {
    Action.FLAG: N_("only mark it"),
    Action.WITHHOLD: N_("leave the passage out of the answer"),
    Action.REFUSE: N_("stop it"),
}
STATES = {
    "open": N_("waits for an answer"),
    "upheld": N_("the rule stays"),
    "changed": N_("the rule was wrong"),
}
DONE = {
    "saved": N_("The rule is saved, and in force."),
    "switched": N_("The rule is switched."),
    "deleted": N_("The rule is deleted."),
    "answered": N_("The answer is sent."),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/guards``."""
    return await _list_page(visit)


async def tried(visit: Visit) -> Response:
    """``POST /admin/guards/try``: what the rules in force say of a text; it is stored nowhere."""
    form = await read_form(visit)
    try:
        place = Place(form.text("place", "input"))
        text = form.exact("text", "", most=10_000)
    except ValueError:
        return await _list_page(visit, error=InvalidField(field="place", reason="", param="place"))
    except BadRequest as error:
        return await _list_page(visit, error=error)
    marks = visit.house.guards.tried(text, place)
    return await _list_page(visit, tried=_tried(visit, text, place, marks))


async def new(visit: Visit) -> Response:
    """``GET /admin/guards/new``: an empty form, or a copy of a rule (``?like=``)."""
    like = visit.query_params.get("like", "")
    form = GuardForm()
    if like:
        kept = await visit.house.guards.get(like)
        copy = _form_of(kept, language_for(visit))
        form = GuardForm(
            **{one.name: getattr(copy, one.name) for one in fields(GuardForm)} | {"id": ""}
        )
    return await _form_page(visit, "", form)


async def create(visit: Visit) -> Response:
    """``POST /admin/guards``."""
    return await _save(visit, "")


async def show_one(visit: Visit) -> Response:
    """``GET /admin/guards/{rule}``."""
    kept = await visit.house.guards.get(visit.path_params["rule"])
    return await _form_page(visit, kept.rule.id, _form_of(kept, language_for(visit)))


async def change(visit: Visit) -> Response:
    """``POST /admin/guards/{rule}``."""
    kept = await visit.house.guards.get(visit.path_params["rule"])
    return await _save(visit, kept.rule.id)


async def switch(visit: Visit) -> Response:
    """``POST /admin/guards/{rule}/switch`` with ``on``."""
    form = await read_form(visit)
    await visit.house.guards.switch(
        visit.path_params["rule"], visit.principal.id, on=form.ticked("on")
    )
    return go("/admin/guards?done=switched")


async def delete(visit: Visit) -> Response:
    """``POST /admin/guards/{rule}/delete``."""
    await visit.house.guards.delete(visit.path_params["rule"], visit.principal.id)
    return go("/admin/guards?done=deleted")


async def answer(visit: Visit) -> Response:
    """``POST /admin/guards/appeals/{appeal_id}``: what the house says to an objection."""
    form = await read_form(visit)
    wrong = form.text("outcome", "upheld") == "changed"  # what says nothing changes nothing
    try:
        await visit.house.appeals.answer(
            visit.path_params["appeal_id"],
            "changed" if wrong else "upheld",
            form.text("answer", "", most=10_000),
            visit.principal.id,
        )
    except InvalidField as error:
        return await _list_page(visit, error=error)
    return go("/admin/guards?done=answered")


async def _save(visit: Visit, of: str) -> Response:
    form = await read_form(visit)
    typed = _typed(form, of)
    try:
        await visit.house.guards.save(_rule_of(typed), visit.principal.id, new=not of)
    except (BadRequest, Conflict) as error:
        return await _form_page(visit, of, typed, error)
    return go("/admin/guards?done=saved")


def _typed(form: Form, of: str) -> GuardForm:
    return GuardForm(
        id=of or form.text("id", "", most=100),
        title=form.text("title", "", most=1000),
        reason=form.text("reason", "", most=1000),
        pattern=form.exact("pattern", "", most=10_000),
        places=form.many("places"),
        action=form.text("action", "flag"),
        soft=form.ticked("soft"),
        window=form.text("window", "300"),
        hits=form.exact("hits", "", most=20_000),
        passes=form.exact("passes", "", most=20_000),
    )


def _rule_of(typed: GuardForm) -> Rule:
    if not typed.window.isdigit() or len(typed.window) > 6:
        raise InvalidField(field="window", reason=N_("use a whole number"), param="window")
    try:
        places = tuple(Place(word) for word in typed.places)
        action = Action(typed.action)
    except ValueError:
        raise InvalidField(
            field="action", reason=N_("use one of those on the page"), param="action"
        ) from None
    return Rule(
        id=typed.id,
        title=typed.title,
        reason=typed.reason,
        pattern=typed.pattern.strip(),
        places=places,
        action=action,
        soft=typed.soft,
        window=int(typed.window),
        hits=_lines(typed.hits),
        passes=_lines(typed.passes),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in (line.strip() for line in text.splitlines()) if line)


def _form_of(kept: Kept, language: str) -> GuardForm:
    """A rule in the form; one that comes with the house in the reader's language."""
    turn, rule = translator(language), kept.rule
    return GuardForm(
        id=rule.id,
        title=turn(rule.title) if kept.shipped else rule.title,
        reason=turn(rule.reason) if kept.shipped else rule.reason,
        pattern=rule.pattern,
        places=tuple(place.value for place in rule.places),
        action=rule.action.value,
        soft=rule.soft,
        window=str(rule.window),
        hits="\n".join(rule.hits),
        passes="\n".join(rule.passes),
    )


async def _form_page(
    visit: Visit, of: str, form: GuardForm, error: HausgeistError | None = None
) -> Response:
    frame = await shell(visit, N_("Guards"), "admin")
    turn = translator(frame.language)
    context = GuardPage(
        shell=frame,
        tabs=tabs(frame.language),
        of=of,
        form=form,
        places=tuple((place.value, turn(words)) for place, words in PLACES.items()),
        actions=tuple((action.value, turn(words)) for action, words in ACTIONS.items()),
        error=error.say(turn) if error else "",
    )
    return page(visit, "admin_guard.html", context, status=error.status if error else 200)


async def _list_page(
    visit: Visit, *, tried: Tried | None = None, error: HausgeistError | None = None
) -> Response:
    frame = await shell(visit, N_("Guards"), "admin")
    turn = translator(frame.language)
    rules = await visit.house.guards.all()
    waiting = await visit.house.appeals.waiting()
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = GuardsPage(
        shell=frame,
        tabs=tabs(frame.language),
        rules=tuple(_row(kept, frame.language) for kept in rules),
        appeals=tuple(appeal_row(one, frame.language) for one in waiting),
        places=tuple((place.value, turn(words)) for place, words in PLACES.items()),
        tried=tried or Tried("", "input"),
        done=turn(done) if done else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "admin_guards.html", context, status=error.status if error else 200)


def _row(kept: Kept, language: str) -> GuardRow:
    turn, rule = translator(language), kept.rule
    return GuardRow(
        id=rule.id,
        title=turn(rule.title) if kept.shipped else rule.title,
        reason=turn(rule.reason) if kept.shipped else rule.reason,
        places=", ".join(turn(PLACES[place]) for place in rule.places),
        action=turn(ACTIONS[rule.action]),
        soft=rule.soft,
        enabled=kept.enabled,
        shipped=kept.shipped,
    )


def appeal_row(one: Appeal, language: str) -> AppealRow:
    """An objection in its reader's words."""
    turn = translator(language)
    known = shipped().get(one.rule)
    return AppealRow(
        id=one.id,
        rule=one.rule,
        text=one.text,
        when=day_text(one.created_at, language),
        state=turn(STATES[one.state]),
        answer=one.answer,
        name=one.name,
        title=turn(known.title) if known is not None else "",
    )


def _tried(visit: Visit, text: str, place: Place, marks: list[Mark]) -> Tried:
    turn = translator(visit.principal.locale)
    pieces: list[tuple[str, str]] = []
    at = 0
    for mark in marks:
        if mark.start < at:
            continue
        if mark.start > at:
            pieces.append((text[at : mark.start], ""))
        pieces.append((text[mark.start : mark.end], mark.rule))
        at = mark.end
    if at < len(text):
        pieces.append((text[at:], ""))
    told = tuple((mark.rule, turn(ACTIONS[mark.action]), turn(mark.reason)) for mark in marks)
    return Tried(text, place.value, tuple(pieces), told, done=True)


ROUTES = [
    admin_get("/admin/guards", show, "Rules that mark or stop texts"),
    admin_post("/admin/guards", create, "Add a rule", FORM_MOST),
    admin_post("/admin/guards/try", tried, "Try the rules on a text", FORM_MOST),
    admin_get("/admin/guards/new", new, "The form of a new rule"),
    admin_post("/admin/guards/appeals/{appeal_id}", answer, "Answer an objection", FORM_MOST),
    admin_get("/admin/guards/{rule}", show_one, "One rule"),
    admin_post("/admin/guards/{rule}", change, "Change a rule", FORM_MOST),
    admin_post("/admin/guards/{rule}/switch", switch, "Switch a rule on or off", FORM_MOST),
    admin_post("/admin/guards/{rule}/delete", delete, "Delete a rule", FORM_MOST),
]
