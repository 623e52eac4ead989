# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task people``: how far people agree, what suggestions do to them, whether they see wrong ones.

What the page keeps back is kept back here: figures of single people only under letters, of whole weeks and
of five people at least. Somebody's own figures are on their own page alone: a command may act as anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.tables import aligned, day, percent
from hausgeist.cli.user import AS_JSON, show

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.agreement import Agreement
    from hausgeist.core.anchoring import Meter
    from hausgeist.core.statistics.interval import Interval
    from hausgeist.workbench.crowd import Checks, Period


def people(
    name: str = NAME,
    remarks: bool = typer.Option(False, "--remarks", help="Also what people remarked of texts."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Show how far people agree, what suggestions do to answers, and whether planted errors are seen."""

    async def work(at: Acting) -> tuple[dict[str, Any], str]:
        from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves
        from hausgeist.web.pages import people_words as words  # noqa: PLC0415  as above

        task, member = await at.task(name, Part.ANNOTATOR, Part.REVIEWER)
        decides = member.may(Part.REVIEWER)
        crowd = at.bench.crowd
        found = await crowd.together(task)
        checks = await crowd.checks(task)
        meter = await crowd.meter(task)
        stages = await crowd.stages(task)
        period = await crowd.period(task) if decides else None
        row: dict[str, Any] = {
            "answered": stages.answered,
            "reviewed": stages.reviewed,
            "without_suggestions": found.alone,
            "agreement": {
                "all": _agreement(found.every),
                "assisted": _agreement(found.assisted),
                "gold": _agreement(found.gold),
            },
            "labels": [{"label": key} | _agreement(one) for key, one in found.parts],
            "suggestions": _meter(meter, decides=decides),
            "planted": _checks(checks),
            "routing": list(words.routing(task, "en")),
        }
        if decides:
            row["differ"] = [
                {
                    "one": one.one,
                    "other": one.other,
                    "texts": one.count,
                    "items": [item for item, _ in one.items],
                }
                for one in found.cells
            ]
            row["weeks"] = _period(period)
            row["waiting"] = (await at.bench.room.waiting(task, member)).mine
        if decides and remarks:
            row["remarks"] = [
                {"item": one.item, "remark": one.words, "hard": one.hard, "at": one.at}
                for one in await crowd.comments(task)
            ]
        head = [
            words.headline(found.every, "en")[0],
            *words.agreed(task, found, "en"),
            words.pulled(meter, "en")[0],
            words.checked(checks, "en")[0],
            words.banner(checks, "en"),
            *row["routing"],
        ]
        return row, "\n".join(one for one in head if one)

    row, words = acting(work, login)
    tables = [
        aligned(
            [
                {"answers": key, **one} | _bounds(one)
                for key, one in row["agreement"].items()
                if one["texts"]
            ],
            ("answers", "texts", "observed", "kappa", "alpha", "ac1", "exact", "partial"),
        ),
        aligned(
            [one | _bounds(one) for one in row["labels"]],
            ("label", "texts", "observed", "alpha", "exact"),
        ),
        aligned(row.get("differ", ()), ("one", "other", "texts")),
        aligned(row.get("remarks", ()), ("item", "hard", "remark")),
    ]
    if row.get("weeks"):
        weeks = row["weeks"]
        told = aligned(
            [one | {"agrees": _between(one["agrees"])} for one in weeks["people"]],
            ("letter", "answers", "agrees"),
        )
        tables.append(f"From {day(weeks['since'])} to {day(weeks['until'])}:\n{told}")
    show(row, "\n\n".join(one for one in [words, *tables] if one), as_json=as_json)


def _agreement(found: Agreement) -> dict[str, Any]:
    return {
        "texts": found.items,
        "observed": found.observed,
        "kappa": found.kappa,
        "alpha": _interval(found.alpha),
        "ac1": _interval(found.ac1),
        "exact": _interval(found.exact),
        "partial": _interval(found.partial),
    }


def _meter(found: Meter, *, decides: bool) -> dict[str, Any]:
    told = {
        "shown": _interval(found.shown),
        "hidden": _interval(found.blind),
        "pull": _interval(found.pull),
    }
    return told | ({"not_taken": _interval(found.override)} if decides else {})


def _checks(found: Checks) -> dict[str, Any]:
    """Planted errors: a share only of five people together, so that it is nobody's own."""
    from hausgeist.core.periods import FEWEST  # noqa: PLC0415  as above

    told = found.enough and found.people >= FEWEST
    return {
        "enough": found.enough,
        "shown": round(found.tries, -1) if told else None,
        "caught": _interval(found.caught) if told else None,
        "kept_back_for": found.left,
    }


def _period(found: Period | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "since": found.since,
        "until": found.until,
        "people": [
            {"letter": one.letter, "answers": one.answers, "agrees": _interval(one.agrees)}
            for one in found.people
        ],
        "ms_with_suggestion": found.with_ms,
        "ms_without": found.without_ms,
    }


def _interval(found: Interval | None) -> dict[str, float] | None:
    if found is None:
        return None
    return {"estimate": found.estimate, "low": found.low, "high": found.high}


def _bounds(row: dict[str, Any]) -> dict[str, str]:
    told = {
        key: f"{one['estimate']:.2f} ({one['low']:.2f} to {one['high']:.2f})"
        for key, one in row.items()
        if isinstance(one, dict)
    }
    return told | {"observed": percent(row["observed"])}


def _between(one: dict[str, float] | None) -> str:
    return (
        ""
        if one is None
        else f"{percent(one['estimate'])} ({percent(one['low'])} to {percent(one['high'])})"
    )
