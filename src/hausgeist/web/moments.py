# SPDX-License-Identifier: EUPL-1.2
"""Days, months and moments as people write them. Days and months are of UTC, moments of the server's time."""

from datetime import UTC, datetime

from hausgeist.errors import N_
from hausgeist.locale import translator

MONTHS = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)


def local(at_ms: int) -> datetime:
    """A moment in the server's time."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone()


def day_text(at_ms: int | None, language: str) -> str:
    """A day as people write it: 22.11.2026, or 22 Nov 2026; empty for None."""
    return "" if at_ms is None else _day(datetime.fromtimestamp(at_ms / 1000, UTC), language)


def moment_text(at_ms: int, language: str) -> str:
    """A moment as people write it: its day, and the time of day."""
    at = local(at_ms)
    return f"{_day(at, language)}, {at:%H:%M}"


def month_words(month: str, language: str) -> str:
    """A month such as ``2026-11`` as people write it: November 2026."""
    year, number = month.split("-")
    return f"{translator(language)(MONTHS[int(number) - 1])} {year}"


def _day(day: datetime, language: str) -> str:
    if language == "de":
        return f"{day:%d.%m.%Y}"
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[3 * day.month - 3 :][:3]
    return f"{day.day} {month} {day.year}"
