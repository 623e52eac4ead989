# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist egress``: the report of a month, whether one is genuine, and the canary on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from hausgeist import settings
from hausgeist.core.months import month_of
from hausgeist.errors import SetupError

if TYPE_CHECKING:
    from hausgeist.web.house import House

T = TypeVar("T")

egress = typer.Typer(help="Proof of what left the house.", no_args_is_help=True)


@egress.command()
def report(
    month: str = typer.Option("", help="Such as 2026-11; this one, if none is given."),
    out: Path | None = typer.Option(None, help="Write the signed file there."),
) -> None:
    """The signed report of a month; of the running one a provisional report."""

    async def work(house: House) -> tuple[str, str, bool]:
        signed = await house.proof.reports.of(month or month_of(house.now_ms()))
        return signed.month, signed.text, signed.provisional

    name, text, provisional = _with_house(work)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise SetupError(
            problem=f"{out} cannot be written: {error.strerror}.", advice="Name another file."
        ) from error
    typer.echo(f"{out}: {'provisional ' if provisional else ''}report of {name}")


@egress.command()
def verify(
    file: Path = typer.Argument(help="The report as JSON."),
    key: str = typer.Option(
        "", help="The house's public key in Base64; without it, this house's own."
    ),
) -> None:
    """Check that a report is as the house has signed it; exit code 1 if it is not."""
    from hausgeist import app  # noqa: PLC0415  as above
    from hausgeist.gateway.egress import report_key, verified  # noqa: PLC0415  as above

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(problem=f"{file} cannot be read.", advice="Name the report.") from error
    found = verified(text, key or report_key(app.house_secret(settings.load().home)).public_text)
    count = sum(row["count"] for row in found["departures"])
    state = ", provisional" if found["provisional"] else ""
    typer.echo(
        f"Genuine: {found['organisation'] or 'a house without a name'}, {found['month']}{state}, made "
        f"{found['made_at']}; {count} departures, {len(found['compared']['differences'])} differences."
    )


@egress.command()
def canary() -> None:
    """Send the canary through the border now; exit code 1 unless the border held."""

    async def work(house: House) -> tuple[str, str, bool]:
        flight = await house.proof.canary.fly()
        return flight.outcome, flight.detail, flight.good

    outcome, detail, good = _with_house(work)
    typer.echo(f"{outcome}{f': {detail}' if detail else ''}")
    if not good:
        raise typer.Exit(1)


def _with_house(work: Callable[[House], Awaitable[T]]) -> T:
    """Run ``work`` on the house, which is not started; nothing is opened to the outside."""
    from hausgeist import app  # noqa: PLC0415  as above

    async def run() -> T:
        house = app.build(settings.load())
        try:
            await house.policies.refresh()
            await house.own_words.refresh()
            await house.providers.load_all()
            await house.logins.refresh()
            result = await work(house)
            await house.store.drain()
        finally:
            await house.gateway.border.examiner.close()
            await house.outbound.close()
            house.store.close()
        return result

    return asyncio.run(run())
