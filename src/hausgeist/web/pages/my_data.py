# SPDX-License-Identifier: EUPL-1.2
"""``/account/data``: how long things are kept, everything to take along, and the deletion of it all."""

from dataclasses import replace

from starlette.responses import Response

from hausgeist.chat.labels import CLASSES
from hausgeist.core.labels import DataClass
from hausgeist.errors import (
    N_,
    BadRequest,
    Conflict,
    HausgeistError,
    InvalidField,
    LoginFailed,
    LoginThrottled,
    NotAllowed,
)
from hausgeist.locale import translator
from hausgeist.people import KEPT, STORES, Asked
from hausgeist.web.contexts.my_data import DataPage, HoldNote, SoonRow
from hausgeist.web.forms import Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.cookies import without_session
from hausgeist.web.pages.receipts import receipt_page
from hausgeist.web.rendering import NO_NAME, page, shell
from hausgeist.web.reply import ByteStream
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

AHEAD_DAYS = 30
"""Conversations that go within so many days are listed."""
FRESH_SECONDS = 600.0
"""Where another login confirms who somebody is, it must be so recent."""


async def show(visit: Visit) -> Response:
    """``GET /account/data``."""
    return await _data_page(visit)


async def export(visit: Visit) -> Response:
    """``GET /account/data/export``: everything as one ZIP, as it is read."""
    who, house = visit.principal, visit.house
    pieces = await house.lifecycle.export.begin(
        who.id,
        who.id,
        organisation=await house.identity.organisation() or NO_NAME,
        language=who.locale,
    )
    return ByteStream(
        pieces,
        "application/zip",
        headers={"Content-Disposition": 'attachment; filename="hausgeist.zip"'},
    )


async def erase(visit: Visit) -> Response:
    """``POST /account/data/erase``: with the login name typed, and the password or a fresh login."""
    form = await read_form(visit)
    who, house, language = visit.principal, visit.house, visit.principal.locale
    try:
        await _make_sure(visit, form)
        asked = Asked(who.id, "person", await house.identity.organisation() or NO_NAME)
        receipt = await house.lifecycle.erasure.erase(who.id, asked)
    except (BadRequest, Conflict, LoginFailed, LoginThrottled, NotAllowed) as error:
        return await _data_page(visit, error)
    visit.visitor = None  # there is nobody any more
    title = N_("Everything is deleted")
    frame = replace(await shell(visit, title), title=translator(language)(title), language=language)
    context = receipt_page(frame, receipt, is_new=True)
    return without_session(visit, page(visit, "receipt.html", context))


async def _data_page(visit: Visit, error: HausgeistError | None = None) -> Response:
    who, house = visit.principal, visit.house
    frame = await shell(visit, N_("Your data"), "account")
    turn = translator(frame.language)
    retention = house.lifecycle.retention
    rules = await retention.rules()
    person = await house.identity.people.get(who.id)
    by_password = await house.identity.people.has_password(who.id)
    context = DataPage(
        shell=frame,
        login=person.login,
        rules=tuple((turn(CLASSES[one]), _days(rules[one], frame.language)) for one in DataClass),
        kept_for_ever=not any(rules.values()),
        soon=tuple(
            SoonRow(one.id, one.title, day_text(until, frame.language))
            for one, until in await retention.soon(who.id, AHEAD_DAYS)
        ),
        holds=tuple(
            HoldNote(
                hold.reason,
                day_text(hold.created_at, frame.language),
                day_text(hold.ended_at, frame.language),
            )
            for hold in await house.lifecycle.holds.on(who.id)
        ),
        stores=tuple(turn(store.title) for store in STORES),
        kept=tuple(turn(words) for words in KEPT.values()),
        by_password=by_password,
        is_fresh=by_password or await _is_fresh(visit),
        error=error.say(turn) if error is not None else "",
    )
    # a wrong password is no lost login: 401 would send the reader to the login page
    status = 200 if error is None else 400 if error.status == 401 else error.status
    return page(visit, "my_data.html", context, status=status)


async def _make_sure(visit: Visit, form: Form) -> None:
    """That it is this person, and that they mean it.

    Raises:
        InvalidField, LoginFailed, LoginThrottled, NotAllowed: what is missing.
    """
    who, people = visit.principal, visit.house.identity.people
    person = await people.get(who.id)
    if form.text("confirm", "").casefold() != person.login:
        raise InvalidField(
            field="confirm", reason=N_("type your login name to confirm"), param="confirm"
        )
    if await people.has_password(who.id):
        address = visit.client.host if visit.client else ""
        await people.confirm(who.id, form.exact("password", ""), address=address)
    elif not await _is_fresh(visit):
        raise NotAllowed


async def _is_fresh(visit: Visit) -> bool:
    age = await visit.house.identity.sessions.age(visit.principal.session_id or "")
    return age is not None and age < FRESH_SECONDS


def _days(days: int | None, language: str) -> str:
    turn = translator(language)
    if days is None:
        return turn(N_("until you delete it"))
    if days == 1:
        return turn(N_("one day after the last use"))
    return turn(N_("{days} days after the last use")).format(days=days)


ROUTES = [
    page_get("/account/data", show, "What the house holds of oneself, and for how long"),
    page_get("/account/data/export", export, "Everything the house holds of oneself, as a ZIP"),
    page_post("/account/data/erase", erase, "Delete one's account and everything"),
]
