# SPDX-License-Identifier: EUPL-1.2
"""Months of UTC, as budgets, reports and figures count them: a moment in milliseconds, or ``2026-11``."""

from datetime import UTC, datetime


def month_of(at_ms: int) -> str:
    """The month of a moment, such as ``2026-11``."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m")


def span_of(month: str) -> tuple[int, int]:
    """A month's first moment, and the first of the next, in milliseconds since the epoch.

    Raises:
        ValueError: there is no such month.
    """
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return int(first.timestamp() * 1000), int(after.timestamp() * 1000)
