# SPDX-License-Identifier: EUPL-1.2
"""``/admin/audit``: what the administration changed: when, who, what, before and after.

Nobody's use of the house is here: no calls, no sessions, no logins, nothing people do to their own accounts.
Who administers now is named; everybody else stays the pseudonym that the trail has.
"""

from collections.abc import Callable
from urllib.parse import quote, urlencode

from starlette.responses import Response

from hausgeist.audit import Changed, Changes
from hausgeist.chat.labels import CLASSES
from hausgeist.core.trail import Fact
from hausgeist.errors import N_
from hausgeist.identity import Person
from hausgeist.locale import translator
from hausgeist.people import STORES
from hausgeist.web.contexts.admin_house import AuditPage, ChangeRow
from hausgeist.web.pages.admin import tabs
from hausgeist.web.pages.admin_announcements import moment_text
from hausgeist.web.rendering import page, shell
from hausgeist.web.routes import Who, page_get
from hausgeist.web.visit import Visit

AREAS = (
    ("user", N_("People"), ("user.", "login.linked", "login.unlinked")),
    ("group", N_("Groups"), ("group.",)),
    ("model", N_("Models"), ("model.", "house.default_model")),
    ("provider", N_("Providers"), ("provider.",)),
    ("policy", N_("Policy"), ("policy.",)),
    ("words", N_("Own words"), ("own_words.",)),
    ("login", N_("Login sources"), ("login_source.", "login.local")),
    ("key", N_("Service keys"), ("key.",)),
    ("looks", N_("Appearance and announcements"), ("branding.", "announcement.")),
    ("reading", N_("Reading of conversations"), ("reading.",)),
    ("rules", N_("Retention, holds, sharing"), ("retention.changed", "hold.", "sharing.")),
)
"""What the list can be narrowed to, and all that it ever shows: what is in no area is not shown."""
WORDS = {
    "announcement.changed": N_("Announcement changed"),
    "announcement.created": N_("Announcement made"),
    "announcement.deleted": N_("Announcement taken away"),
    "branding.changed": N_("Appearance changed"),
    "group.changed": N_("Group changed"),
    "group.created": N_("Group made"),
    "group.deleted": N_("Group deleted"),
    "hold.ended": N_("Hold ended"),
    "hold.placed": N_("Hold placed"),
    "house.default_model": N_("Model offered first changed"),
    "key.created": N_("Service key made"),
    "key.revoked": N_("Service key revoked"),
    "login.linked": N_("Login source given to a person"),
    "login.local": N_("Login with passwords changed"),
    "login.unlinked": N_("Login source taken from a person"),
    "login_source.deleted": N_("Login source deleted"),
    "login_source.disabled": N_("Login source disabled"),
    "login_source.enabled": N_("Login source enabled"),
    "login_source.saved": N_("Login source saved"),
    "login_source.tested": N_("Login source tested"),
    "model.added": N_("Model added"),
    "model.changed": N_("Words about a model changed"),
    "model.deleted": N_("Model removed"),
    "model.pull": N_("Model requested"),
    "model.removed": N_("Model removed"),
    "model.removing": N_("Removal of a model begun"),
    "own_words.added": N_("Own words added"),
    "own_words.removed": N_("Own words deleted"),
    "policy.activated": N_("Rules put into force"),
    "policy.draft_dropped": N_("Draft of the rules thrown away"),
    "policy.draft_saved": N_("Draft of the rules saved"),
    "policy.proposed": N_("Rules proposed"),
    "policy.rejected": N_("Proposed rules turned down"),
    "provider.deleted": N_("Provider forgotten"),
    "provider.disabled": N_("Provider disabled"),
    "provider.enabled": N_("Provider enabled"),
    "provider.key_set": N_("Provider's key saved"),
    "provider.saved": N_("Provider saved"),
    "provider.tested": N_("Provider tested"),
    "retention.changed": N_("Retention changed"),
    "reading.asked": N_("Reading of a conversation asked for"),
    "reading.ended": N_("Reading of a conversation ended"),
    "reading.granted": N_("Reading of a conversation granted"),
    "reading.opened": N_("Conversation of somebody else read"),
    "reading.refused": N_("Reading of a conversation refused"),
    "sharing.changed": N_("Sharing changed"),
    "user.activated": N_("Account activated"),
    "user.changed": N_("Account changed"),
    "user.created": N_("Account made"),
    "user.deactivated": N_("Account deactivated"),
    "user.erased": N_("Person erased"),
    "user.exported": N_("Person's data read out"),
    "user.groups": N_("Further groups changed"),
    "user.opened": N_("Older conversations opened again"),
    "user.password": N_("Password made anew"),
    "user.release_asked": N_("Opening of older conversations asked for"),
    "user.sessions_ended": N_("Sessions ended"),
}
"""A kind without words is shown as the trail has it."""
FACTS = {one.name.lower(): words for one, words in CLASSES.items()} | {
    "colour": N_("Colour"),
    "cost_centre": N_("Cost centre"),
    "default_model": N_("Offered first"),
    "description": N_("Description"),
    "enabled": N_("enabled"),
    "expires_at": N_("Expires"),
    "group": N_("Group that pays"),
    "groups": N_("Further groups"),
    "imprint": N_("Imprint"),
    "kind": N_("Kind"),
    "login": N_("Login name"),
    "logo": N_("Logo"),
    "max_class": N_("Data class"),
    "model": N_("Model"),
    "models": N_("Models"),
    "name": N_("Name"),
    "organisation": N_("Organisation"),
    "role": N_("Role"),
    "scope": N_("Whose data"),
    "text": N_("Text"),
    "title": N_("Title"),
    "until": N_("Until"),
    "zone": N_("Zone"),
}
"""What was changed, in words; a name that is not here is shown as the trail has it."""
VALUES = {
    ("kind", "info"): N_("News"),
    ("kind", "warning"): N_("Warning"),
    ("models", "*"): N_("all"),
    ("role", "admin"): N_("Administrator"),
    ("role", "auditor"): N_("Auditor"),
    ("role", "member"): N_("Member"),
    ("scope", "everyone"): N_("everybody"),
    ("scope", "group"): N_("a group"),
    ("scope", "person"): N_("one person"),
}
ACTORS = (N_("command line"), N_("set-up link"), N_("house"))
COUNT = 50
NOTHING = "-"
"""Stands for a value that is not there."""
ADMINS_MOST = 500
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
                subject=_subject(one, people),
                address=_address(one, people) if visit.principal.is_admin else "",
                facts=_facts(one, language),
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
    """The names behind pseudonyms: of those who administer now, and of those who are no persons."""
    pseudonym = visit.house.trail.pseudonym
    admins, _ = await visit.house.identity.people.search(role="admin", count=ADMINS_MOST)
    named = {pseudonym(one.id): one.name for one in admins}
    return named | {pseudonym(one): turn(one) for one in ACTORS}


async def _people(visit: Visit, found: list[Changed]) -> dict[str, Person]:
    """The people whose accounts were changed, by id, as far as they are still there."""
    ids = {one.subject for one in found if one.kind.startswith("user.")}
    return {one.id: one for one in await visit.house.identity.people.some(ids)}


def _subject(one: Changed, people: dict[str, Person]) -> str:
    person = people.get(one.subject)
    return person.login if person is not None else one.subject


def _address(one: Changed, people: dict[str, Person]) -> str:
    area = one.kind.partition(".")[0]
    if area == "user" and one.subject not in people:
        return ""
    if area not in _PLACES or one.kind == "group.deleted" or not one.subject:
        return ""
    return _PLACES[area] + quote(one.subject, safe="")


def _facts(one: Changed, language: str) -> tuple[tuple[str, str, str], ...]:
    """Name, before and after of what changed; other facts stand as an after."""
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
        (before if side == "before" else after)[name] = _said(name, value, language)
    return tuple(
        (turn(FACTS.get(name, name)), before.get(name, ""), after.get(name, ""))
        for name in dict.fromkeys([*before, *after])
        if before.get(name, NOTHING) != after.get(name, NOTHING)
    )


def _said(name: str, value: Fact, language: str) -> str:
    turn = translator(language)
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return turn(N_("yes")) if value else turn(N_("no"))
    if name.endswith("_at") and isinstance(value, int):
        return moment_text(value, language)
    return turn(VALUES.get((name, str(value)), str(value)))


def _older(chosen: str, seq: int) -> str:
    query = {"area": chosen, "before": str(seq)} if chosen else {"before": str(seq)}
    return f"/admin/audit?{urlencode(query)}"


ROUTES = [
    page_get("/admin/audit", show, "What the administration changed", who=Who.OVERSEER),
]
