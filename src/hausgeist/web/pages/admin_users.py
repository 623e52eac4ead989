# SPDX-License-Identifier: EUPL-1.2
"""``/admin/users``: the list of accounts, and new ones. Nothing tells when or how much anybody works."""

from starlette.responses import Response

from hausgeist.core.people import Role
from hausgeist.errors import N_, BadRequest, Conflict, HausgeistError, InvalidField
from hausgeist.identity import generated
from hausgeist.locale import translator
from hausgeist.web.contexts.admin_users import NewPassword, UserFilter, UserRow, UsersPage
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.paging import COUNT, pager, wanted_page
from hausgeist.web.rendering import page, shell
from hausgeist.web.visit import Visit

STATES = {"active": True, "deactivated": False}


async def show(visit: Visit) -> Response:
    """``GET /admin/users`` with ``q``, ``role``, ``state``, ``group`` and ``page``."""
    return await _users_page(visit)


async def create(visit: Visit) -> Response:
    """``POST /admin/users``: a new account with a made-up password, shown in this answer only.

    Its owner has to change it at the first login.
    """
    form = await read_form(visit)
    login, name = form.text("login"), form.text("name", "")
    password = generated()
    try:
        person = await visit.house.identity.people.create(
            login=login,
            name=name or login,
            password=password,
            role=role_of(form),
            group=form.text("group", "everyone", most=64) or "everyone",
            locale=visit.principal.locale,
            must_change=True,
            by=visit.principal.id,
        )
    except (BadRequest, Conflict) as error:
        return await _users_page(visit, error=error, login=login, name=name)
    made = NewPassword(person.login, password, person.id)
    return await _users_page(visit, new_password=made)


def role_of(form: Form) -> Role:
    """The role that a form gives somebody.

    Raises:
        InvalidField: there is no such role.
    """
    try:
        return Role(form.text("role", Role.MEMBER.value))
    except ValueError:
        raise InvalidField(
            field="role", reason=N_("use member, auditor or admin"), param="role"
        ) from None


def _chosen(visit: Visit) -> UserFilter:
    asked = visit.query_params
    role, state = asked.get("role", ""), asked.get("state", "")
    return UserFilter(
        words=asked.get("q", "").replace("\x00", "").strip()[:200],
        role=role if role in set(Role) else "",
        state=state if state in STATES else "",
        group=asked.get("group", "").replace("\x00", "")[:64],
    )


async def _users_page(
    visit: Visit,
    *,
    new_password: NewPassword | None = None,
    error: HausgeistError | None = None,
    login: str = "",
    name: str = "",
) -> Response:
    identity = visit.house.identity
    frame = await shell(visit, N_("People"), "admin")
    turn = translator(frame.language)
    chosen, number = _chosen(visit), wanted_page(visit)
    found, total = await identity.people.search(
        words=chosen.words,
        role=chosen.role,
        active=STATES.get(chosen.state),
        group=chosen.group,
        offset=(number - 1) * COUNT,
        count=COUNT,
    )
    groups = {group.id: group.title for group in await identity.groups.all()}
    kept = {
        "q": chosen.words,
        "role": chosen.role,
        "state": chosen.state,
        "group": chosen.group,
    }
    context = UsersPage(
        shell=frame,
        tabs=tabs(frame.language),
        users=tuple(
            UserRow(
                id=person.id,
                login=person.login,
                name=person.name,
                role=person.role.value,
                group=groups.get(person.group, person.group),
                active=person.active,
                created=day_text(person.created_at, frame.language),
                is_me=person.id == visit.principal.id,
            )
            for person in found
        ),
        pager=pager(
            "/admin/users",
            kept,
            number=number,
            total=total,
            shown=len(found),
            language=frame.language,
        ),
        chosen=chosen,
        groups=tuple(groups.items()),
        new_password=new_password,
        error=error.say(turn) if error is not None else "",
        login=login,
        name=name,
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_users.html", context, status=status)


ROUTES = [
    admin_get("/admin/users", show, "Accounts of people"),
    admin_post("/admin/users", create, "Make an account", FORM_MOST),
]
