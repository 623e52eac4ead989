# SPDX-License-Identifier: EUPL-1.2
"""``/usage``: one's own usage, from what one has kept oneself; nobody else sees it, whatever their role."""

from markupsafe import Markup
from starlette.responses import Response

from hausgeist.errors import N_
from hausgeist.ledger.crowd import FEWEST
from hausgeist.locale import counter, translator
from hausgeist.render import charts
from hausgeist.store.usage import DAY, Mine
from hausgeist.web.amounts import euros, number
from hausgeist.web.contexts.costs import CostRow, UsagePage
from hausgeist.web.moments import day_text, month_words
from hausgeist.web.rendering import page, shell
from hausgeist.web.routes import page_get
from hausgeist.web.visit import Visit

COLUMNS = (
    N_("Month"),
    N_("Model"),
    N_("Answers"),
    N_("Tokens read"),
    N_("Tokens written"),
    N_("Cost"),
)


async def show(visit: Visit) -> Response:
    """``GET /usage``."""
    house, who = visit.house, visit.principal
    frame = await shell(visit, N_("Your usage"))
    language, turn = frame.language, translator(frame.language)
    counted = counter(language)
    mine = await house.usage.mine(who.id)
    context = UsagePage(
        shell=frame,
        chart=_chart(mine, language),
        columns=tuple(turn(words) for words in COLUMNS),
        rows=tuple(
            CostRow(
                month_words(one.month, language),
                "",
                (
                    one.model,
                    number(one.answers, language),
                    number(one.input_tokens, language),
                    number(one.output_tokens, language),
                    turn(N_("unknown"))
                    if one.unpriced == one.answers
                    else counted(
                        "{known} + {count} call unknown",
                        "{known} + {count} calls unknown",
                        number(one.unpriced, language),
                        known=euros(one.micro_eur, language),
                    )
                    if one.unpriced
                    else euros(one.micro_eur, language),
                ),
            )
            for one in mine
        ),
        keys=tuple(
            (
                f"{name} ({hint})",
                turn(N_("last used {day}")).format(day=day_text(day * DAY, language))
                if day is not None
                else turn(N_("never used")),
            )
            for name, hint, day in await house.usage.my_keys(who.id)
        ),
        fewest=FEWEST,
    )
    return page(visit, "usage.html", context)


def _chart(mine: list[Mine], language: str) -> Markup | None:
    """Tokens of each month, the oldest first."""
    sums: dict[str, int] = {}
    for one in mine:
        sums[one.month] = sums.get(one.month, 0) + one.input_tokens + one.output_tokens
    if not sums:
        return None
    rows = [
        charts.Bar(month_words(month, language), value, number(value, language))
        for month, value in sorted(sums.items())
    ]
    return charts.bars(translator(language)(N_("Tokens of each month")), rows)


ROUTES = [page_get("/usage", show, "One's own usage")]
