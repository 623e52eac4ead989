# SPDX-License-Identifier: EUPL-1.2
"""``/admin/users``: accounts of people. Nothing here tells when or how much anybody works."""

from starlette.responses import Response

from hausgeist.core.people import Role
from hausgeist.errors import N_, BadRequest, Conflict, HausgeistError, InvalidField
from hausgeist.identity import generated
from hausgeist.locale import translator
from hausgeist.web.contexts.admin import NewPassword, UserRow, UsersPage
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.rendering import day_text, go, page, shell
from hausgeist.web.visit import Visit

DONE = {
    "saved": N_("Saved."),
    "deactivated": N_("The account is deactivated; its sessions and keys have ended."),
    "activated": N_("The account is active again. Its keys stay revoked."),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/users``."""
    return await _users_page(visit)


async def create(visit: Visit) -> Response:
    """``POST /admin/users``: a new account with a made-up password, shown in this answer only."""
    form = await read_form(visit)
    login, name = form.text("login"), form.text("name", "")
    password = generated()
    try:
        person = await visit.house.identity.people.create(
            login=login,
            name=name or login,
            password=password,
            role=_role(form),
            group=form.text("group", "everyone", most=64) or "everyone",
            locale=visit.principal.locale,
            by=visit.principal.id,
        )
    except (BadRequest, Conflict) as error:
        return await _users_page(visit, error=error, login=login, name=name)
    return await _users_page(visit, new_password=NewPassword(person.login, password))


async def appoint(visit: Visit) -> Response:
    """``POST /admin/users/{user_id}``: role and group."""
    form = await read_form(visit)
    try:
        await visit.house.identity.people.appoint(
            visit.path_params["user_id"],
            role=_role(form),
            group=form.text("group", most=64),
            by=visit.principal.id,
        )
    except (BadRequest, Conflict) as error:
        return await _users_page(visit, error=error)
    return go("/admin/users?done=saved")


async def new_password(visit: Visit) -> Response:
    """``POST /admin/users/{user_id}/password``: a made-up one, shown in this answer only."""
    people = visit.house.identity.people
    person = await people.get(visit.path_params["user_id"])
    password = generated()
    await people.set_password(person.id, password, by=visit.principal.id)
    return await _users_page(visit, new_password=NewPassword(person.login, password))


async def deactivate(visit: Visit) -> Response:
    """``POST /admin/users/{user_id}/deactivate``."""
    return await _set_active(visit, active=False)


async def activate(visit: Visit) -> Response:
    """``POST /admin/users/{user_id}/activate``."""
    return await _set_active(visit, active=True)


async def _set_active(visit: Visit, *, active: bool) -> Response:
    try:
        await visit.house.identity.people.set_active(
            visit.path_params["user_id"], active=active, by=visit.principal.id
        )
    except Conflict as error:
        return await _users_page(visit, error=error)
    return go(f"/admin/users?done={'activated' if active else 'deactivated'}")


def _role(form: Form) -> Role:
    try:
        return Role(form.text("role", Role.MEMBER.value))
    except ValueError:
        raise InvalidField(field="role", reason=N_("use member or admin"), param="role") from None


async def _users_page(
    visit: Visit,
    *,
    new_password: NewPassword | None = None,
    error: HausgeistError | None = None,
    login: str = "",
    name: str = "",
) -> Response:
    people = visit.house.identity.people
    frame = await shell(visit, N_("People"), "admin")
    turn = translator(frame.language)
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = UsersPage(
        shell=frame,
        tabs=tabs(frame.language),
        users=tuple(
            UserRow(
                id=person.id,
                login=person.login,
                name=person.name,
                role=person.role.value,
                group=person.group,
                active=person.active,
                created=day_text(person.created_at, frame.language),
                is_me=person.id == visit.principal.id,
            )
            for person in await people.all()
        ),
        groups=tuple(group_id for group_id, _ in await people.groups()),
        new_password=new_password,
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
        login=login,
        name=name,
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_users.html", context, status=status)


ROUTES = [
    admin_get("/admin/users", show, "Accounts of people"),
    admin_post("/admin/users", create, "Make an account", FORM_MOST),
    admin_post("/admin/users/{user_id}", appoint, "Change role and group", FORM_MOST),
    admin_post("/admin/users/{user_id}/password", new_password, "Make a new password", FORM_MOST),
    admin_post("/admin/users/{user_id}/deactivate", deactivate, "Deactivate", FORM_MOST),
    admin_post("/admin/users/{user_id}/activate", activate, "Activate again", FORM_MOST),
]
