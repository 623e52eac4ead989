# SPDX-License-Identifier: EUPL-1.2
"""``/admin/policy``: what may leave the house, in words; a draft, what it would change, and two persons.

Administrators write and propose, administrators and auditors see and put into force. The what-if counts
the whole house's calls, never anybody's.
"""

from starlette.responses import Response

from hausgeist.core.policy import Policy
from hausgeist.errors import N_, HausgeistError, NoSecondPerson, NotFound
from hausgeist.gateway.policies import Policies, Version
from hausgeist.gateway.policy_file import FILE_MOST
from hausgeist.gateway.what_if import what_if_now
from hausgeist.locale import translator
from hausgeist.web.contexts.admin_policy import (
    DraftForm,
    DraftPage,
    PolicyPage,
    Proposal,
    VersionPage,
    VersionRow,
    WhatIfView,
)
from hausgeist.web.disposition import attachment
from hausgeist.web.forms import Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.multipart import read_parts
from hausgeist.web.pages.admin import admin_get, admin_post, overseer_get, tabs
from hausgeist.web.pages.policy_form import choices, form_of, policy_of, typed, unknown
from hausgeist.web.pages.policy_words import changes_view, policy_view, what_if_view
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import Endpoint, Route, Who, page_post
from hausgeist.web.visit import Visit

DONE = {
    "saved": N_("The draft is saved. Nothing has changed yet."),
    "discarded": N_("The draft is thrown away."),
    "proposed": N_("The rules are proposed. A second person puts them into force."),
    "active": N_("The rules are in force, in all servers within a few seconds."),
    "rejected": N_("The proposal is turned down."),
}
STATES = {
    "proposed": (N_("proposed"), "warn"),
    "active": (N_("in force"), "good"),
    "retired": (N_("no longer in force"), ""),
    "rejected": (N_("turned down"), "bad"),
}
DRAFT_MOST = 2 * FILE_MOST
"""Bytes of the draft's form, or of a file."""


async def show(visit: Visit) -> Response:
    """``GET /admin/policy``."""
    return await _policy_page(visit)


async def show_version(visit: Visit) -> Response:
    """``GET /admin/policy/versions/{version}``."""
    frame = await shell(visit, N_("Policy"), "admin")
    found = await _verbs(visit).get(_name(visit))
    names = await _names(visit, [found])
    policy, now = found.policy, _verbs(visit).in_force
    context = VersionPage(
        shell=frame,
        tabs=tabs(frame.language, administers=visit.principal.is_admin),
        row=_row(found, names, frame.language, now.version),
        view=None if policy is None else policy_view(policy, frame.language),
        changes=() if policy is None else changes_view(now, policy, frame.language),
        administers=visit.principal.is_admin,
    )
    return page(visit, "admin_policy_version.html", context)


async def file(visit: Visit) -> Response:
    """``GET /admin/policy/versions/{version}/file``: the version as TOML."""
    found = await _verbs(visit).get(_name(visit))
    return Response(
        found.body,
        media_type="application/toml; charset=utf-8",
        headers={
            "Content-Disposition": attachment(f"policy-{found.version}.toml"),
            "Cache-Control": "no-store",
        },
    )


async def show_draft(visit: Visit) -> Response:
    """``GET /admin/policy/draft``."""
    return await _draft_page(visit)


async def begin(visit: Visit) -> Response:
    """``POST /admin/policy/draft/begin``: a draft from a version, or from what is in force."""
    form = await read_form(visit)
    verbs = _verbs(visit)
    source = form.text("source", "", most=64) or verbs.in_force.version
    await verbs.begin(source, by=visit.principal.id)
    return go("/admin/policy/draft")


async def bring(visit: Visit) -> Response:
    """``POST /admin/policy/draft/file``: a file becomes the draft."""
    parts = await read_parts(visit)
    _, data = parts.file("file")
    try:
        await _verbs(visit).bring(data.decode("utf-8", "replace"), by=visit.principal.id)
    except HausgeistError as error:
        return await _policy_page(visit, error=error)
    return go("/admin/policy/draft?done=saved")


async def save(visit: Visit) -> Response:
    """``POST /admin/policy/draft``."""
    form = await read_form(visit)
    try:
        policy = policy_of(form, "en")
        seen = form.text("seen", "", most=64)
        await _verbs(visit).save(policy, by=visit.principal.id, seen=seen)
    except HausgeistError as error:
        return await _draft_page(visit, error=error, form=form)
    return go("/admin/policy/draft?done=saved")


async def discard(visit: Visit) -> Response:
    """``POST /admin/policy/draft/discard``."""
    await _verbs(visit).discard(by=visit.principal.id)
    return go("/admin/policy?done=discarded")


async def propose(visit: Visit) -> Response:
    """``POST /admin/policy/draft/propose``."""
    form = await read_form(visit)
    try:
        await _verbs(visit).propose(by=visit.principal.id, seen=form.text("seen", most=64))
    except NotFound:
        raise
    except HausgeistError as error:
        return await _draft_page(visit, error=error)
    return go("/admin/policy?done=proposed")


async def tighten(visit: Visit) -> Response:
    """``POST /admin/policy/draft/tighten``: into force at once, because nothing is opened."""
    form = await read_form(visit)
    try:
        await _verbs(visit).tighten(by=visit.principal.id, seen=form.text("seen", most=64))
    except NotFound:
        raise
    except HausgeistError as error:
        return await _draft_page(visit, error=error)
    return go("/admin/policy?done=active")


async def activate(visit: Visit) -> Response:
    """``POST /admin/policy/versions/{version}/activate``, by the second person."""
    form = await read_form(visit)
    try:
        seen = form.text("seen", most=64)
        await _verbs(visit).activate(_name(visit), by=visit.principal, seen=seen)
    except NotFound:
        raise
    except HausgeistError as error:
        return await _policy_page(visit, error=error)
    return go("/admin/policy?done=active")


async def reject(visit: Visit) -> Response:
    """``POST /admin/policy/versions/{version}/reject``."""
    await _verbs(visit).reject(_name(visit), by=visit.principal.id)
    return go("/admin/policy?done=rejected")


# -- pages ----------------------------------------------------------------------------------------


async def _policy_page(visit: Visit, *, error: HausgeistError | None = None) -> Response:
    verbs = _verbs(visit)
    await verbs.refresh()
    frame = await shell(visit, N_("Policy"), "admin")
    language, turn = frame.language, translator(frame.language)
    versions, draft = await verbs.list(), await verbs.draft()
    names = await _names(visit, versions)
    waiting = next((one for one in versions if one.state == "proposed"), None)
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = PolicyPage(
        shell=frame,
        tabs=tabs(language, administers=visit.principal.is_admin),
        version=verbs.in_force.version,
        view=policy_view(verbs.in_force, language),
        versions=tuple(_row(one, names, language, verbs.in_force.version) for one in versions),
        administers=visit.principal.is_admin,
        others=await verbs.others(visit.principal.id),
        has_draft=draft is not None,
        proposal=None if waiting is None else await _proposal(visit, waiting, names, language),
        problem=turn(verbs.problem) if verbs.problem else "",
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_policy.html", context, status=status)


async def _draft_page(
    visit: Visit, *, error: HausgeistError | None = None, form: Form | None = None
) -> Response:
    verbs = _verbs(visit)
    await verbs.refresh()
    draft = await verbs.draft()
    if draft is None:
        raise NotFound
    frame = await shell(visit, N_("Policy"), "admin")
    language, turn = frame.language, translator(frame.language)
    policy, known = draft.policy, await choices(visit, language)
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = DraftPage(
        shell=frame,
        tabs=tabs(language, administers=True),
        mark=draft.mark,
        form=_draft_form(verbs, policy, form, language),
        choices=known,
        view=None if policy is None else policy_view(policy, language),
        changes=() if policy is None else changes_view(verbs.in_force, policy, language),
        what_if=None if policy is None else await _what_if(visit, policy, language),
        strict=policy is not None and await verbs.tightens(policy),
        others=await verbs.others(visit.principal.id),
        waits=await verbs.proposed() is not None,
        unknown=() if policy is None else unknown(policy, known),
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_policy_draft.html", context, status=status)


def _draft_form(
    verbs: Policies, policy: Policy | None, form: Form | None, language: str
) -> DraftForm:
    """What was typed, else the draft; one that cannot be read gives way to what is in force."""
    if form is not None:
        return typed(form, language)
    return form_of(policy or verbs.in_force, language)


async def _proposal(visit: Visit, one: Version, names: dict[str, str], language: str) -> Proposal:
    policy, closed = one.policy, ""
    now = _verbs(visit).in_force
    try:
        await _verbs(visit).may_activate(one, visit.principal)
    except NoSecondPerson as error:
        closed = error.say(translator(language))
    return Proposal(
        version=one.version,
        author=names.get(one.author_id or "", ""),
        day=day_text(one.proposed_at, language),
        view=None if policy is None else policy_view(policy, language),
        changes=() if policy is None else changes_view(now, policy, language),
        what_if=None if policy is None else await _what_if(visit, policy, language),
        own=one.author_id == visit.principal.id,
        closed=closed,
    )


async def _what_if(visit: Visit, policy: Policy, language: str) -> WhatIfView:
    house = visit.house
    found = await what_if_now(
        house.store, house.gateway.directory, house.now_ms, house.policies.in_force, policy
    )
    return what_if_view(found, language)


def _row(one: Version, names: dict[str, str], language: str, in_force: str) -> VersionRow:
    turn = translator(language)
    state, tone = STATES.get(one.state, (one.state, ""))
    if one.number == 0:
        state, tone = STATES["active"] if one.version == in_force else (N_("built in"), "")
    since, until = day_text(one.active_from, language), day_text(one.active_until, language)
    span = since or until
    if since and until:
        span = turn(N_("{since} to {until}")).format(since=since, until=until)
    turned_down = one.state == "rejected"
    name = turn(N_("Version {number}")).format(number=one.number)
    if one.number == 0:
        name = turn(N_("Rules that come with the house"))
    return VersionRow(
        version=one.version,
        name=name,
        state=turn(state),
        tone=tone,
        author=names.get(one.author_id or "", ""),
        second="" if turned_down else names.get(one.second_id or "", ""),
        span="" if turned_down else span,
        readable=one.policy is not None,
    )


async def _names(visit: Visit, versions: list[Version]) -> dict[str, str]:
    """The names of those who wrote and agreed to these versions."""
    ids = {one for version in versions for one in (version.author_id, version.second_id) if one}
    return {one.id: one.name for one in await visit.house.identity.people.some(ids)}


def _verbs(visit: Visit) -> Policies:
    return visit.house.policies


def _name(visit: Visit) -> str:
    return str(visit.path_params["version"])


def _second_post(path: str, endpoint: Endpoint, summary: str) -> Route:
    return page_post(path, endpoint, summary, who=Who.OVERSEER)


_AT = "/admin/policy/versions/{version}"
_DRAFT = "/admin/policy/draft"

ROUTES = [
    overseer_get("/admin/policy", show, "What may leave the house"),
    overseer_get(_AT, show_version, "A version of the border's rules"),
    overseer_get(f"{_AT}/file", file, "A version of the border's rules as a file"),
    admin_get(_DRAFT, show_draft, "The draft of the border's rules"),
    admin_post(_DRAFT, save, "Save the draft of the border's rules", DRAFT_MOST),
    admin_post(f"{_DRAFT}/begin", begin, "Begin a draft of the border's rules", DRAFT_MOST),
    admin_post(f"{_DRAFT}/file", bring, "Make a file the draft of the border's rules", DRAFT_MOST),
    admin_post(f"{_DRAFT}/discard", discard, "Throw the draft away", DRAFT_MOST),
    admin_post(f"{_DRAFT}/propose", propose, "Propose the draft", DRAFT_MOST),
    admin_post(f"{_DRAFT}/tighten", tighten, "Put stricter rules into force", DRAFT_MOST),
    _second_post(f"{_AT}/activate", activate, "Put proposed rules into force"),
    _second_post(f"{_AT}/reject", reject, "Turn proposed rules down"),
]
