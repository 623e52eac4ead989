# SPDX-License-Identifier: EUPL-1.2
"""``/admin/providers``: whom the house asks outside, in which zone, with which key, for which data."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from starlette.responses import Response

from hausgeist.core.labels import DataClass
from hausgeist.core.models import ModelCard
from hausgeist.errors import N_, HausgeistError, InvalidField
from hausgeist.gateway.providers.catalogue import Entry, catalogue, entry
from hausgeist.gateway.providers.config import TermFields
from hausgeist.gateway.providers.configured import Listed, Providers
from hausgeist.locale import translator
from hausgeist.web.contexts.admin_providers import CatalogueRow, ProviderRow, ProvidersPage, TermRow
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.keys import CLASSES
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit

DONE = {
    "terms": N_("The terms are saved. From now on the policy decides by them."),
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


async def agree(visit: Visit) -> Response:
    """``POST /admin/providers/{provider}/terms``: what the provider has promised."""
    form = await read_form(visit)
    try:
        found = await _verbs(visit).get(_name(visit))
        config = msgspec.structs.replace(found.config, terms=_terms(form))
        await _verbs(visit).save(config, by=visit.principal.id)
    except InvalidField as error:
        return await _providers_page(visit, error=error)
    return go("/admin/providers?done=terms")


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


def _terms(form: Form) -> TermFields:
    """The terms of the form; an empty field is unknown."""
    days = form.text("retention_days", "", most=10)
    if days and not (days.isascii() and days.isdigit()):
        raise InvalidField(
            field="retention_days",
            reason=N_("use 0 to 36500 days, or nothing"),
            param="retention_days",
        )
    return TermFields(
        contract_since=form.text("contract_since", "", most=10),
        trains={"yes": True, "no": False}.get(form.text("trains", "")),
        retention_days=int(days) if days else None,
        operator_country=form.text("operator_country", "", most=2).upper(),
        parent_country=form.text("parent_country", "", most=2).upper(),
        admin_country=form.text("admin_country", "", most=2).upper(),
        outputs_may_train={"yes": True, "no": False}.get(form.text("outputs_may_train", "")),
    )


def _term_facts(terms: TermFields, language: str) -> tuple[tuple[str, str], ...]:
    """The terms in words; what nobody has entered is said to be unknown."""
    turn = translator(language)
    unknown = turn(N_("unknown"))
    said = {True: turn(N_("yes")), False: turn(N_("no")), None: unknown}
    days, since = terms.retention_days, _day(terms.contract_since, language)
    contract = (
        turn(N_("on file since {day}")).format(day=since) if since else turn(N_("none on file"))
    )
    return (
        (turn(N_("Contract")), contract),
        (turn(N_("Trains on what it is sent")), said[terms.trains]),
        (turn(N_("Its answers may train own models")), said[terms.outputs_may_train]),
        (
            turn(N_("Keeps it for")),
            unknown if days is None else turn(N_("{days} days")).format(days=days),
        ),
        (turn(N_("Operator in")), terms.operator_country or unknown),
        (turn(N_("Owner in")), terms.parent_country or unknown),
        (turn(N_("Administrators in")), terms.admin_country or unknown),
    )


def _day(day: str, language: str) -> str:
    """A date such as 2026-02-01 as people write it."""
    if not day:
        return ""
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return day_text(int(at.timestamp() * 1000), language)


def _term_row(terms: TermFields, language: str) -> TermRow:
    days = terms.retention_days
    return TermRow(
        contract_since=terms.contract_since,
        trains={True: "yes", False: "no", None: ""}[terms.trains],
        outputs_may_train={True: "yes", False: "no", None: ""}[terms.outputs_may_train],
        retention_days="" if days is None else str(days),
        operator_country=terms.operator_country,
        parent_country=terms.parent_country,
        admin_country=terms.admin_country,
        facts=_term_facts(terms, language),
    )


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
        problem=_problem(one, language),
        models=one.models,
        terms=_term_row(config.terms, language),
        external=tuple(model.id for model in config.models if model.external),
    )


def _problem(one: Listed, language: str) -> str:
    turn = translator(language)
    if one.fault is not None:
        return one.fault.say(turn)
    return turn(one.problem) if one.problem else ""


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
    admin_post(f"{_AT}/terms", agree, "Say what a provider has promised", FORM_MOST),
    admin_post(f"{_AT}/enable", enable, "Offer a provider's models", FORM_MOST),
    admin_post(f"{_AT}/disable", disable, "Stop offering a provider's models", FORM_MOST),
    admin_post(f"{_AT}/delete", forget, "Forget a provider and its key", FORM_MOST),
    admin_post(f"{_AT}/test", test, "Ask a provider for its models", FORM_MOST),
]
