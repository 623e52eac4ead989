# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task``: all of the workbench without a browser. One file a group of commands."""

import typer

from hausgeist.cli.task import asking, learning, making, running

app = typer.Typer(
    help="Tasks of the workbench: from texts to a student in service.", no_args_is_help=True
)
app.command("create")(making.create)
app.command("import")(making.import_)
app.command("list")(making.list_)
app.command("show")(making.show_)
app.command("suggest")(asking.suggest)
app.command("train")(learning.train)
app.command("evaluate")(learning.evaluate)
app.command("gate")(learning.gate)
app.command("run")(running.run)
