# SPDX-License-Identifier: EUPL-1.2
"""``/admin/appearance``: name, logo, colour, links and the words of the login page."""

from dataclasses import replace
from typing import Final

from starlette.responses import Response

from hausgeist.core.colours import is_colour, palette
from hausgeist.errors import N_, BadRequest, BadUpload, HausgeistError, InvalidField
from hausgeist.identity import Brand
from hausgeist.identity.branding import LOGO_MOST
from hausgeist.locale import translator
from hausgeist.web.contexts.admin_house import AppearancePage
from hausgeist.web.forms import FORM_MOST, read_form
from hausgeist.web.multipart import read_parts
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.brand import CSS, theme
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit

OURS: Final = "#2b5590"
"""The accent of ``tokens.css`` in light; a test compares them."""
DONE = {
    "saved": N_("Saved."),
    "colour": N_("The colour is saved."),
    "logo": N_("The logo is saved."),
    "gone": N_("The logo is removed."),
}
_THEME: Final = "/admin/appearance/theme.css"


async def show(visit: Visit) -> Response:
    """``GET /admin/appearance``; with ``accent`` it shows that colour without saving it."""
    return await _appearance_page(visit)


async def save(visit: Visit) -> Response:
    """``POST /admin/appearance``: name, links and texts."""
    form = await read_form(visit)
    branding = visit.house.identity.branding
    wanted = Brand(
        organisation=form.text("organisation", ""),
        footer=form.text("footer", "", most=2000),
        imprint=form.text("imprint", "", most=2000),
        privacy=form.text("privacy", "", most=2000),
        login_de=form.text("login_de", "", most=4000),
        login_en=form.text("login_en", "", most=4000),
        accent=(await branding.shown()).accent,
    )
    try:
        await branding.save(wanted, visit.principal.id)
    except BadRequest as error:
        return await _appearance_page(visit, error=error, brand=wanted)
    return go("/admin/appearance?done=saved")


async def set_colour(visit: Visit) -> Response:
    """``POST /admin/appearance/colour``; ``ours`` takes the choice back."""
    form = await read_form(visit)
    branding = visit.house.identity.branding
    accent = "" if form.text("ours", "") else form.text("accent")
    wanted = replace(await branding.shown(), accent=accent)
    try:
        await branding.save(wanted, visit.principal.id)
    except InvalidField as error:
        return await _appearance_page(visit, error=error)
    return go("/admin/appearance?done=colour")


async def set_logo(visit: Visit) -> Response:
    """``POST /admin/appearance/logo``: a picture, as multipart."""
    try:
        _, data = (await read_parts(visit)).file("logo")
        await visit.house.identity.branding.set_logo(data, visit.principal.id)
    except (BadRequest, BadUpload) as error:
        return await _appearance_page(visit, error=error)
    return go("/admin/appearance?done=logo")


async def remove_logo(visit: Visit) -> Response:
    """``POST /admin/appearance/logo/remove``."""
    await visit.house.identity.branding.set_logo(None, visit.principal.id)
    return go("/admin/appearance?done=gone")


async def preview(visit: Visit) -> Response:
    """``GET /admin/appearance/theme.css`` with ``accent``: the colours that would come of it."""
    accent = visit.query_params.get("accent", "").lower()
    if not is_colour(accent):
        raise InvalidField(field="accent", reason=N_("use a colour such as #2b5590"))
    return Response(theme(accent), media_type=CSS)


async def _appearance_page(
    visit: Visit, *, error: HausgeistError | None = None, brand: Brand | None = None
) -> Response:
    frame = await shell(visit, N_("Appearance"), "admin")
    turn = translator(frame.language)
    shown = await visit.house.identity.branding.shown()
    typed = brand or shown
    tried = visit.query_params.get("accent", "").lower()
    trying = is_colour(tried) and tried != shown.accent
    accent = tried if trying else shown.accent or OURS
    found = palette(accent)
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = AppearancePage(
        shell=frame,
        tabs=tabs(frame.language),
        organisation=typed.organisation,
        footer=typed.footer,
        imprint=typed.imprint,
        privacy=typed.privacy,
        login_de=typed.login_de,
        login_en=typed.login_en,
        accent=accent,
        ours=OURS,
        chosen=bool(shown.accent),
        preview=trying,
        colours=f"{_THEME}?accent=%23{accent[1:]}" if trying else "",
        corrected=found.light.accent if found.corrected else "",
        logo=frame.looks.logo,
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_appearance.html", context, status=status)


_HERE = "/admin/appearance"
ROUTES = [
    admin_get(_HERE, show, "Name, logo, colour, links"),
    admin_post(_HERE, save, "Change name, links and texts", FORM_MOST),
    admin_post(f"{_HERE}/colour", set_colour, "Change the colour", FORM_MOST),
    admin_post(f"{_HERE}/logo", set_logo, "Change the logo", LOGO_MOST + FORM_MOST),
    admin_post(f"{_HERE}/logo/remove", remove_logo, "Remove the logo", FORM_MOST),
    admin_get(_THEME, preview, "Colours to be looked at before they are saved"),
]
