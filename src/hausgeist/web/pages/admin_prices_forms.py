# SPDX-License-Identifier: EUPL-1.2
"""The forms of the page of prices: a provider's price, and figures of own hardware, with their histories."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hausgeist.core.models import ModelCard, Price
from hausgeist.core.running_costs import Figures
from hausgeist.errors import N_
from hausgeist.ledger.prices import Entered, Own
from hausgeist.ledger.rules import PriceRules, TierRules, begins
from hausgeist.locale import translator
from hausgeist.web.amounts import number, price
from hausgeist.web.amounts import typed as as_typed
from hausgeist.web.contexts.admin_prices import Entry, Field, OwnForm, PriceForm, Tier
from hausgeist.web.forms import Form
from hausgeist.web.moments import day_text

TIERS = 3
"""Tiers that the form offers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a number of the figures is asked for; ``first`` is what stands there before anybody typed."""

    label: str
    hint: str = ""
    first: float | None = None
    percent: bool = False
    needed: bool = False


FIGURES = {
    "capex": Asked(N_("Purchase, EUR"), needed=True),
    "years": Asked(N_("Years of use"), first=5),
    "residual": Asked(N_("Residual value, %"), first=0, percent=True),
    "interest": Asked(N_("Interest a year, %"), first=0.03, percent=True),
    "maintenance": Asked(N_("Maintenance a year, %"), first=0.05, percent=True),
    "idle_watt": Asked(N_("Watts, idle"), needed=True),
    "load_watt": Asked(N_("Watts, under load"), needed=True),
    "utilisation": Asked(N_("Utilisation, %"), first=0.2, percent=True),
    "pue": Asked(N_("Cooling and losses (PUE)"), N_("1.3 is 30 % on top."), first=1.3),
    "eur_per_kwh": Asked(N_("Electricity, EUR per kWh"), first=0.25),
    "admin_hours": Asked(N_("Hours of administration a month"), needed=True),
    "admin_rate": Asked(N_("An hour costs, EUR"), first=60),
    "software": Asked(N_("Software and hosting a month, EUR"), first=0),
    "tokens_per_second": Asked(N_("Tokens per second under load"), N_("What the machine writes.")),
    "input_share": Asked(
        N_("Work of reading, %"), N_("Of what a written token takes."), first=0.1, percent=True
    ),
    "measured_output": Asked(
        N_("Written a month, million tokens"),
        N_("If you measured it: it counts instead of speed and utilisation."),
    ),
    "measured_input": Asked(N_("Read a month, million tokens"), first=0),
}


_RATE = re.compile(r"(?:^|, )at ([0-9.e-]+) EUR for 1 ([A-Z]{3})$")


def since_text(day: str, language: str) -> str:
    """A day, or a month, as people write it."""
    if len(day) != 10:
        return day
    return day_text(begins(day), language)


def source_text(source: str, language: str) -> str:
    """Where a price comes from; the rate that the ledger has written behind it in words."""
    found = _RATE.search(source)
    if found is None:
        return source
    rate = translator(language)(N_("at {rate} EUR for 1 {currency}"))
    rate = rate.format(rate=as_typed(float(found[1]), language), currency=found[2])
    return ", ".join(filter(None, (source[: found.start()], rate)))


def price_form(
    provider: str,
    model: str,
    cards: Sequence[ModelCard],
    entered: Sequence[Entered],
    *,
    typed: Form | None,
    now_ms: int,
    rate: float,
    language: str,
) -> PriceForm:
    """The form of one price: as typed, else as it stands now; beside it what was entered."""
    mine = [one for one in entered if (one.provider, one.model) == (provider, model)]
    card = next((one for one in cards if (one.provider, one.upstream) == (provider, model)), None)
    held = [one for one in mine if begins(one.valid_from) <= now_ms]
    if held:
        rules = held[-1].rules
    elif card is not None and card.price is not None:
        rules = _rules_of(card.price)
    else:
        rules = PriceRules(rate=rate or 1.0)
    texts = _texts(rules, rate, language)
    tiers = [_tier(one, language) for one in rules.tiers]
    source = held[-1].source if held else card.price.source if card and card.price else ""
    if typed is not None:
        texts = {name: typed.text(name, "") for name in texts}
        source = typed.text("source", "")
        tiers = [_typed_tier(typed, place) for place in range(TIERS)]
    tiers += [Tier()] * (TIERS - len(tiers))
    return PriceForm(
        provider=provider,
        model=model,
        title=(card.name if card else model) or provider,
        valid_from=typed.text("valid_from", "") if typed is not None else _today(now_ms),
        currency=typed.text("currency", "EUR") if typed is not None else rules.currency,
        source=source,
        tiers=tuple(tiers[:TIERS]),
        history=_history(
            [(one.valid_from, _said(one, language), one.source, one.entered_at) for one in mine],
            now_ms,
            language,
        ),
        **texts,
    )


def own_form(
    model: str, figures: Sequence[Own], *, typed: Form | None, now_ms: int, language: str
) -> OwnForm:
    """The form of figures: as typed, else those that hold, else the defaults; beside it what they give."""
    turn = translator(language)
    mine = [one for one in figures if one.model == model]
    held = [one for one in mine if begins(one.valid_from) <= now_ms]
    current = held[-1].figures if held else None
    fields = []
    for name, asked in FIGURES.items():
        value = asked.first if current is None else getattr(current, name)
        text = as_typed(value * 100 if value is not None and asked.percent else value, language)
        if typed is not None:
            text = typed.text(name, "")
        hint = turn(asked.hint) if asked.hint else ""
        fields.append(Field(name, turn(asked.label), text, hint, asked.needed))
    return OwnForm(
        model=model,
        title=model or turn(N_("The house as a whole")),
        valid_from=typed.text("valid_from", "") if typed is not None else _today(now_ms),
        fields=tuple(fields),
        parts=_parts(current, language) if current is not None else (),
        result=_result(current, language) if current is not None else "",
        history=_history(
            [(one.valid_from, _result(one.figures, language), "", one.entered_at) for one in mine],
            now_ms,
            language,
        ),
    )


def _parts(figures: Figures, language: str) -> tuple[tuple[str, str], ...]:
    """A month's cost, part by part."""
    turn, month = translator(language), figures.month()
    parts = (
        (N_("Depreciation"), month.depreciation),
        (N_("Interest"), month.interest),
        (N_("Maintenance"), month.maintenance),
        (N_("Electricity"), month.power),
        (N_("Administration"), month.admin),
        (N_("Software and hosting"), month.software),
        (N_("Together"), month.total),
    )
    return tuple((turn(words), f"{number(value, language, 2)} €") for words, value in parts)


def _result(figures: Figures, language: str) -> str:
    """What the figures come to, per million tokens."""
    turn, found = translator(language), figures.price()
    if found is None:
        return turn(N_("unknown: neither speed nor measured tokens are given"))
    return turn(N_("{input} € read, {output} € written, per million tokens")).format(
        input=price(found.input, language), output=price(found.output, language)
    )


def _history(
    rows: list[tuple[str, str, str, int]], now_ms: int, language: str
) -> tuple[Entry, ...]:
    """Entries, the newest first, with what holds now."""
    turn = translator(language)
    out, found = [], False
    for valid_from, text, source, entered_at in reversed(rows):
        coming = begins(valid_from) > now_ms
        now = not coming and not found
        found = found or now
        state = turn(N_("to come") if coming else N_("holds now") if now else N_("over"))
        out.append(
            Entry(
                valid_from=valid_from,
                text=text,
                source=source,
                entered=day_text(entered_at, language),
                state=state,
                now=now,
                day=since_text(valid_from, language),
            )
        )
    return tuple(out)


def _said(one: Entered, language: str) -> str:
    turn, rules = translator(language), one.rules
    if not one.model:
        return turn(N_("at least {amount} a month")).format(
            amount=f"{number(rules.minimum, language, 2)} {rules.currency}"
        )
    if rules.input is None or rules.output is None:
        return turn(N_("unknown"))
    text = f"{price(rules.input, language)} / {price(rules.output, language)} {rules.currency}"
    return f"{text}, {turn(N_('with tiers'))}" if rules.tiers else text


def _texts(rules: PriceRules, rate: float, language: str) -> dict[str, str]:
    """The form's fields of a price."""
    return {
        "rate": as_typed(rules.rate if rules.currency != "EUR" else rate or None, language),
        "input": as_typed(rules.input, language),
        "output": as_typed(rules.output, language),
        "cached": as_typed(rules.cached_input, language),
        "per_request": as_typed(rules.per_request or None, language),
        "minimum": as_typed(rules.minimum or None, language),
        "parameters": as_typed(rules.parameters or None, language),
    }


def _rules_of(found: Price) -> PriceRules:
    return PriceRules(
        input=found.input,
        output=found.output,
        cached_input=found.cached_input,
        per_request=found.per_request,
    )


def _tier(one: TierRules, language: str) -> Tier:
    return Tier(
        above=str(one.above) if one.above else "",
        since=one.since,
        until=one.until,
        input=as_typed(one.input, language),
        output=as_typed(one.output, language),
        cached=as_typed(one.cached_input, language),
    )


def _typed_tier(form: Form, place: int) -> Tier:
    names = ("above", "since", "until", "input", "output", "cached")
    return Tier(*(form.text(f"tier{place}_{name}", "") for name in names))


def _today(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%d")
