# SPDX-License-Identifier: EUPL-1.2
"""The command line. Each command's file is imported when it is called, so that ``--help`` is quick.

Errors of ours end with one sentence on stderr and exit code 1; ``--json`` prints results for scripts.
"""

import sys

import typer

from hausgeist import __version__
from hausgeist.cli import backup, doctor, key, model, provider, serve, user
from hausgeist.errors import HausgeistError

root = typer.Typer(
    name="hausgeist",
    help="An organisation's own AI: chat, gateway and models in the house.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
root.command("serve")(serve.serve)
root.command("doctor")(doctor.doctor)
root.command("backup")(backup.backup)
root.command("restore")(backup.restore)
root.add_typer(backup.db, name="db")
root.add_typer(user.user, name="user")
root.add_typer(key.key, name="key")
root.add_typer(model.app, name="model")
root.add_typer(provider.app, name="provider")


@root.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    try:
        root()
    except HausgeistError as error:
        typer.echo(error.say(), err=True)
        sys.exit(1)
