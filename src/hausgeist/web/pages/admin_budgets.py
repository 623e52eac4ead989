# SPDX-License-Identifier: EUPL-1.2
"""``/admin/budgets``: what groups, services' keys and cost centres may use each month, and how it stands."""

from starlette.responses import Response

from hausgeist.core.months import month_of
from hausgeist.errors import N_, BadRequest, HausgeistError
from hausgeist.ledger.book import FIRST_MARK
from hausgeist.ledger.discretion import FEWEST
from hausgeist.ledger.limits import Budget
from hausgeist.locale import translator
from hausgeist.web.amounts import MICRO, amount, euros, number, typed, whole
from hausgeist.web.contexts.admin_budgets import Bar, BudgetForm, BudgetRow, BudgetsPage
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.moments import month_words
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.rendering import go, language_for, page, shell
from hausgeist.web.visit import Visit

KINDS = {
    "group": N_("Group"),
    "key": N_("Service key"),
    "cost_centre": N_("Cost centre"),
}
DONE = {
    "saved": N_("The budget is saved and holds at once."),
    "removed": N_("The budget is removed; nothing limits this any more."),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/budgets``; ``edit`` names the scope whose budget is put into the form."""
    wanted = visit.query_params.get("edit", "").replace("\x00", "")[:128]
    language = language_for(visit)
    if not wanted:
        return await _page(visit, BudgetForm())
    found = await visit.house.budgets.get(wanted)
    rule = found.rule
    form = BudgetForm(
        scope=wanted,
        eur="" if rule.limit_micro_eur is None else typed(rule.limit_micro_eur / MICRO, language),
        tokens="" if rule.limit_tokens is None else str(rule.limit_tokens),
        warn=str(rule.warn_percent or ""),
        editing=True,
    )
    return await _page(visit, form)


async def save(visit: Visit) -> Response:
    """``POST /admin/budgets``: a new limit, or another one."""
    form = await read_form(visit)
    language = language_for(visit)
    scope = form.text("scope", "", most=128)
    if scope == "cost_centre:":
        scope += form.text("centre", "", most=64)
    try:
        eur = amount(form, "eur", language)
        await visit.house.budgets.set(
            scope,
            tokens=whole(form, "tokens"),
            micro_eur=None if eur is None else round(eur * MICRO),
            warn_percent=whole(form, "warn"),
            by=visit.principal.id,
        )
    except BadRequest as error:
        return await _page(visit, _as_typed(form), error)
    return go("/admin/budgets?done=saved")


async def remove(visit: Visit) -> Response:
    """``POST /admin/budgets/remove``."""
    form = await read_form(visit)
    await visit.house.budgets.remove(form.text("scope", most=128), visit.principal.id)
    return go("/admin/budgets?done=removed")


def _as_typed(form: Form) -> BudgetForm:
    return BudgetForm(
        scope=form.text("scope", "", most=128),
        centre=form.text("centre", "", most=64),
        eur=form.text("eur", "", most=40),
        tokens=form.text("tokens", "", most=40),
        warn=form.text("warn", "", most=40),
        editing=form.ticked("editing"),
    )


async def _page(visit: Visit, form: BudgetForm, error: HausgeistError | None = None) -> Response:
    house = visit.house
    frame = await shell(visit, N_("Budgets"), "admin")
    turn = translator(frame.language)
    groups = {group.id: group for group in await house.identity.groups.all()}
    keys = {key.id: key.name for key in await house.identity.keys.of(None)}
    found = await house.budgets.all()
    centres = sorted({group.cost_centre for group in groups.values() if group.cost_centre})
    names = {f"group:{one.id}": one.title for one in groups.values()}
    names |= {f"key:{key}": name for key, name in keys.items()}
    names |= {f"cost_centre:{centre}": centre for centre in centres}
    taken = {one.rule.scope for one in found}
    choices = tuple(
        (
            turn(words),
            tuple(
                (scope, name)
                for scope, name in names.items()
                if scope.startswith(f"{kind}:") and scope not in taken
            ),
        )
        for kind, words in KINDS.items()
    )
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = BudgetsPage(
        shell=frame,
        tabs=tabs(frame.language),
        month=month_words(month_of(house.now_ms()), frame.language),
        budgets=tuple(_row(one, names, frame.language) for one in found),
        choices=tuple(choice for choice in choices if choice[1]),
        form=BudgetForm(
            scope=form.scope,
            title=names.get(form.scope, form.scope.partition(":")[2]),
            centre=form.centre,
            eur=form.eur,
            tokens=form.tokens,
            warn=form.warn,
            editing=form.editing,
        ),
        fewest=FEWEST,
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_budgets.html", context, status=status)


def _row(one: Budget, names: dict[str, str], language: str) -> BudgetRow:
    turn = translator(language)
    rule = one.rule
    limits, bars = [], []
    unit = turn(N_("tokens"))
    if rule.limit_micro_eur is not None:
        limits.append(euros(rule.limit_micro_eur, language))
        if one.spent_micro_eur is not None:
            words = turn(N_("{used} of {limit}")).format(
                used=euros(one.spent_micro_eur, language), limit=limits[-1]
            )
            bars.append(Bar(words, _share(one.spent_micro_eur, rule.limit_micro_eur)))
    if rule.limit_tokens is not None:
        limits.append(f"{number(rule.limit_tokens, language)} {unit}")
        if one.spent_tokens is not None:
            words = turn(N_("{used} of {limit}")).format(
                used=number(one.spent_tokens, language), limit=limits[-1]
            )
            bars.append(Bar(words, _share(one.spent_tokens, rule.limit_tokens)))
    state, words = _state(one)
    forecast = ""
    if one.forecast_percent is not None:
        percent = number(one.forecast_percent, language)
        forecast = turn(N_("If the month goes on like this: {percent} %")).format(percent=percent)
    return BudgetRow(
        scope=rule.scope,
        kind=turn(KINDS[one.kind]),
        title=names.get(rule.scope, one.name),
        limits=tuple(limits),
        bars=tuple(bars),
        state=state,
        state_words=turn(words).format(mark=one.reached or rule.warn_percent or ""),
        forecast=forecast,
        shown=one.shown,
        mark=rule.warn_percent or FIRST_MARK,
    )


def _state(one: Budget) -> tuple[str, str]:
    if one.reached is None:
        return "", N_("changed; how it stands is told after a day")
    if one.reached >= 100:
        return "bad", N_("used up")
    if one.reached:
        return "warn", N_("reached: {mark} %")
    return "good", N_("below {mark} %")


def _share(used: int, limit: int) -> int:
    """Percent for a bar, from 0 to 100."""
    return min(100, int(100 * used / limit)) if limit else 100


ROUTES = [
    admin_get("/admin/budgets", show, "Budgets and how they stand"),
    admin_post("/admin/budgets", save, "Limit what may be used each month", FORM_MOST),
    admin_post("/admin/budgets/remove", remove, "Remove a budget", FORM_MOST),
]
