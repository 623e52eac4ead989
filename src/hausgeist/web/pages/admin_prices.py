# SPDX-License-Identifier: EUPL-1.2
"""``/admin/prices``: what models cost, by whom and since when it is known; unknown is said, never zero."""

from urllib.parse import urlencode

from starlette.responses import Response

from hausgeist.core.labels import Zone
from hausgeist.core.models import ModelCard
from hausgeist.errors import N_, BadRequest, HausgeistError, InvalidField, NotFound
from hausgeist.ledger.prices import OWN, Entered, figures_of
from hausgeist.ledger.rules import PriceRules, TierRules, begins
from hausgeist.locale import translator
from hausgeist.web.amounts import amount, number, price, whole
from hausgeist.web.contexts.admin_prices import PriceRow, PricesPage
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.admin_prices_forms import (
    FIGURES,
    TIERS,
    own_form,
    price_form,
    since_text,
    source_text,
)
from hausgeist.web.rendering import go, language_for, page, shell
from hausgeist.web.visit import Visit

DONE = {
    "saved": N_("The price is entered. Calls that were booked stay as they are."),
    "removed": N_("The entry is taken back. Calls that were booked stay as they are."),
    "own": N_("The figures are entered. Calls that were booked stay as they are."),
}
OLD_MS = 90 * 86_400_000
"""Milliseconds after which somebody should look whether a price is still right."""


async def show(visit: Visit) -> Response:
    """``GET /admin/prices`` with ``provider`` and ``model``, or ``own``, for a form and its history."""
    return await _page(visit)


async def save(visit: Visit) -> Response:
    """``POST /admin/prices``: a price from a day on."""
    form = await read_form(visit)
    language = language_for(visit)
    try:
        provider, model = _known(visit, form)
        await visit.house.prices.set(
            provider,
            model,
            form.text("valid_from", ""),
            _rules(form, language),
            source=form.text("source", ""),
            by=visit.principal.id,
        )
    except BadRequest as error:
        return await _page(visit, form, error)
    return go(_href(provider, model, done="saved"))


async def remove(visit: Visit) -> Response:
    """``POST /admin/prices/remove``: take an entry back."""
    form = await read_form(visit)
    provider, model = form.text("provider", most=64), form.text("model", "", most=200)
    await visit.house.prices.remove(
        provider, model, form.text("valid_from", most=10), visit.principal.id
    )
    return go(_href(provider, model, done="removed"))


async def save_own(visit: Visit) -> Response:
    """``POST /admin/prices/own``: figures of own hardware, of a model or the whole house."""
    form = await read_form(visit)
    language = language_for(visit)
    try:
        values = {name: _figure(form, name, language) for name in FIGURES}
        await visit.house.prices.set_own(
            form.text("own", "", most=200),
            form.text("valid_from", ""),
            figures_of(values),
            visit.principal.id,
        )
    except BadRequest as error:
        return await _page(visit, form, error, own=True)
    return go(f"/admin/prices?{urlencode({'own': form.text('own', ''), 'done': 'own'})}#form")


async def remove_own(visit: Visit) -> Response:
    """``POST /admin/prices/own/remove``."""
    form = await read_form(visit)
    model = form.text("own", "", most=200)
    await visit.house.prices.remove_own(model, form.text("valid_from", most=10), visit.principal.id)
    return go(f"/admin/prices?{urlencode({'own': model, 'done': 'removed'})}#form")


def _known(visit: Visit, form: Form) -> tuple[str, str]:
    """The provider and model a price is for; the house has the provider."""
    provider, model = form.text("provider", "", most=64), form.text("model", "", most=200)
    if provider not in visit.house.gateway.directory.sources():
        raise NotFound
    return provider, model


def _figure(form: Form, name: str, language: str) -> float | None:
    value = amount(form, name, language)
    return value / 100 if value is not None and FIGURES[name].percent else value


def _rules(form: Form, language: str) -> PriceRules:
    tiers = []
    for place in range(TIERS):
        one = {name: form.text(f"tier{place}_{name}", "") for name in ("above", "since", "until")}
        paid = amount(form, f"tier{place}_input", language)
        written = amount(form, f"tier{place}_output", language)
        if paid is None and written is None:
            continue
        tiers.append(
            TierRules(
                input=paid or 0.0,
                output=written or 0.0,
                cached_input=amount(form, f"tier{place}_cached", language),
                above=whole(form, f"tier{place}_above") or 0,
                since=one["since"],
                until=one["until"],
            )
        )
    currency = form.text("currency", "EUR")
    rate = amount(form, "rate", language)
    if currency != "EUR" and not rate:
        raise InvalidField(
            field="rate", reason=N_("say how many EUR one unit of the currency is"), param="rate"
        )
    return PriceRules(
        currency="USD" if currency == "USD" else "EUR",
        rate=1.0 if currency != "USD" else rate or 1.0,
        input=amount(form, "input", language),
        output=amount(form, "output", language),
        cached_input=amount(form, "cached", language),
        per_request=amount(form, "per_request", language) or 0.0,
        minimum=amount(form, "minimum", language) or 0.0,
        parameters=amount(form, "parameters", language) or 0.0,
        tiers=tuple(tiers),
    )


async def _page(
    visit: Visit,
    typed: Form | None = None,
    error: HausgeistError | None = None,
    *,
    own: bool = False,
) -> Response:
    house, asked = visit.house, visit.query_params
    frame = await shell(visit, N_("Prices"), "admin")
    turn, language = translator(frame.language), frame.language
    entered, figures = await house.prices.entered(), await house.prices.own()
    cards = house.gateway.directory.everything()
    rate = house.settings.usd_eur_rate
    if typed is not None:
        chosen = (typed.text("provider", "", most=64), typed.text("model", "", most=200))
        whose: str | None = typed.text("own", "", most=200) if own else None
    else:
        chosen = (asked.get("provider", ""), asked.get("model", ""))
        whose = asked.get("own")
    form = None
    if chosen[0] and whose is None:
        if chosen[0] not in house.gateway.directory.sources():
            raise NotFound
        form = price_form(
            *chosen,
            cards,
            entered,
            typed=typed,
            now_ms=house.now_ms(),
            rate=rate,
            language=language,
        )
    done = DONE.get(asked.get("done", ""), "")
    listed = await _listed(visit)
    context = PricesPage(
        shell=frame,
        tabs=tabs(language),
        outside=tuple(
            _row(card, listed, house.now_ms(), language)
            for card in cards
            if card.zone is not Zone.HOUSE
        ),
        inside=tuple(
            _row(card, listed, house.now_ms(), language)
            for card in cards
            if card.zone is Zone.HOUSE
        ),
        providers=tuple(
            (provider, _least(provider, entered, house.now_ms(), language), _href(provider, ""))
            for provider in sorted({card.provider for card in cards if card.zone is not Zone.HOUSE})
        ),
        rate=turn(N_("1 USD counts as {rate} EUR.")).format(rate=number(rate, language, 4))
        if rate > 0
        else turn(
            N_(
                "No rate for USD is set: list prices in USD stay unknown until the setting "
                "HAUSGEIST_USD_EUR_RATE says one, or somebody enters the price here."
            )
        ),
        form=form,
        own=None
        if whose is None
        else own_form(
            whose.replace("\x00", "")[:200],
            figures,
            typed=typed,
            now_ms=house.now_ms(),
            language=language,
        ),
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    return page(
        visit, "admin_prices.html", context, status=error.status if error is not None else 200
    )


async def _listed(visit: Visit) -> dict[tuple[str, str], str]:
    """List prices in USD, as words, by provider and model: shown where no rate makes EUR of them."""
    found = {}
    for one in await visit.house.providers.list():
        for model in one.config.models:
            if (
                model.input is not None
                and model.output is not None
                and one.config.currency == "USD"
            ):
                words = f"{model.input:g} / {model.output:g} USD"
                found[one.config.id, model.id] = words
    return found


def _row(
    card: ModelCard, listed: dict[tuple[str, str], str], now_ms: int, language: str
) -> PriceRow:
    turn = translator(language)
    found = card.price
    own = card.zone is Zone.HOUSE
    href = (
        f"/admin/prices?{urlencode({'own': card.id})}#form"
        if own
        else _href(card.provider, card.upstream)
    )
    if found is None:
        usd = listed.get((card.provider, card.upstream), "")
        words = turn(N_("list price {usd}, no rate")).format(usd=usd) if usd else ""
        return PriceRow(
            card.name, card.id, card.zone, known=False, input="", output="", more=words, source="",
            since="", old=False, href=href,
        )  # fmt: skip
    more = []
    if found.cached_input is not None:
        more.append(turn(N_("cached {price}")).format(price=price(found.cached_input, language)))
    if found.per_request:
        more.append(turn(N_("a call {price}")).format(price=price(found.per_request, language)))
    if found.tiers:
        more.append(turn(N_("with tiers")))
    if found.until_ms is not None:
        more.append(turn(N_("another one is entered already")))
    return PriceRow(
        title=card.name,
        id=card.id,
        zone=card.zone,
        known=True,
        input=price(found.input, language),
        output=price(found.output, language),
        more=", ".join(more),
        source=turn(N_("own figures"))
        if found.source == OWN
        else source_text(found.source, language),
        since=since_text(found.as_of, language),
        old=_is_old(found.as_of, now_ms) and found.source != OWN,
        href=href,
    )


def _is_old(as_of: str, now_ms: int) -> bool:
    """Whether a price is older than a quarter; ``as_of`` is a day or a month."""
    try:
        return now_ms - begins(as_of if len(as_of) > 7 else f"{as_of}-01") > OLD_MS
    except ValueError:
        return False


def _least(provider: str, entered: list[Entered], now_ms: int, language: str) -> str:
    """What a provider takes at least each month, in words; empty where nothing was entered."""
    held = [
        one
        for one in entered
        if one.provider == provider and not one.model and begins(one.valid_from) <= now_ms
    ]
    least = held[-1].rules.minimum * held[-1].rules.rate if held else 0.0
    return f"{number(least, language, 2)} €" if least else ""


def _href(provider: str, model: str, **more: str) -> str:
    return f"/admin/prices?{urlencode({'provider': provider, 'model': model, **more})}#form"


ROUTES = [
    admin_get("/admin/prices", show, "What models cost"),
    admin_post("/admin/prices", save, "Enter a price", FORM_MOST),
    admin_post("/admin/prices/remove", remove, "Take an entered price back", FORM_MOST),
    admin_post("/admin/prices/own", save_own, "Enter figures of own hardware", FORM_MOST),
    admin_post("/admin/prices/own/remove", remove_own, "Take figures back", FORM_MOST),
]
