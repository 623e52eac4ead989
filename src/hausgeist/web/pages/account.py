# SPDX-License-Identifier: EUPL-1.2
"""``/account``: what people may change of themselves: profile, password, sessions, keys, and their data."""

from starlette.responses import Response

from hausgeist.errors import N_, BadRequest, HausgeistError, LoginFailed, LoginThrottled
from hausgeist.identity import LEAST
from hausgeist.locale import translator
from hausgeist.web.contexts.account import AccountPage, SessionRow
from hausgeist.web.contexts.keys import NewKey
from hausgeist.web.forms import read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.account_password import password_page
from hausgeist.web.pages.keys import DAY_MS, key_form, rows, wish_of
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

DONE = {
    "profile": N_("Your profile is saved."),
    "password": N_("Your password is changed; all other sessions have ended."),
    "sessions": N_("All other sessions have ended."),
    "revoked": N_("The key is revoked; it is over at once."),
}


async def show(visit: Visit) -> Response:
    """``GET /account``."""
    return await _account_page(visit)


async def save_profile(visit: Visit) -> Response:
    """``POST /account/profile``: name, language, theme."""
    form = await read_form(visit)
    try:
        await visit.house.identity.people.set_profile(
            visit.principal.id,
            name=form.text("name"),
            locale=form.text("language", visit.principal.locale),
            theme=form.text("theme", visit.principal.theme),
        )
    except BadRequest as error:
        return await _account_page(visit, profile_error=error)
    return go("/account?done=profile")


async def change_password(visit: Visit) -> Response:
    """``POST /account/password``: the old one and the new one; other sessions end."""
    form = await read_form(visit)
    try:
        await visit.house.identity.people.change_password(
            visit.principal.id,
            form.exact("old_password"),
            form.exact("password"),
            address=visit.client.host if visit.client else "",
            keep=visit.principal.session_id,
        )
    except (BadRequest, LoginFailed, LoginThrottled) as error:
        if visit.principal.must_change:
            return await password_page(visit, error)
        return await _account_page(visit, password_error=error)
    return go("/" if visit.principal.must_change else "/account?done=password")


async def end_sessions(visit: Visit) -> Response:
    """``POST /account/sessions/end``: all but this one."""
    who = visit.principal
    await visit.house.identity.sessions.end_all(who.id, who.id, but=who.session_id)
    return go("/account?done=sessions")


async def create_key(visit: Visit) -> Response:
    """``POST /account/keys``: a new key, shown in this answer and never again."""
    form = await read_form(visit)
    who = visit.principal
    try:
        wish = wish_of(visit, form, for_service=False)
        token, key = await visit.house.identity.keys.create(wish, who.id, who.id)
    except BadRequest as error:
        return await _account_page(visit, key_error=error, key_name=form.text("key_name", ""))
    return await _account_page(visit, new_key=NewKey(token, key.name))


async def revoke_key(visit: Visit) -> Response:
    """``POST /account/keys/{key_id}/revoke``."""
    who = visit.principal
    await visit.house.identity.keys.revoke(visit.path_params["key_id"], who.id, who.id)
    return go("/account?done=revoked")


async def _account_page(
    visit: Visit,
    *,
    new_key: NewKey | None = None,
    key_name: str = "",
    profile_error: HausgeistError | None = None,
    password_error: HausgeistError | None = None,
    key_error: HausgeistError | None = None,
) -> Response:
    identity = visit.house.identity
    who = visit.principal
    frame = await shell(visit, N_("Account and keys"), "account")
    language = frame.language
    turn = translator(language)
    person = await identity.people.get(who.id)
    open_sessions = await identity.sessions.of(who.id, who.session_id)
    keys = await identity.keys.of(who.id)
    done = DONE.get(visit.query_params.get("done", ""), "")
    error = profile_error or password_error or key_error
    context = AccountPage(
        shell=frame,
        login=person.login,
        name=person.name,
        group=(await visit.house.identity.groups.get(person.group)).title,
        least=LEAST,
        sessions=tuple(
            SessionRow(
                created=day_text(one.created_day * DAY_MS, language),
                seen=day_text(one.seen_day * DAY_MS, language),
                is_this=one.is_this,
            )
            for one in open_sessions
        ),
        keys=rows(keys, visit.house.now_ms(), language),
        key_form=key_form(
            visit,
            language,
            "/account/keys",
            error=key_error.say(turn) if key_error else "",
            name=key_name,
        ),
        logins=await _logins(visit, language),
        new_key=new_key,
        done=turn(done) if done else "",
        profile_error=profile_error.say(turn) if profile_error else "",
        password_error=password_error.say(turn) if password_error else "",
    )
    return page(visit, "account.html", context, status=_status(error))


async def _logins(visit: Visit, language: str) -> tuple[tuple[str, str], ...]:
    """The login sources that open this account, whoever linked them, and since when."""
    found = await visit.house.identity.people.login_sources(visit.principal.id)
    known = await visit.house.logins.list() if found else ()
    titles = {one.id: one.settings.title for one in known}
    return tuple((titles.get(one, one), day_text(since, language)) for one, since in found)


def _status(error: HausgeistError | None) -> int:
    """A wrong old password is no lost login: 401 would send the reader to the login page."""
    if error is None:
        return 200
    return 400 if error.status == 401 else error.status


ROUTES = [
    page_get("/account", show, "One's own account and keys"),
    page_post("/account/profile", save_profile, "Change name, language, appearance"),
    page_post("/account/password", change_password, "Change one's password"),
    page_post("/account/sessions/end", end_sessions, "End all other sessions"),
    page_post("/account/keys", create_key, "Make a key"),
    page_post("/account/keys/{key_id}/revoke", revoke_key, "Revoke a key of one's own"),
]
