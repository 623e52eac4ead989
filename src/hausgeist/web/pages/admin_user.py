# SPDX-License-Identifier: EUPL-1.2
"""``/admin/users/{id}``: one person's account: name, role, groups, password, end. Nothing about use."""

from starlette.responses import Response

from hausgeist.errors import N_, BadRequest, Conflict, HausgeistError, InvalidField
from hausgeist.identity import Person, generated
from hausgeist.locale import translator
from hausgeist.people import Asked
from hausgeist.web.contexts.admin_users import (
    MembershipRow,
    NewPassword,
    PersonPage,
)
from hausgeist.web.forms import FORM_MOST, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.admin_users import role_of
from hausgeist.web.pages.receipts import receipt_page
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit

DONE = {
    "saved": N_("Saved."),
    "groups": N_("The groups are saved."),
    "sessions": N_("All sessions of this person have ended."),
    "deactivated": N_("The account is deactivated; its sessions and keys have ended."),
    "activated": N_("The account is active again. Its keys stay revoked."),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/users/{user_id}``."""
    return await _person_page(visit, await _person(visit))


async def save(visit: Visit) -> Response:
    """``POST /admin/users/{user_id}``: name, role and the group that pays."""
    form = await read_form(visit)
    person = await _person(visit)
    people, me = visit.house.identity.people, visit.principal.id
    try:
        await people.appoint(
            person.id, role=role_of(form), group=form.text("group", most=64), by=me
        )
        await people.rename(person.id, form.text("name", person.name), me)
    except (BadRequest, Conflict) as error:
        return await _person_page(visit, person, error=error)
    return _back(person, "saved")


async def set_groups(visit: Visit) -> Response:
    """``POST /admin/users/{user_id}/groups``: the further groups that are ticked, and no others."""
    form = await read_form(visit)
    person = await _person(visit)
    await visit.house.identity.groups.set_further(
        person.id, form.many("groups"), visit.principal.id
    )
    return _back(person, "groups")


async def new_password(visit: Visit) -> Response:
    """``POST /admin/users/{user_id}/password``: a made-up one, shown in this answer only."""
    person = await _person(visit)
    password = generated()
    await visit.house.identity.people.set_password(
        person.id, password, by=visit.principal.id, must_change=True
    )
    made = NewPassword(person.login, password, person.id)
    return await _person_page(visit, await _person(visit), new_password=made)


async def end_sessions(visit: Visit) -> Response:
    """``POST /admin/users/{user_id}/sessions/end``."""
    person = await _person(visit)
    await visit.house.identity.sessions.end_all(person.id, visit.principal.id)
    return _back(person, "sessions")


async def deactivate(visit: Visit) -> Response:
    """``POST /admin/users/{user_id}/deactivate``."""
    return await _set_active(visit, active=False)


async def activate(visit: Visit) -> Response:
    """``POST /admin/users/{user_id}/activate``."""
    return await _set_active(visit, active=True)


async def erase(visit: Visit) -> Response:
    """``POST /admin/users/{user_id}/erase``: everything of a person, once the login name is typed."""
    form = await read_form(visit)
    person = await _person(visit)
    house = visit.house
    try:
        if form.text("confirm", "").casefold() != person.login:
            raise InvalidField(
                field="confirm", reason=N_("type the login name to confirm"), param="confirm"
            )
        asked = Asked(visit.principal.id, "administrator", await house.identity.organisation())
        receipt = await house.lifecycle.erasure.erase(person.id, asked)
    except (BadRequest, Conflict) as error:
        return await _person_page(visit, person, error=error)
    frame = await shell(visit, N_("Receipt of an erasure"), "admin")
    context = receipt_page(frame, receipt, is_new=True, of_another=True)
    return page(visit, "receipt.html", context)


async def _set_active(visit: Visit, *, active: bool) -> Response:
    person = await _person(visit)
    try:
        await visit.house.identity.people.set_active(
            person.id, active=active, by=visit.principal.id
        )
    except Conflict as error:
        return await _person_page(visit, person, error=error)
    return _back(person, "activated" if active else "deactivated")


async def _person(visit: Visit) -> Person:
    return await visit.house.identity.people.get(visit.path_params["user_id"])


def _back(person: Person, done: str) -> Response:
    return go(f"/admin/users/{person.id}?done={done}")


async def _person_page(
    visit: Visit,
    person: Person,
    *,
    new_password: NewPassword | None = None,
    error: HausgeistError | None = None,
) -> Response:
    identity = visit.house.identity
    frame = await shell(visit, N_("People"), "admin")
    turn = translator(frame.language)
    groups = await identity.groups.all()
    further = await identity.groups.of(person.id)
    sources = await identity.people.login_sources(person.id)
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = PersonPage(
        shell=frame,
        tabs=tabs(frame.language),
        id=person.id,
        login=person.login,
        name=person.name,
        role=person.role.value,
        group=person.group,
        active=person.active,
        must_change=person.must_change,
        created=day_text(person.created_at, frame.language),
        is_me=person.id == visit.principal.id,
        groups=tuple((group.id, group.title) for group in groups),
        memberships=tuple(
            MembershipRow(group.id, group.title, group.id in further, further.get(group.id, ""))
            for group in groups
            if group.id != person.group
        ),
        sources=tuple((source, day_text(since, frame.language)) for source, since in sources),
        new_password=new_password,
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_user.html", context, status=status)


_ONE = "/admin/users/{user_id}"
ROUTES = [
    admin_get(_ONE, show, "One person's account"),
    admin_post(_ONE, save, "Change name, role and paying group", FORM_MOST),
    admin_post(f"{_ONE}/groups", set_groups, "Change further groups", FORM_MOST),
    admin_post(f"{_ONE}/password", new_password, "Make a new password", FORM_MOST),
    admin_post(f"{_ONE}/sessions/end", end_sessions, "End all sessions", FORM_MOST),
    admin_post(f"{_ONE}/deactivate", deactivate, "Deactivate", FORM_MOST),
    admin_post(f"{_ONE}/activate", activate, "Activate again", FORM_MOST),
    admin_post(f"{_ONE}/erase", erase, "Erase everything of a person", FORM_MOST),
]
