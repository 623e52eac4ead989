# SPDX-License-Identifier: EUPL-1.2
"""``/admin/providers``: whom the house asks outside, in which zone, with which key, for which data."""

from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from hausgeist.core.labels import DataClass
from hausgeist.core.models import ModelCard
from hausgeist.errors import N_, HausgeistError, InvalidField
from hausgeist.gateway.providers.catalogue import Entry, catalogue, entry
from hausgeist.gateway.providers.configured import Listed, Providers
from hausgeist.locale import translator
from hausgeist.web.contexts.admin_providers import CatalogueRow, ProviderRow, ProvidersPage
from hausgeist.web.forms import FORM_MOST, read_form
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.keys import CLASSES
from hausgeist.web.rendering import day_text, go, page, shell
from hausgeist.web.visit import Visit

DONE = {
    "saved": N_("Saved. Nothing is sent there before the provider is enabled."),
    "key": N_("The key is saved."),
    "enabled": N_("The provider is enabled; its models are on offer."),
    "disabled": N_("The provider is disabled; nothing more is sent there."),
    "deleted": N_("The provider and its key are forgotten."),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/providers``."""
    return await _providers_page(visit)


async def add(visit: Visit) -> Response:
    """``POST /admin/providers``: take an entry of the catalogue, with key and address; it stays off."""
    form = await read_form(visit)
    try:
        ready = entry(form.text("entry", most=64))
        address = form.text("base_url", "", most=2000)
        config = ready.config(**{name: form.text(name, "") for name in ready.variables})
        config = msgspec.structs.replace(
            config,
            cleared_for=_class(form.text("cleared_for", "public")),
            base_url=address or config.base_url,
        )
        key = form.exact("key", "").strip()
        await _verbs(visit).save(config, by=visit.principal.id, key=key or None, new=True)
    except HausgeistError as error:
        return await _providers_page(visit, error=error)
    return go("/admin/providers?done=saved")


async def set_key(visit: Visit) -> Response:
    """``POST /admin/providers/{provider}/key``."""
    form = await read_form(visit)
    key = form.exact("key").strip()
    try:
        await _verbs(visit).set_key(_name(visit), key, by=visit.principal.id)
    except InvalidField as error:
        return await _providers_page(visit, error=error)
    return go("/admin/providers?done=key")


async def clear(visit: Visit) -> Response:
    """``POST /admin/providers/{provider}/clearance``: for which data it is released."""
    form = await read_form(visit)
    try:
        found = await _verbs(visit).get(_name(visit))
        config = msgspec.structs.replace(found.config, cleared_for=_class(form.text("cleared_for")))
        await _verbs(visit).save(config, by=visit.principal.id)
    except InvalidField as error:
        return await _providers_page(visit, error=error)
    return go("/admin/providers?done=enabled" if found.enabled else "/admin/providers?done=saved")


async def enable(visit: Visit) -> Response:
    """``POST /admin/providers/{provider}/enable``; outside Europe only with the box ticked."""
    form = await read_form(visit)
    try:
        await _verbs(visit).enable(
            _name(visit), by=visit.principal.id, confirm_world=form.ticked("confirm_world")
        )
    except InvalidField as error:
        return await _providers_page(visit, error=error)
    return go("/admin/providers?done=enabled")


async def disable(visit: Visit) -> Response:
    """``POST /admin/providers/{provider}/disable``."""
    try:
        await _verbs(visit).disable(_name(visit), by=visit.principal.id)
    except InvalidField as error:
        return await _providers_page(visit, error=error)
    return go("/admin/providers?done=disabled")


async def forget(visit: Visit) -> Response:
    """``POST /admin/providers/{provider}/delete``."""
    try:
        await _verbs(visit).delete(_name(visit), by=visit.principal.id)
    except InvalidField as error:
        return await _providers_page(visit, error=error)
    return go("/admin/providers?done=deleted")


async def test(visit: Visit) -> Response:
    """``POST /admin/providers/{provider}/test``: ask it for its models, once."""
    verbs, name = _verbs(visit), _name(visit)
    await verbs.get(name)
    try:
        found = await verbs.test(name, by=visit.principal.id)
    except HausgeistError as error:
        return await _providers_page(visit, error=error, status=200)
    return await _providers_page(visit, tested=found)


def _verbs(visit: Visit) -> Providers:
    return visit.house.providers


def _name(visit: Visit) -> str:
    return str(visit.path_params["provider"])


def _class(word: str) -> str:
    try:
        return DataClass.parse(word).word
    except KeyError:
        raise InvalidField(
            field="cleared_for", reason=N_("choose one of the classes"), param="cleared_for"
        ) from None


async def _providers_page(
    visit: Visit,
    *,
    error: HausgeistError | None = None,
    status: int | None = None,
    tested: Sequence[ModelCard] | None = None,
) -> Response:
    verbs = _verbs(visit)
    frame = await shell(visit, N_("Providers"), "admin")
    turn = translator(frame.language)
    listed = await verbs.list()
    taken = {one.config.id for one in listed}
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = ProvidersPage(
        shell=frame,
        tabs=tabs(frame.language),
        providers=tuple(_row(one, frame.language) for one in listed),
        catalogue=tuple(_ready(one) for one in catalogue().values() if one.id not in taken),
        classes=tuple((one.word, turn(words)) for one, words in reversed(CLASSES.items())),
        file_problems=tuple(sorted(verbs.file_problems.items())),
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
        tested=None if tested is None else tuple(card.upstream for card in tested),
    )
    code = status or (error.status if error is not None else 200)
    return page(visit, "admin_providers.html", context, status=code)


def _row(one: Listed, language: str) -> ProviderRow:
    config = one.config
    return ProviderRow(
        id=config.id,
        title=config.title or config.id,
        operator=config.operator,
        zone=config.zone,
        country=config.country or "",
        address=config.base_url,
        cleared_for=config.cleared_for,
        has_key=one.has_key,
        needs_key=config.needs_key,
        enabled=one.enabled,
        editable=one.editable,
        confirmed=day_text(one.world_confirmed_at, language),
        problem=one.problem,
        models=one.models,
    )


def _ready(one: Entry) -> CatalogueRow:
    return CatalogueRow(
        id=one.id,
        title=one.title or one.id,
        operator=one.operator,
        zone=one.zone,
        country=one.country or "",
        address=one.base_url,
        note=one.note,
        docs=one.docs,
        needs_key=one.needs_key,
        variables=one.variables,
        unverified=", ".join(one.unverified),
    )


_AT = "/admin/providers/{provider}"

ROUTES = [
    admin_get("/admin/providers", show, "Providers outside and servers of the house"),
    admin_post("/admin/providers", add, "Take a provider from the catalogue", FORM_MOST),
    admin_post(f"{_AT}/key", set_key, "Replace a provider's key", FORM_MOST),
    admin_post(f"{_AT}/clearance", clear, "Release a provider for a data class", FORM_MOST),
    admin_post(f"{_AT}/enable", enable, "Offer a provider's models", FORM_MOST),
    admin_post(f"{_AT}/disable", disable, "Stop offering a provider's models", FORM_MOST),
    admin_post(f"{_AT}/delete", forget, "Forget a provider and its key", FORM_MOST),
    admin_post(f"{_AT}/test", test, "Ask a provider for its models", FORM_MOST),
]
