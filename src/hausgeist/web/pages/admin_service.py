# SPDX-License-Identifier: EUPL-1.2
"""``/admin/service``: students that answer in a model's place, and whose calls they may answer.

The owner's own calls need nobody's word; everybody else's need an administrator's, given here.
"""

from starlette.responses import Response

from hausgeist.core.service import Stage
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.store import deployments
from hausgeist.store.deployments import Running
from hausgeist.web.amounts import number
from hausgeist.web.contexts.admin_service import TakeoverRow, TakeoversPage
from hausgeist.web.forms import read_form
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.service_words import percent
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit

DONE = {
    "released": N_("The student answers everybody's calls with this prompt."),
    "withdrawn": N_("The student answers only its owner's calls with this prompt."),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/service``."""
    made = await shell(visit, N_("Students in service"), "admin")
    language = made.language
    turn = translator(language)
    found = await visit.house.store.read(deployments.running)
    senders = await visit.house.store.read(deployments.senders)
    done = DONE.get(visit.query_params.get("done", ""), "")
    rows = [_row(one, senders, language) for one in found if one.deployment.chain.template]
    context = TakeoversPage(
        shell=made,
        tabs=tabs(language),
        rows=tuple(rows),
        done=turn(done) if done else "",
        error="",
    )
    return page(visit, "admin_service.html", context)


async def release(visit: Visit) -> Response:
    """``POST /admin/service``: let a student answer everybody's calls of its prompt, or no longer."""
    form = await read_form(visit)
    released = form.text("released", "", most=4) == "yes"
    await visit.house.bench.promote.release(
        form.text("deployment", most=32), visit.principal.id, released=released
    )
    return go(f"/admin/service?done={'released' if released else 'withdrawn'}")


def _row(one: Running, senders: dict[str, int], language: str) -> TakeoverRow:
    turn = translator(language)
    made, template = one.deployment, one.deployment.chain.template
    assert template is not None
    known = senders.get(one.task.id, 0)
    trial = made.state is Stage.CANARY
    return TakeoverRow(
        id=made.id,
        title=f"{one.task.title} · v{one.student.number}",
        facts=(
            (turn(N_("Model")), template.model or turn(N_("whichever is asked"))),
            (turn(N_("Answers a share of")), percent(made.share, language, 0)),
            (turn(N_("State")), turn(N_("on trial")) if trial else turn(N_("answers everything"))),
        ),
        system=template.system,
        around=f"{template.prefix}[…]{template.suffix}",
        keys=turn(N_("{count} keys are known to send this prompt.")).format(
            count=number(known, language)
        )
        if known
        else turn(
            N_("It is not known who sends this prompt: nobody has opted in to have it counted.")
        ),
        released=template.released,
    )


ROUTES = [
    admin_get("/admin/service", show, "Students that answer in a model's place"),
    admin_post("/admin/service", release, "Whose calls a student answers"),
]
