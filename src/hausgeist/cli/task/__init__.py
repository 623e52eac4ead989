# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task``: all of the workbench without a browser. One file a group of commands."""

from collections.abc import Callable

import typer

from hausgeist.cli.task import (
    answers,
    asking,
    card,
    guideline,
    labels,
    learning,
    making,
    people,
    room,
    rules,
    running,
    service,
    serving,
    settings,
    students,
    suggestions,
    texts,
    together,
    traffic,
)

app = typer.Typer(
    help="Tasks of the workbench: from texts to a student in service.", no_args_is_help=True
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "create": making.create,
    "import": making.import_,
    "list": making.list_,
    "show": making.show_,
    "set": settings.set_,
    "delete": settings.delete,
    "suggest": asking.suggest,
    "suggestions": suggestions.suggestions,
    "answers": answers.answers,
    "people": together.people,
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
    "texts": texts.texts,
    "labels": labels.labels,
    "members": people.members,
    "guideline": guideline.guideline,
    "room": room.room,
    "bulk": suggestions.bulk,
    "gold": people.gold,
    "rules": rules.rules,
    "students": students.students,
    "service": serving.service,
    "card": card.card,
    "traffic": traffic.traffic,
}.items():
    app.add_typer(_group, name=_name)
