# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist receipt``: whether the receipt of an erasure is this house's, and unchanged."""

from __future__ import annotations

from pathlib import Path

import typer

from hausgeist import settings
from hausgeist.errors import SetupError

receipt = typer.Typer(help="Receipts of erasures.", no_args_is_help=True)


@receipt.command()
def verify(file: Path = typer.Argument(help="The receipt as JSON.")) -> None:
    """Check a receipt against the secret of this house; exit code 1 if it is not its own."""
    from hausgeist import app  # noqa: PLC0415  half a second that --help saves
    from hausgeist.people import Signer  # noqa: PLC0415  as above

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(problem=f"{file} cannot be read.", advice="Name the receipt.") from error
    found = Signer(app.house_secret(settings.load().home)).verified(text)
    counts = ", ".join(f"{count} {name}" for name, count in found["erased"].items() if count)
    typer.echo(
        f"Genuine: {found['account']}, erased on {found['at']} by {found['organisation']} ({counts})."
    )
