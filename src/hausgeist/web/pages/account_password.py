# SPDX-License-Identifier: EUPL-1.2
"""``GET /account/password``: change one's password, first of all where somebody else had made it.

The form is answered by ``account``: its path is the same.
"""

from starlette.responses import Response

from hausgeist.errors import N_, HausgeistError
from hausgeist.identity import LEAST
from hausgeist.locale import translator
from hausgeist.web.contexts.account import PasswordPage
from hausgeist.web.rendering import page, shell
from hausgeist.web.routes import Route, Who
from hausgeist.web.visit import Visit


async def show(visit: Visit) -> Response:
    """``GET /account/password``."""
    return await password_page(visit)


async def password_page(visit: Visit, error: HausgeistError | None = None) -> Response:
    """The page, with what to change about the password that was chosen."""
    frame = await shell(visit, N_("Change password"), "account")
    context = PasswordPage(
        shell=frame,
        due=visit.principal.must_change,
        least=LEAST,
        error=error.say(translator(frame.language)) if error is not None else "",
    )
    # a wrong old password is no lost login: 401 would send the reader to the login page
    status = 200 if error is None else 400 if error.status == 401 else error.status
    return page(visit, "account_password.html", context, status=status)


ROUTES = [
    Route(
        method="GET",
        path="/account/password",
        endpoint=show,
        who=Who.SESSION,
        dialect="page",
        summary="Change one's password",
    ),
]
