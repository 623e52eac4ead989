# SPDX-License-Identifier: EUPL-1.2
"""``POST /jobs/ask``: a job of a worker asks a model, in the name of the person who started it.

The call takes the ordinary way: policy, guards, budget, ledger, trail. Only a job's token opens it.
"""

from starlette.responses import Response

from hausgeist.jobs.wire import PATH, AskBody, answer_of, call_of
from hausgeist.web.reply import JSONBytes, while_connected
from hausgeist.web.routes import Route, Who
from hausgeist.web.visit import Visit
from hausgeist.workbench.asking import GatewayAsker


async def ask(visit: Visit) -> Response:
    """The whole answer; a worker that is gone is not answered, and its call is booked all the same."""
    call = call_of(await visit.read(AskBody), visit.id, visit.principal)
    asker = GatewayAsker(visit.house.gateway, visit.house.now_ms)
    return JSONBytes(answer_of(await while_connected(visit.receive, asker.ask(call))))


ROUTES = [
    Route(
        method="POST",
        path=PATH,
        endpoint=ask,
        who=Who.JOB,
        dialect="json",
        summary="A running job asks a model, in its starter's name",
        request=AskBody,
    )
]
