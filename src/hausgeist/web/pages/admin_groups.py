# SPDX-License-Identifier: EUPL-1.2
"""``/admin/groups``: groups, who is in them, which models their members may use, what is offered first."""

from starlette.responses import Response

from hausgeist.chat.labels import ZONES
from hausgeist.errors import N_, BadRequest, Conflict, HausgeistError
from hausgeist.identity import Group, Member
from hausgeist.identity.people import EVERYONE
from hausgeist.locale import translator
from hausgeist.web.contexts.admin_groups import (
    GroupPage,
    GroupRow,
    GroupsPage,
    MemberRow,
    ModelChoice,
)
from hausgeist.web.forms import FORM_MOST, read_form
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.paging import COUNT, pager, wanted_page
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit

DONE = {
    "saved": N_("Saved."),
    "models": N_("The models are saved."),
    "joined": N_("Added to the group."),
    "left": N_("Taken out of the group."),
    "deleted": N_("The group is deleted. What it used stays in the ledger."),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/groups``."""
    return await _groups_page(visit)


async def create(visit: Visit) -> Response:
    """``POST /admin/groups``."""
    form = await read_form(visit)
    title, centre = form.text("title", ""), form.text("cost_centre", "", most=64)
    try:
        made = await visit.house.identity.groups.create(title, centre, visit.principal.id)
    except (BadRequest, Conflict) as error:
        return await _groups_page(visit, error=error, title=title, cost_centre=centre)
    return _back(made.id, "saved")


async def show_one(visit: Visit) -> Response:
    """``GET /admin/groups/{group_id}`` with ``q`` among its people and ``find`` among others."""
    return await _group_page(visit, await _group(visit))


async def save(visit: Visit) -> Response:
    """``POST /admin/groups/{group_id}``: name and cost centre."""
    form = await read_form(visit)
    group = await _group(visit)
    try:
        await visit.house.identity.groups.change(
            group.id,
            title=form.text("title", ""),
            cost_centre=form.text("cost_centre", "", most=64),
            by=visit.principal.id,
        )
    except BadRequest as error:
        return await _group_page(visit, group, error=error)
    return _back(group.id, "saved")


async def allow(visit: Visit) -> Response:
    """``POST /admin/groups/{group_id}/models``: all, or those that are ticked; and the first on offer."""
    form = await read_form(visit)
    group = await _group(visit)
    models = form.many("models") if form.text("which", "all") == "some" else None
    try:
        await visit.house.identity.groups.allow(
            group.id, models, form.text("default_model", ""), visit.principal.id
        )
    except BadRequest as error:
        return await _group_page(visit, group, error=error)
    return _back(group.id, "models")


async def join(visit: Visit) -> Response:
    """``POST /admin/groups/{group_id}/members`` with ``user``."""
    form = await read_form(visit)
    group = await _group(visit)
    await visit.house.identity.groups.join(form.text("user"), group.id, visit.principal.id)
    return _back(group.id, "joined")


async def leave(visit: Visit) -> Response:
    """``POST /admin/groups/{group_id}/members/remove`` with ``user``."""
    form = await read_form(visit)
    group = await _group(visit)
    await visit.house.identity.groups.leave(form.text("user"), group.id, visit.principal.id)
    return _back(group.id, "left")


async def delete(visit: Visit) -> Response:
    """``POST /admin/groups/{group_id}/delete``: one that nobody is in."""
    group = await _group(visit)
    try:
        await visit.house.identity.groups.delete(group.id, visit.principal.id)
    except Conflict as error:
        return await _group_page(visit, group, error=error)
    return go("/admin/groups?done=deleted")


async def _group(visit: Visit) -> Group:
    return await visit.house.identity.groups.get(visit.path_params["group_id"])


def _back(group_id: str, done: str) -> Response:
    return go(f"/admin/groups/{group_id}?done={done}")


async def _groups_page(
    visit: Visit, *, error: HausgeistError | None = None, title: str = "", cost_centre: str = ""
) -> Response:
    frame = await shell(visit, N_("Groups"), "admin")
    turn = translator(frame.language)
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = GroupsPage(
        shell=frame,
        tabs=tabs(frame.language),
        groups=tuple(
            GroupRow(
                id=group.id,
                title=group.title,
                cost_centre=group.cost_centre,
                people=group.people,
                models=turn(N_("all")) if group.models is None else str(len(group.models)),
                default_model=group.default_model,
            )
            for group in await visit.house.identity.groups.all()
        ),
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
        title=title,
        cost_centre=cost_centre,
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_groups.html", context, status=status)


async def _group_page(
    visit: Visit, group: Group, *, error: HausgeistError | None = None
) -> Response:
    groups = visit.house.identity.groups
    frame = await shell(visit, N_("Groups"), "admin")
    turn = translator(frame.language)
    words, find = (
        visit.query_params.get(name, "").replace("\x00", "").strip()[:200] for name in ("q", "find")
    )
    number = wanted_page(visit)
    inside, total = await groups.members(group.id, words, (number - 1) * COUNT, COUNT)
    path = f"/admin/groups/{group.id}"
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = GroupPage(
        shell=frame,
        tabs=tabs(frame.language),
        id=group.id,
        title=group.title,
        cost_centre=group.cost_centre,
        people=total,
        everything=group.models is None,
        zones=_zones(visit, group, frame.language),
        default_model=group.default_model,
        members=tuple(map(_row, inside)),
        pager=pager(
            path,
            {"q": words},
            number=number,
            total=total,
            shown=len(inside),
            language=frame.language,
        ),
        words=words,
        find=find,
        found=tuple(map(_row, await groups.outsiders(group.id, find))) if find else (),
        deletable=group.id != EVERYONE and total == 0 and not words,
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_group.html", context, status=status)


def _zones(
    visit: Visit, group: Group, language: str
) -> tuple[tuple[str, str, tuple[ModelChoice, ...]], ...]:
    """The models on offer by zone, and last those of the group's list that the house no longer has."""
    turn = translator(language)
    cards = visit.house.gateway.directory.everything()
    listed = set(group.models or ())
    found = [
        (
            zone.value,
            turn(words),
            tuple(
                ModelChoice(card.id, card.name, group.models is None or card.id in listed)
                for card in cards
                if card.zone is zone
            ),
        )
        for zone, words in ZONES.items()
    ]
    gone = sorted(listed - {card.id for card in cards})
    found.append(
        (
            "",
            turn(N_("No longer on offer")),
            tuple(ModelChoice(name, name, chosen=True, gone=True) for name in gone),
        )
    )
    return tuple(zone for zone in found if zone[2])


def _row(member: Member) -> MemberRow:
    return MemberRow(
        member.id, member.login, member.name, member.active, member.pays, member.source
    )


_ONE = "/admin/groups/{group_id}"
ROUTES = [
    admin_get("/admin/groups", show, "Groups"),
    admin_post("/admin/groups", create, "Make a group", FORM_MOST),
    admin_get(_ONE, show_one, "One group"),
    admin_post(_ONE, save, "Rename a group, change its cost centre", FORM_MOST),
    admin_post(f"{_ONE}/models", allow, "Say which models a group may use", FORM_MOST),
    admin_post(f"{_ONE}/members", join, "Put somebody into a group", FORM_MOST),
    admin_post(f"{_ONE}/members/remove", leave, "Take somebody out of a group", FORM_MOST),
    admin_post(f"{_ONE}/delete", delete, "Delete an empty group", FORM_MOST),
]
