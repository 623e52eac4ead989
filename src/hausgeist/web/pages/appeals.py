# SPDX-License-Identifier: EUPL-1.2
"""``/appeals``: a person says that a rule was wrong, and reads what the house answers."""

from starlette.responses import Response

from hausgeist.errors import N_, BadRequest, HausgeistError, TooMany
from hausgeist.gateway.guards import shipped
from hausgeist.locale import translator
from hausgeist.web.contexts.guards import AppealsPage
from hausgeist.web.forms import FORM_MOST, read_form
from hausgeist.web.pages.admin_guards import appeal_row
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit


async def show(visit: Visit) -> Response:
    """``GET /appeals``, with the rule in ``?rule=``."""
    return await _page(visit, visit.query_params.get("rule", "")[:64])


async def make(visit: Visit) -> Response:
    """``POST /appeals``."""
    form = await read_form(visit)
    rule, text = form.text("rule", "", most=64), form.text("text", "", most=10_000)
    try:
        await visit.house.appeals.make(visit.principal.id, rule, text)
    except (BadRequest, TooMany) as error:
        return await _page(visit, rule, text, error)
    return go("/appeals?done=made")


async def _page(
    visit: Visit, rule: str, text: str = "", error: HausgeistError | None = None
) -> Response:
    frame = await shell(visit, N_("Objections"), "account")
    turn = translator(frame.language)
    mine = await visit.house.appeals.mine(visit.principal.id)
    known = shipped().get(rule)
    made = visit.query_params.get("done") == "made"
    context = AppealsPage(
        shell=frame,
        appeals=tuple(appeal_row(one, frame.language) for one in mine),
        rule=rule,
        title=turn(known.title) if known else "",
        text=text,
        done=turn(N_("Your objection has arrived; a person will look at it.")) if made else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "appeals.html", context, status=error.status if error else 200)


ROUTES = [
    page_get("/appeals", show, "Your objections to rules"),
    page_post("/appeals", make, "Object to a rule", FORM_MOST),
]
