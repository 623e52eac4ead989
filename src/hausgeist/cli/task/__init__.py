# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task``: all of the workbench without a browser. One file a group of commands."""

from collections.abc import Callable

import typer

from hausgeist.cli.task import answers, asking, learning, making, people, rules, running, service

app = typer.Typer(
    help="Tasks of the workbench: from texts to a student in service.", no_args_is_help=True
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "create": making.create,
    "import": making.import_,
    "list": making.list_,
    "show": making.show_,
    "set": people.set_,
    "delete": people.delete,
    "suggest": asking.suggest,
    "answers": answers.answers,
    "train": learning.train,
    "evaluate": learning.evaluate,
    "gate": learning.gate,
    "promote": service.promote,
    "rollback": service.rollback,
    "export": service.export,
    "run": running.run,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)
for _name, _group in {
    "members": people.members,
    "guideline": people.guideline,
    "gold": people.gold,
    "rules": rules.rules,
}.items():
    app.add_typer(_group, name=_name)
