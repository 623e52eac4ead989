# SPDX-License-Identifier: EUPL-1.2
"""``/admin/costs/break-even``: own hardware against a price per token, every assumption in a form.

The form's values stand in the address, so that a result can be sent as a link; nothing is stored. What
stands there first are the house's own figures and the last full month's traffic, as far as it may be shown.
"""

from dataclasses import asdict, fields
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from hausgeist.core.breakeven import ASSUMPTIONS, RIGS, Elsewhere, Load, Result, compare
from hausgeist.core.running_costs import Figures
from hausgeist.errors import N_, BadRequest, InvalidField
from hausgeist.ledger.rules import checked_figures
from hausgeist.locale import translator
from hausgeist.render import charts
from hausgeist.web.amounts import amount, number, typed
from hausgeist.web.contexts.costs import Asked, BreakevenPage, Choice, CostRow
from hausgeist.web.forms import Form
from hausgeist.web.pages.admin import overseer_get, tabs
from hausgeist.web.pages.admin_prices_forms import FIGURES
from hausgeist.web.pages.costs_offers import priced
from hausgeist.web.rendering import page, shell
from hausgeist.web.visit import Visit

PATH = "/admin/costs/break-even"
LABELS = {
    "requests": N_("Requests a month"),
    "input_tokens": N_("Tokens read a request"),
    "output_tokens": N_("Tokens written a request"),
    "price_input": N_("Read, € per million"),
    "price_output": N_("Written, € per million"),
    "minimum": N_("At least, € a month"),
    "staff": N_("Employees"),
    "days": N_("Working days a month"),
    "hours": N_("Working hours a day"),
    "peak": N_("Peak, times the average"),
    **{name: asked.label for name, asked in FIGURES.items()},
}
PERCENT = frozenset(name for name, asked in FIGURES.items() if asked.percent)
SOURCES = {
    "house": N_("your figures"),
    "month": N_("last month"),
    "price": N_("price list"),
    "example": N_("example: a town of 400"),
    "usual": N_("usual assumption"),
    "market": N_("estimate from card prices, April 2026"),
    "tariff": N_("small business, 2024"),
    "leaderboard": N_("14B model, batch 32, ML.ENERGY v3"),
    "link": N_("as entered"),
}
GROUPS = (
    (N_("The work"), ("requests", "input_tokens", "output_tokens", "staff")),
    (N_("The price elsewhere"), ("price_input", "price_output", "minimum")),
    (
        N_("The machine"),
        (
            "capex",
            "years",
            "residual",
            "interest",
            "maintenance",
            "idle_watt",
            "load_watt",
            "utilisation",
            "pue",
            "eur_per_kwh",
            "admin_hours",
            "admin_rate",
            "software",
        ),
    ),
    (
        N_("What it can do"),
        ("tokens_per_second", "input_share", "days", "hours", "peak"),
    ),
)
LEAST = {"years": 0.1, "days": 1.0, "hours": 1.0, "peak": 1.0}
MOST = {"days": 31.0, "hours": 24.0, "peak": 100.0}
PARTS = {
    "depreciation": N_("Depreciation"),
    "interest": N_("Interest"),
    "maintenance": N_("Maintenance"),
    "power": N_("Electricity"),
    "admin": N_("Administration"),
    "software": N_("Software and hosting"),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/costs/break-even`` with the form's values."""
    frame = await shell(visit, N_("Own hardware"), "admin")
    language, turn = frame.language, translator(frame.language)
    form = Form({key: [value] for key, value in visit.query_params.multi_items()})
    first = await _first(visit)
    values = {name: value for name, (value, _) in first.items()}
    texts = {
        name: typed(None if value is None else value * (100 if name in PERCENT else 1), language)
        for name, value in values.items()
    }
    sources = {name: source for name, (_, source) in first.items()}
    given = {name for name in values if name in visit.query_params}
    error, status = "", 200
    try:
        for name in given:
            texts[name] = form.text(name, "", most=40)
            sources[name] = "link"
            values[name] = _value(form, name, language)
        figures, load, there = _read(values)
    except BadRequest as refused:
        error, status = refused.say(turn), refused.status
        figures, load, there = _read({name: value for name, (value, _) in first.items()})
        values = {name: value for name, (value, _) in first.items()}
    result = compare(
        figures,
        load,
        there,
        days=values["days"] or 21,
        hours=values["hours"] or 8,
        peak=values["peak"] or 3,
        staff=values["staff"] or 0,
    )
    context = BreakevenPage(
        shell=frame,
        tabs=tabs(language, administers=visit.principal.is_admin),
        groups=tuple(
            (
                turn(title),
                tuple(
                    Asked(name, turn(LABELS[name]), texts[name], turn(SOURCES[sources[name]]))
                    for name in names
                ),
            )
            for title, names in GROUPS
        ),
        rigs=tuple(_rig_choice(rig.key, rig.name, values, language) for rig in RIGS),
        prices=_price_choices(visit, values, language),
        share=_address(values, language),
        verdict=_verdict(result, language),
        warnings=_warnings(result, language),
        facts=_facts(result, values["staff"] or 0, language),
        chart=_chart(result, load, there, language),
        columns=tuple(
            turn(words)
            for words in (N_("Requests a month"), N_("Own hardware, €"), N_("Elsewhere, €"))
        ),
        rows=_rows(result, load, there, language),
        parts=tuple(
            (turn(words), f"{number(getattr(figures.month(), name), language, 0)} €")
            for name, words in PARTS.items()
        ),
        error=error,
    )
    return page(visit, "admin_breakeven.html", context, status=status)


async def _first(visit: Visit) -> dict[str, tuple[float | None, str]]:
    """What stands in each field before anybody typed, and where that comes from."""
    house, now = visit.house, visit.house.now_ms()
    found: dict[str, tuple[float | None, str]] = {
        one.name: (one.default, "example" if one.source == "month" else one.source)
        for one in ASSUMPTIONS
    }
    own = house.prices.figures("", now)
    if own is not None:
        for name in (one.name for one in fields(Figures)):
            if name in found and getattr(own, name) is not None:
                found[name] = (getattr(own, name), "house")
    months = await house.usage.months()
    if len(months) > 1:
        total = (await house.usage.month(months[1])).total
        if total.calls:
            found["requests"] = (total.calls, "month")
            found["input_tokens"] = (round(total.input_tokens / total.calls), "month")
            found["output_tokens"] = (round(total.output_tokens / total.calls), "month")
    dear = [one for one in priced(visit) if one.price is not None and one.zone != "house"]
    in_use = [one for one in dear if one.own] or dear
    if in_use and in_use[0].price is not None:
        found["price_input"] = (in_use[0].price.input, "price")
        found["price_output"] = (in_use[0].price.output, "price")
        found["minimum"] = (in_use[0].minimum, "price")
    else:
        found["price_input"], found["price_output"] = (2.0, "example"), (8.0, "example")
    return found


def _value(form: Form, name: str, language: str) -> float | None:
    """A field as a number; in a link a point is always a decimal point."""
    value = amount(form, name, language)
    if value is None and name != "tokens_per_second":
        raise InvalidField(field=name, reason=N_("this field is missing"), param=name)
    if value is not None and name in PERCENT:
        value /= 100
    low, high = LEAST.get(name, 0.0), MOST.get(name, 1e12)
    if value is not None and not low <= value <= high:
        raise InvalidField(
            field=name, reason=N_("a number from {low} to {high}"), param=name, low=low, high=high
        )
    return value


def _read(values: dict[str, float | None]) -> tuple[Figures, Load, Elsewhere]:
    names = {one.name for one in fields(Figures)}
    given = {name: value for name, value in values.items() if name in names}
    speed = given.pop("tokens_per_second", None)
    numbers = {name: float(value or 0) for name, value in given.items()}
    figures = checked_figures(Figures(tokens_per_second=speed, **numbers))
    plain = {name: float(value or 0) for name, value in values.items()}
    load = Load(
        requests=plain["requests"],
        input_tokens=plain["input_tokens"],
        output_tokens=plain["output_tokens"],
    )
    there = Elsewhere(
        input=plain["price_input"], output=plain["price_output"], minimum=plain["minimum"]
    )
    return figures, load, there


def _address(values: dict[str, float | None], language: str) -> str:
    """The page with these values."""
    pairs = {
        name: typed(None if value is None else value * (100 if name in PERCENT else 1), language)
        for name, value in values.items()
    }
    return f"{PATH}?{urlencode(pairs)}#result"


def _rig_choice(key: str, name: str, values: dict[str, float | None], language: str) -> Choice:
    rig = next(one for one in RIGS if one.key == key)
    numbers = {part: value for part, value in asdict(rig).items() if part in values}
    return Choice(key, name, _address({**values, **numbers}, language))


def _price_choices(
    visit: Visit, values: dict[str, float | None], language: str
) -> tuple[Choice, ...]:
    """Prices that are known, those in use first, to put into the form."""
    found = [one for one in priced(visit) if one.price is not None and one.zone != "house"]
    found.sort(key=lambda one: (not one.own, one.provider, one.title))
    return tuple(
        Choice(
            "",
            f"{one.title}, {one.provider}",
            _address(
                {
                    **values,
                    "price_input": one.price.input,
                    "price_output": one.price.output,
                    "minimum": one.minimum,
                },
                language,
            ),
        )
        for one in found[:40]
        if one.price is not None
    )


def _verdict(result: Result, language: str) -> str:
    """The answer in one sentence; no break-even is claimed that the machine cannot serve."""
    turn = translator(language)
    if result.break_even is None:
        return turn(N_("Elsewhere a request costs nothing, so own hardware never pays off."))
    if result.break_even == 0:
        return turn(
            N_(
                "The least amount elsewhere is more than the machine: it is cheaper from the first request."
            )
        )
    count = number(result.break_even, language)
    if result.reachable is False:
        return turn(
            N_("It would pay off from {count} requests a month, but the machine cannot do so many.")
        ).format(count=count)
    if result.reachable is None:
        return turn(
            N_(
                "It would pay off from {count} requests a month; whether the machine can do so many "
                "nobody knows before its tokens per second are entered."
            )
        ).format(count=count)
    return turn(N_("Own hardware pays off from {count} requests a month.")).format(count=count)


def _warnings(result: Result, language: str) -> tuple[str, ...]:
    turn = translator(language)
    if result.fits is False:
        return (
            turn(
                N_(
                    "The machine cannot do this work at its peak: it would take {peak} tokens a second, "
                    "and it makes {capacity}. It can do about {most} requests a month."
                )
            ).format(
                peak=number(result.peak, language),
                capacity=number(result.capacity or 0, language),
                most=number(result.most or 0, language),
            ),
        )
    return ()


def _facts(result: Result, staff: float, language: str) -> tuple[tuple[str, str, str], ...]:
    turn = translator(language)
    facts = [
        (turn(N_("Own hardware, a month")), f"{number(result.own, language, 0)} €", ""),
        (turn(N_("Elsewhere, a month")), f"{number(result.elsewhere, language, 2)} €", ""),
    ]
    if result.premium is not None:
        facts.append(
            (
                turn(N_("Sovereignty costs, an employee and month"))
                if result.premium >= 0
                else turn(N_("Sovereignty saves, an employee and month")),
                f"{number(abs(result.premium), language, 2)} €",
                turn(N_("the difference, for {staff} employees")).format(
                    staff=number(staff, language)
                ),
            )
        )
    facts.append(
        (
            turn(N_("Load, tokens a second")),
            f"{number(result.average, language, 0 if result.average >= 10 else 1)}",
            turn(N_("at the peak {peak}; the machine makes {capacity}")).format(
                peak=number(result.peak, language, 0),
                capacity=turn(N_("unknown"))
                if result.capacity is None
                else number(result.capacity, language),
            ),
        )
    )
    return tuple(facts)


def _span(result: Result, load: Load) -> float:
    """Requests at the chart's right: twice the break-even, or what was asked about."""
    return max(2.0 * (result.break_even or 0), 1.25 * load.requests, 10.0)


def _at(load: Load, requests: float) -> Load:
    return Load(requests=requests, input_tokens=load.input_tokens, output_tokens=load.output_tokens)


def _chart(result: Result, load: Load, there: Elsewhere, language: str) -> Markup:
    turn = translator(language)
    right = _span(result, load)
    high = max(result.own, there.month(_at(load, right))) * 1.1 or 1.0
    each = there.each(load)
    bend = min(right, there.minimum / each) if each > 0 else right
    points = [(0.0, there.month(_at(load, 0)) / high)]
    if 0 < bend < right:
        points.append((bend / right, there.minimum / high))
    points.append((1.0, there.month(_at(load, right)) / high))
    strokes = [
        charts.Stroke(turn(N_("Elsewhere")), "", tuple(points)),
        charts.Stroke(
            turn(N_("Own hardware")), "house", ((0.0, result.own / high), (1.0, result.own / high))
        ),
    ]
    mark = None
    if result.break_even:
        words = turn(N_("{count} requests")).format(count=number(result.break_even, language))
        mark = (result.break_even / right, words)
    return charts.lines(
        turn(N_("Cost of a month by its requests")),
        strokes,
        top=f"{number(high, language)} €",
        right=turn(N_("{count} requests")).format(count=number(right, language)),
        mark=mark,
    )


def _rows(result: Result, load: Load, there: Elsewhere, language: str) -> tuple[CostRow, ...]:
    """The chart's numbers: steps to its right end, the load asked about and the break-even."""
    right = _span(result, load)
    steps = {round(right * share / 4) for share in range(5)} | {round(load.requests)}
    if result.break_even:
        steps.add(result.break_even)
    turn = translator(language)
    rows = []
    for requests in sorted(steps):
        note = turn(N_("break-even")) if requests == result.break_even else ""
        if result.most is not None and requests > result.most:
            note = f"{note}, " if note else ""
            note += turn(N_("more than the machine can do"))
        rows.append(
            CostRow(
                number(requests, language),
                note,
                (
                    number(result.own, language, 0),
                    number(there.month(_at(load, requests)), language, 2),
                ),
            )
        )
    return tuple(rows)


ROUTES = [overseer_get(PATH, show, "When own hardware pays off")]
