# SPDX-License-Identifier: EUPL-1.2
"""The command line. Only the file of the command that is called is imported, so that each is quick.

Errors of ours end with one sentence on stderr and exit code 1; ``--json`` prints results for scripts.
"""

import gc
import os
import sys
from importlib import import_module

import typer

from hausgeist import __version__
from hausgeist.errors import HausgeistError

COMMANDS = {
    "serve": "serve:serve",
    "doctor": "doctor:doctor",
    "drill": "drill:drill",
    "audit": "audit:audit",
    "egress": "egress:egress",
    "backup": "backup:backup",
    "base": "bases:app",
    "budget": "budget:budget",
    "price": "price:price",
    "restore": "backup:restore",
    "db": "backup:db",
    "user": "user:user",
    "key": "key:key",
    "library": "library:library",
    "login-source": "login_source:app",
    "model": "model:app",
    "policy": "policy:app",
    "provider": "provider:app",
    "receipt": "receipt:receipt",
    "task": "task:app",
    "words": "words:app",
    "worker": "worker:worker",
}
"""Each command's file and the function or group of commands in it."""


def command_line(only: str | None = None) -> typer.Typer:
    """The commands; only one of them where its name is given."""
    root = typer.Typer(
        name="hausgeist",
        help="An organisation's own AI: chat, gateway and models in the house.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    root.callback(invoke_without_command=True)(_root)
    for name in [only] if only in COMMANDS else COMMANDS:
        file, _, what = COMMANDS[name].partition(":")
        found = getattr(import_module(f"hausgeist.cli.{file}"), what)
        if isinstance(found, typer.Typer):
            root.add_typer(found, name=name)
        else:
            root.command(name)(found)
    return root


def main() -> None:
    """Run the command line."""
    os.umask(0o077)  # whatever the house writes is for its owner
    gc.disable()  # a tenth of the start went into looking for garbage among modules being loaded
    line = command_line(sys.argv[1] if len(sys.argv) > 1 else None)
    gc.enable()
    try:
        line()
    except HausgeistError as error:
        typer.echo(error.say(), err=True)
        sys.exit(1)


def _root(version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit
