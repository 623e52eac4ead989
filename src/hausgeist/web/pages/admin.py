# SPDX-License-Identifier: EUPL-1.2
"""What the pages of the administration share: their tabs, and the way in."""

from starlette.responses import Response

from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.web.contexts.admin import OverviewPage, TabGroup, Tabs
from hausgeist.web.forms import FORM_MOST
from hausgeist.web.rendering import page, shell
from hausgeist.web.routes import Endpoint, Route, Who, page_get, page_post
from hausgeist.web.visit import Visit

PAGES = (
    ("people", "users", N_("People"), "/admin/users"),
    ("people", "groups", N_("Groups"), "/admin/groups"),
    ("people", "logins", N_("Logins"), "/admin/logins"),
    ("people", "keys", N_("Service keys"), "/admin/keys"),
    ("models", "models", N_("Models"), "/admin/models"),
    ("models", "providers", N_("Providers"), "/admin/providers"),
    ("models", "service", N_("Students in service"), "/admin/service"),
    ("border", "policy", N_("Policy"), "/admin/policy"),
    ("border", "words", N_("Own words"), "/admin/words"),
    ("border", "guards", N_("Guards"), "/admin/guards"),
    ("border", "drill", N_("Drill"), "/admin/drill"),
    ("costs", "costs", N_("Costs"), "/admin/costs"),
    ("costs", "breakeven", N_("Own hardware"), "/admin/costs/break-even"),
    ("costs", "budgets", N_("Budgets"), "/admin/budgets"),
    ("costs", "prices", N_("Prices"), "/admin/prices"),
    ("proof", "audit", N_("Changes"), "/admin/audit"),
    ("proof", "trail", N_("Audit trail"), "/admin/trail"),
    ("proof", "readings", N_("Reading of conversations"), "/admin/readings"),
    ("proof", "egress", N_("Egress"), "/admin/egress"),
    ("house", "sharing", N_("Sharing"), "/admin/sharing"),
    ("house", "retention", N_("Retention"), "/admin/retention"),
    ("house", "holds", N_("Legal holds"), "/admin/holds"),
    ("house", "announcements", N_("Announcements"), "/admin/announcements"),
    ("house", "appearance", N_("Appearance"), "/admin/appearance"),
)
"""Group, key, words, address: in the order of the navigation. Each page adds its line."""

GROUPS = {
    "people": N_("Who works here"),
    "models": N_("Models"),
    "border": N_("The border"),
    "costs": N_("Costs"),
    "proof": N_("Proof"),
    "house": N_("The house"),
}
ABOUT = {
    "users": N_("Accounts, roles and passwords"),
    "groups": N_("Who belongs together, and which models they have"),
    "logins": N_("How people come in: password, single sign-on, directory"),
    "keys": N_("For programs of the house"),
    "models": N_("What runs in the house, and how it is called"),
    "providers": N_("Who outside is asked, and what they have promised"),
    "service": N_("Small models that answer in a large one's place, and for whom"),
    "policy": N_("Which data may go where, and who agrees to it"),
    "words": N_("Names and numbers that only this house knows"),
    "guards": N_("Rules that mark or stop texts, and objections to them"),
    "drill": N_("What if a provider were gone tomorrow?"),
    "costs": N_("What was used and what it cost, never of a person"),
    "breakeven": N_("From when on own hardware pays off"),
    "budgets": N_("How much may be used each month"),
    "prices": N_("What models cost, and where that is known from"),
    "audit": N_("What the administration changed, before and after"),
    "trail": N_("Proof that nothing was changed behind anybody's back"),
    "readings": N_("With a reason and a second person, and the person sees it"),
    "egress": N_("Everything that left the house, with a report each month"),
    "sharing": N_("Who may share conversations with whom"),
    "retention": N_("When conversations are deleted by themselves"),
    "holds": N_("What must not be deleted for the time being"),
    "announcements": N_("What everybody reads above the page"),
    "appearance": N_("Name, logo, colour and imprint"),
}
"""What is behind a page of the navigation, by its key: for the overview."""
OVERSEEN: frozenset[str] = frozenset(
    {"audit", "breakeven", "costs", "drill", "egress", "policy", "readings", "trail"}
)
"""Keys of the pages that auditors see, too: their routes are for overseers."""


def tabs(language: str, *, administers: bool = True) -> Tabs:
    """The administration's pages in the reader's language, by group; of an auditor, those to oversee."""
    turn = translator(language)
    found = []
    for group, words in GROUPS.items():
        entries = tuple(
            (key, turn(label), path)
            for of, key, label, path in PAGES
            if of == group and (administers or key in OVERSEEN)
        )
        if entries:
            found.append(TabGroup(turn(words), entries))
    return tuple(found)


def admin_get(path: str, endpoint: Endpoint, summary: str) -> Route:
    """A page for administrators."""
    return page_get(path, endpoint, summary, Who.ADMIN)


def admin_post(path: str, endpoint: Endpoint, summary: str, max_body: int = FORM_MOST) -> Route:
    """A form for administrators; ``max_body`` in bytes."""
    return page_post(path, endpoint, summary, max_body, Who.ADMIN)


def overseer_get(path: str, endpoint: Endpoint, summary: str) -> Route:
    """A page for administrators and auditors; its key stands in ``OVERSEEN``."""
    return page_get(path, endpoint, summary, Who.OVERSEER)


async def overview(visit: Visit) -> Response:
    """``GET /admin``: all pages of the administration that the visitor may see."""
    administers = visit.principal.is_admin
    title = N_("Administration") if administers else N_("Oversight")
    frame = await shell(visit, title, "admin")
    groups = tabs(frame.language, administers=administers)
    turn = translator(frame.language)
    about = {key: turn(words) for key, words in ABOUT.items()}
    return page(visit, "admin_overview.html", OverviewPage(frame, groups, about))


ROUTES = [overseer_get("/admin", overview, "All pages of the administration")]
