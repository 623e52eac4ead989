# SPDX-License-Identifier: EUPL-1.2
"""Contexts in, pages out: one Jinja environment per language, compiled once, escaping everything.

Pages are sent uncompressed: they carry what only their reader may know beside what others can put into
the address, and compression would measure the one with the other (BREACH). Static files are compressed.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from html import escape
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from hausgeist.core.people import Principal
from hausgeist.errors import N_, HausgeistError, PasswordDue
from hausgeist.identity import Announcement, Brand
from hausgeist.locale import LANGUAGES, counter, pick, translator
from hausgeist.render import render_blocks
from hausgeist.web import assets
from hausgeist.web.contexts.error import ErrorPage
from hausgeist.web.contexts.shell import Bar, Looks, Nav, Shell, Theme
from hausgeist.web.house import House
from hausgeist.web.moments import day_text

if TYPE_CHECKING:
    from jinja2 import Environment

    from hausgeist.web.visit import Visit

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE_COOKIE = "hausgeist_language"
THEME_COOKIE = "hausgeist_theme"
READ_COOKIE = "hausgeist_read"
"""Announcements that were put away; it ends with the browser's session."""
NO_NAME = "Hausgeist"
"""Stands on every page until the organisation has given its name."""


@cache
def environment(language: str) -> "Environment":
    """The environment of a language; templates are compiled at their first use."""
    from jinja2 import (  # noqa: PLC0415  50 ms that a server without visitors saves
        Environment,
        FileSystemLoader,
        StrictUndefined,
    )

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["_"] = translator(language)
    made.globals["counted"] = counter(language)
    made.globals["static"] = assets.address
    return made


def render(language: str, template: str, context: object) -> str:
    """A template with its context as ``page``."""
    return environment(language).get_template(template).render(page=context)


def page(
    visit: "Visit", template: str, context: Any, *, status: int = 200, store: bool = False
) -> Response:
    """A page for its reader. ``context`` has a ``shell``; no cache keeps it unless ``store`` is set."""
    del visit
    return Response(
        render(context.shell.language, template, context),
        status_code=status,
        media_type="text/html; charset=utf-8",
        headers={} if store else {"Cache-Control": "no-store"},
    )


def go(path: str) -> Response:
    """After a form: go to a path of ours with GET."""
    return RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})


async def shell(visit: "Visit", title: str, nav: Nav = "") -> Shell:
    """The frame of a page; ``title`` is an English text of the catalogue."""
    house, visitor = visit.house, visit.visitor
    brand = await house.identity.branding.shown()
    language = language_of(visit.scope, visitor, house.settings.language)
    inside = visitor is not None and visitor.session_id is not None
    current = await house.identity.announcements.current() if inside else ()
    notes = await _notes(house, visitor, language) if visitor is not None and inside else ()
    return _shell(
        visit.scope,
        house,
        visitor,
        brand=brand,
        title=title,
        nav=nav,
        bars=(*notes, *_bars(visit.scope, current, language)),
    )


async def _notes(house: House, visitor: Principal, language: str) -> tuple[Bar, ...]:
    """What a person has to know on every page: that their conversations were asked for, or are closed."""
    news, closed_before = await house.readings.news(visitor.id)
    turn = translator(language)
    found = []
    if closed_before is not None:
        words = turn(
            N_(
                "Conversations and files from before {day} are closed, because somebody else made a password "
                "for this account or linked a login to it."
            )
        ).format(day=day_text(closed_before, language))
        found.append((words, turn(N_("Open them"))))
    if news:
        words = turn(N_("There is news about the reading of one of your conversations by others."))
        found.append((words, turn(N_("See who and why"))))
    return tuple(
        Bar("", f'<p>{escape(words)} <a href="/account/reading">{escape(link)}</a></p>', warn=True)
        for words, link in found
    )


def looks_of(brand: Brand, language: str) -> Looks:
    """What a page shows of the organisation's looks."""
    turn = translator(language)
    pages = ((turn(N_("Imprint")), brand.imprint), (turn(N_("Privacy")), brand.privacy))
    said = brand.login_de if language == "de" else brand.login_en
    return Looks(
        logo=f"/brand/logo?v={brand.logo}" if brand.logo else "",
        colours=f"/brand/theme.css?v={brand.accent[1:]}" if brand.accent else "",
        footer=brand.footer,
        links=tuple(page for page in pages if page[1]),
        login=tuple(line for line in said.split("\n") if line.strip()),
    )


@lru_cache(maxsize=64)
def announcement_html(text: str, language: str) -> str:
    """An announcement's Markdown as clean HTML."""
    return "".join(render_blocks(text, language))


def read_announcements(scope: Scope) -> list[str]:
    """The ids of announcements that this browser has been told to put away."""
    return [one for one in _cookie(scope, READ_COOKIE).split(".") if one]


def _bars(scope: Scope, current: Sequence[Announcement], language: str) -> tuple[Bar, ...]:
    if not current:
        return ()
    away = set(read_announcements(scope))
    return tuple(
        Bar(one.id, announcement_html(one.text, language), one.kind == "warn")
        for one in current
        if one.id not in away
    )


def language_of(scope: Scope, principal: Principal | None, default: str) -> str:
    """The reader's language: the account's, else the cookie's, else the browser's, else the house's."""
    if principal is not None and principal.session_id is not None:
        return principal.locale
    chosen = _cookie(scope, LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return pick(Headers(scope=scope).get("accept-language", ""), default)


def language_for(visit: "Visit") -> str:
    """The language of whoever reads the answer to a visit."""
    return language_of(visit.scope, visit.visitor, visit.house.settings.language)


def fault_page(error: HausgeistError, scope: Scope, house: House) -> Response:
    """An error as a page. Who has not logged in is sent to the login, and back afterwards."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        return _to_login(scope)
    if isinstance(error, PasswordDue):
        return _instead(scope, "/account/password")
    context_shell = _shell(
        scope,
        house,
        scope.get("hausgeist.principal"),
        brand=house.identity.branding.known,
        title=N_("This did not work"),
    )
    translate = translator(context_shell.language)
    context = ErrorPage(shell=context_shell, status=error.status, happened=error.say(translate))
    body = render(context_shell.language, "error.html", context)
    return Response(
        body, status_code=error.status, media_type="text/html; charset=utf-8", headers=headers
    )


def _to_login(scope: Scope) -> Response:
    wanted = "/"
    if scope["method"] in {"GET", "HEAD"}:
        query = scope.get("query_string", b"").decode("latin-1")
        wanted = quote(scope["path"]) + (f"?{query}" if query else "")
    where = "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}"
    if Headers(scope=scope).get("hx-request") == "true":  # a part of a page: the whole page goes
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    return go(where)


def _instead(scope: Scope, path: str) -> Response:
    if Headers(scope=scope).get("hx-request") == "true":
        return Response(status_code=403, headers={"HX-Redirect": path})
    return go(path)


def _shell(
    scope: Scope,
    house: House,
    principal: Principal | None,
    *,
    brand: Brand,
    title: str,
    nav: Nav = "",
    bars: tuple[Bar, ...] = (),
) -> Shell:
    language = language_of(scope, principal, house.settings.language)
    theme = principal.theme if principal is not None else _cookie(scope, THEME_COOKIE)
    return Shell(
        title=translator(language)(title),
        organisation=brand.organisation or NO_NAME,
        language=language,
        theme=_theme(theme),
        user_name=principal.name if principal is not None else None,
        is_admin=principal.is_admin if principal is not None else False,
        oversees=principal.oversees if principal is not None else False,
        active_nav=nav,
        looks=looks_of(brand, language),
        bars=bars,
    )


def _theme(word: str) -> Theme:
    known: tuple[Literal["auto", "light", "dark"], ...] = get_args(Theme)
    return next((theme for theme in known if theme == word), "auto")


def _cookie(scope: Scope, name: str) -> str:
    try:
        found = SimpleCookie(Headers(scope=scope).get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""
