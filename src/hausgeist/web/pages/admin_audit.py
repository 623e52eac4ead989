# SPDX-License-Identifier: EUPL-1.2
"""``/admin/audit``: what the administration changed: when, who, what, before and after.

Nobody's use of the house is here: no calls, no sessions, no logins, nothing people do to their own accounts.
Who administers or audits now is named; everybody else stays the pseudonym that the trail has.
"""

from collections.abc import Callable
from urllib.parse import quote, urlencode

from starlette.responses import Response

from hausgeist.audit import Changed, Changes
from hausgeist.errors import N_
from hausgeist.identity import Person
from hausgeist.locale import translator
from hausgeist.people import STORES
from hausgeist.web.contexts.admin_house import AuditPage, ChangeRow
from hausgeist.web.moments import moment_text
from hausgeist.web.pages.admin import tabs
from hausgeist.web.pages.audit_words import AREAS, NOTHING, WORDS, named, said, subject_words
from hausgeist.web.rendering import page, shell
from hausgeist.web.routes import Who, page_get
from hausgeist.web.visit import Visit

ACTORS = (N_("command line"), N_("set-up link"), N_("house"))
COUNT = 50
ADMINS_MOST = 500
_GROUPS = frozenset({"group", "group_id"})
"""Facts that are a group's id."""
_PLACES = {"user": "/admin/users/", "group": "/admin/groups/"}


async def show(visit: Visit) -> Response:
    """``GET /admin/audit`` with ``area`` and ``before``."""
    frame = await shell(visit, N_("Changes"), "admin")
    language, turn = frame.language, translator(frame.language)
    asked = visit.query_params.get("area", "")
    chosen = asked if asked in {area[0] for area in AREAS} else ""
    word = visit.query_params.get("before", "")
    before = int(word) if word.isascii() and word.isdigit() and len(word) < 19 else None
    prefixes = [one for area, _, kinds in AREAS if chosen in {"", area} for one in kinds]
    found, more = await Changes(visit.house.store).page(prefixes, before, COUNT)
    names = await _names(visit, turn)
    people = await _people(visit, found)
    called = {one.id: one.login for one in people.values()} | await _things(visit)
    context = AuditPage(
        shell=frame,
        tabs=tabs(language, administers=visit.principal.is_admin),
        rows=tuple(
            ChangeRow(
                seq=one.seq,
                when=moment_text(one.at_ms, language),
                who=names.get(one.actor, one.actor),
                what=turn(WORDS.get(one.kind, one.kind)),
                kind=one.kind,
                subject=subject_words(called.get(one.subject, one.subject), language),
                address=_address(one, people) if visit.principal.is_admin else "",
                facts=_facts(one, language, called),
            )
            for one in found
        ),
        kinds=tuple((area, turn(words)) for area, words, _ in AREAS),
        chosen=chosen,
        older=_older(chosen, found[-1].seq) if more else "",
        newest="/admin/audit" + (f"?area={chosen}" if chosen else "") if before else "",
    )
    return page(visit, "admin_audit.html", context)


async def _names(visit: Visit, turn: Callable[[str], str]) -> dict[str, str]:
    """The names behind pseudonyms: of those who oversee now, and of those who are no persons."""
    pseudonym = visit.house.trail.pseudonym
    people = visit.house.identity.people
    found = {pseudonym(one): turn(one) for one in ACTORS}
    for role in ("auditor", "admin"):
        those, _ = await people.search(role=role, count=ADMINS_MOST)
        found |= {pseudonym(one.id): one.name for one in those}
    return found


async def _people(visit: Visit, found: list[Changed]) -> dict[str, Person]:
    """The people whose accounts were changed, by id, as far as they are still there."""
    ids = {one.subject for one in found if one.kind.startswith("user.")}
    return {one.id: one for one in await visit.house.identity.people.some(ids)}


async def _things(visit: Visit) -> dict[str, str]:
    """The names of groups and of services' keys, by id, as far as they are still there."""
    identity = visit.house.identity
    groups = {one.id: one.title for one in await identity.groups.all()}
    return groups | {one.id: one.name for one in await identity.keys.of(None)}


def _address(one: Changed, people: dict[str, Person]) -> str:
    area = one.kind.partition(".")[0]
    if area == "user" and one.subject not in people:
        return ""
    if area not in _PLACES or one.kind == "group.deleted" or not one.subject:
        return ""
    return _PLACES[area] + quote(one.subject, safe="")


def _facts(one: Changed, language: str, called: dict[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Name, before and after of what changed; other facts stand as an after. ``called``: names by id."""
    turn = translator(language)
    if one.kind == "user.erased":
        titles = {store.name: store.title for store in STORES}
        gone = [(titles.get(name), count) for name, count in one.facts.items()]
        return tuple((turn(title), "", str(count)) for title, count in gone if title and count)
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for key, value in one.facts.items():
        side, _, name = key.partition(".")
        if side not in {"before", "after"} or not name:
            side, name = "after", key
        words = called.get(str(value)) if name in _GROUPS else None
        (before if side == "before" else after)[name] = words or said(name, value, language)
    return tuple(
        (named(name, language), _was(before.get(name, NOTHING)), after.get(name, ""))
        for name in dict.fromkeys([*before, *after])
        if before.get(name, NOTHING) != after.get(name, NOTHING)
    )


def _was(text: str) -> str:
    """What stood there before; empty where nothing did."""
    return "" if text == NOTHING else text


def _older(chosen: str, seq: int) -> str:
    query = {"area": chosen, "before": str(seq)} if chosen else {"before": str(seq)}
    return f"/admin/audit?{urlencode(query)}"


ROUTES = [
    page_get("/admin/audit", show, "What the administration changed", who=Who.OVERSEER),
]
