# SPDX-License-Identifier: EUPL-1.2
"""``/admin/costs``: what the house used and paid, a dimension at a time, and at other prices.

For all who oversee. Whatever is here comes from ``ledger.usage``: sums of many people's days that are over.
"""

import csv
import io
from datetime import UTC, datetime
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from hausgeist.chat.labels import ZONES
from hausgeist.errors import N_, BadRequest, HausgeistError
from hausgeist.ledger.crowd import FEWEST
from hausgeist.ledger.usage import DIMENSIONS, Line, Month
from hausgeist.locale import translator
from hausgeist.render import charts
from hausgeist.store.usage import DAY, Sum
from hausgeist.web.amounts import amount, euros, number, typed
from hausgeist.web.contexts.costs import Choice, CostRow, CostsPage
from hausgeist.web.disposition import attachment
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.moments import day_text, month_words
from hausgeist.web.pages.admin import admin_post, overseer_get, tabs
from hausgeist.web.pages.costs_offers import DRAWN, offered
from hausgeist.web.pages.costs_words import carbon, change, cost, energy
from hausgeist.web.rendering import go, language_for, page, shell
from hausgeist.web.visit import Visit

SORTS = {
    "group": N_("By group"),
    "model": N_("By model"),
    "zone": N_("By zone"),
    "provider": N_("By provider"),
    "cost_centre": N_("By cost centre"),
    "key": N_("By service key"),
}
COLUMNS = (
    N_("Calls"),
    N_("Tokens read"),
    N_("Tokens written"),
    N_("Cost"),
    N_("Month before, same days"),
    N_("Energy"),
    N_("CO2"),
)
DONE = {"grid": N_("The factor is entered.")}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the beginning of a formula."""


async def show(visit: Visit) -> Response:
    """``GET /admin/costs`` with ``month`` and ``by``."""
    return await _page(visit)


async def table(visit: Visit) -> Response:
    """``GET /admin/costs.csv``: the table of the page, row by row and word by word."""
    month, by = await _wanted(visit)
    language = language_for(visit)
    turn = translator(language)
    found = await visit.house.usage.month(month, by)
    names = await _names(visit, by, language)
    rows = await _rows(visit, found, names, language)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if language == "de" else ",", lineterminator="\r\n")
    writer.writerow([turn(SORTS[by]), *(turn(words) for words in COLUMNS)])
    for row in rows:
        title = f"{row.title} ({row.note})" if row.note else row.title
        writer.writerow([_plain(title), *map(_plain, row.cells)])
    return Response(
        "\ufeff" + out.getvalue(),  # the mark lets spreadsheets see that it is UTF-8
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": attachment(f"costs-{month}-{by}.csv"),
            "Cache-Control": "no-store",
        },
    )


async def save_grid(visit: Visit) -> Response:
    """``POST /admin/costs/grid``: how much CO2 a kilowatt-hour stands for."""
    form = await read_form(visit)
    try:
        await visit.house.usage.set_grid(
            amount(form, "grams", language_for(visit)),
            form.text("as_of", "", most=10),
            form.text("source", "", most=200),
            visit.principal.id,
        )
    except BadRequest as error:
        return await _page(visit, form, error)
    return go("/admin/costs?done=grid#grid")


def _plain(text: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{text}" if text.startswith(FORMULA) else text


async def _wanted(visit: Visit) -> tuple[str, str]:
    """The month and the dimension asked for; the running month and groups where they make no sense."""
    months = await visit.house.usage.months()
    month, by = visit.query_params.get("month", ""), visit.query_params.get("by", "")
    return (month if month in months else months[0]), (by if by in DIMENSIONS else "group")


async def _names(visit: Visit, by: str, language: str) -> dict[str, str]:
    """What keys of a dimension are called."""
    turn, identity = translator(language), visit.house.identity
    if by == "group":
        return {one.id: one.title for one in await identity.groups.all()}
    if by == "key":
        return {one.id: one.name for one in await identity.keys.of(None)}
    if by == "zone":
        return {zone.value: turn(words) for zone, words in ZONES.items()}
    return {}


async def _rows(
    visit: Visit, month: Month, names: dict[str, str], language: str
) -> tuple[CostRow, ...]:
    """The table's rows, the sum last."""
    grid = await visit.house.usage.grid()
    turn = translator(language)

    def row(title: str, note: str, sum_: Sum, before: Sum | None) -> CostRow:
        return CostRow(
            title,
            note,
            (
                number(sum_.calls, language),
                number(sum_.input_tokens, language),
                number(sum_.output_tokens, language),
                cost(sum_, language),
                change(sum_, before, language),
                energy(sum_, language),
                carbon(sum_, grid, language),
            ),
        )

    rows = [
        row(*_called(line, month, names, language), line.sum, line.before) for line in month.lines
    ]
    return (*rows, row(turn(N_("Together")), "", month.total, month.before))


def _called(line: Line, month: Month, names: dict[str, str], language: str) -> tuple[str, str]:
    """A row's name, and a note."""
    turn = translator(language)
    if line.others:
        if month.dimension == "key":
            return turn(N_("People")), turn(N_("all without a service key"))
        return turn(N_("Others")), turn(N_("groups of few people, put together"))
    none = N_("Without a cost centre") if month.dimension == "cost_centre" else N_("Unknown")
    title = names.get(line.key) or line.key or turn(none)
    return title, turn(N_("service keys alone")) if line.services else ""


async def _page(
    visit: Visit, typed_form: Form | None = None, error: HausgeistError | None = None
) -> Response:
    house = visit.house
    frame = await shell(visit, N_("Costs"), "admin")
    language, turn = frame.language, translator(frame.language)
    period, by = await _wanted(visit)
    month = await house.usage.month(period, by)
    names = await _names(visit, by, language)
    rows = await _rows(visit, month, names, language)
    grid = await house.usage.grid()
    offers, unknown, offers_chart = offered(visit, month, language)
    rate = house.settings.usd_eur_rate
    done = DONE.get(visit.query_params.get("done", ""), "")
    first = int(
        datetime.strptime(f"{period}-01", "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000
    )
    shown = (
        (typed(grid.grams, language), grid.as_of, grid.source)
        if typed_form is None
        else tuple(typed_form.text(name, "", most=200) for name in ("grams", "as_of", "source"))
    )
    context = CostsPage(
        shell=frame,
        tabs=tabs(language, administers=visit.principal.is_admin),
        month=month_words(period, language),
        period=period,
        by=by,
        until=day_text(first + (month.days - 1) * DAY, language) if month.days else "",
        months=tuple(
            Choice(one, month_words(one, language), "") for one in await house.usage.months()
        ),
        sorts=tuple(
            Choice(
                key, turn(words), f"/admin/costs?{urlencode({'month': period, 'by': key})}#table"
            )
            for key, words in SORTS.items()
        ),
        facts=_facts(month, rows[-1], language),
        days=_days(month, language),
        day_rows=tuple(
            (day_text(day * DAY, language), number(sum_.calls, language), cost(sum_, language))
            for day, sum_ in month.daily
            if sum_.calls
        ),
        chart=_bars(month, rows, by, turn(SORTS[by])),
        columns=(turn(SORTS[by]), *(turn(words) for words in COLUMNS)),
        rows=rows[:-1],
        total=rows[-1],
        offers=offers,
        unknown=unknown,
        offers_chart=offers_chart,
        rate=turn(N_("1 USD counts as {rate} EUR.")).format(rate=number(rate, language, 4))
        if rate > 0
        else turn(N_("No rate for USD is set, so what is listed in USD stays unknown.")),
        invoices=tuple(
            (provider, cost(sum_, language)) for provider, sum_ in (month.invoices or {}).items()
        ),
        fewest=FEWEST,
        csv=f"/admin/costs.csv?{urlencode({'month': period, 'by': by})}",
        grid=(shown[0], shown[1], shown[2]),
        grid_words=turn(
            N_("CO2 is computed with {grams} g a kilowatt-hour ({source}, {as_of}).")
        ).format(grams=number(grid.grams, language), source=grid.source, as_of=grid.as_of),
        may_change=visit.principal.is_admin,
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    return page(
        visit, "admin_costs.html", context, status=error.status if error is not None else 200
    )


def _facts(month: Month, total: CostRow, language: str) -> tuple[tuple[str, str, str], ...]:
    """The figures at the top: name, figure, note."""
    turn = translator(language)
    before = month.before
    facts = [
        (
            turn(N_("Cost")),
            total.cells[3],
            turn(N_("month before, same days: {cost}")).format(cost=cost(before, language))
            if before.calls
            else "",
        )
    ]
    if month.forecast is not None:
        note = turn(N_("if it goes on as in the first {days} days")).format(days=month.days)
        if month.total.unpriced:
            note += ", " + turn(N_("and without what is unknown"))
        facts.append(
            (turn(N_("Forecast to the month's end")), euros(month.forecast, language), note)
        )
    tokens = month.total.input_tokens + month.total.output_tokens
    said = turn(N_("{calls} calls")).format(calls=total.cells[0])
    if month.total.estimated:
        said += ", " + turn(N_("of {count} the tokens are estimated")).format(
            count=number(month.total.estimated, language)
        )
    facts.append((turn(N_("Tokens")), number(tokens, language), said))
    facts.append((turn(N_("Energy")), total.cells[5], f"CO2: {total.cells[6]}"))
    return tuple(facts)


def _days(month: Month, language: str) -> Markup | None:
    """A column a day: its cost, or its tokens where nothing has a cost."""
    money = month.total.micro_eur > 0
    if not month.total.calls:
        return None
    items = []
    for day, sum_ in month.daily:
        tokens = sum_.input_tokens + sum_.output_tokens
        words = cost(sum_, language) if money else number(tokens, language)
        label = datetime.fromtimestamp(day * 86_400, UTC).strftime("%-d.")
        items.append(charts.Bar(label, sum_.micro_eur if money else tokens, words))
    items += [charts.Bar(f"{n + 1}.", 0, "") for n in range(month.days, month.length)]
    most = max(item.value for item in items)
    top = euros(round(most), language) if money else number(most, language)
    turn = translator(language)
    title = turn(N_("Cost of each day")) if money else turn(N_("Tokens of each day"))
    return charts.columns(title, items, top)


def _bars(month: Month, rows: tuple[CostRow, ...], by: str, title: str) -> Markup | None:
    money = month.total.micro_eur > 0
    if not month.total.calls:
        return None
    found = []
    for line, row in zip(month.lines, rows, strict=False):
        tokens = line.sum.input_tokens + line.sum.output_tokens
        value = line.sum.micro_eur if money else tokens
        words = row.cells[3] if money else f"{row.cells[1]} + {row.cells[2]}"
        found.append(charts.Bar(row.title, value, words, line.key if by == "zone" else ""))
    return charts.bars(title, found[:DRAWN])


ROUTES = [
    overseer_get("/admin/costs", show, "What the house used and paid"),
    overseer_get("/admin/costs.csv", table, "The table of costs as a file"),
    admin_post(
        "/admin/costs/grid", save_grid, "Enter how much CO2 a kilowatt-hour stands for", FORM_MOST
    ),
]
