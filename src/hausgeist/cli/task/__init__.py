# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task``: all of the workbench without a browser. One file a group of commands."""

import typer

from hausgeist.cli.task import running

app = typer.Typer(
    help="Tasks of the workbench: from texts to a student in service.", no_args_is_help=True
)
app.command("run")(running.run)
