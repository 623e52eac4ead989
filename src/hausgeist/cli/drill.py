# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist drill``: what if a provider, a zone or everything outside were gone tomorrow?

Without questions nothing is asked of any model. Questions are asked as the group ``everyone``, booked as
evaluation, and the drill is kept for the page of drills.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hausgeist import settings
from hausgeist.cli.user import AS_JSON, BY, show
from hausgeist.errors import InvalidField, SetupError

if TYPE_CHECKING:
    from hausgeist.gateway.drill import Drill
    from hausgeist.gateway.drill_forecast import Replayed
    from hausgeist.gateway.drill_questions import Question
    from hausgeist.web.house import House

GONE = typer.Option(help="What is gone: provider:NAME, zone:eu, zone:world, or world: all outside.")
CALLS = typer.Option(None, help="Calls to replay, one a line of JSON, instead of the ledger's.")
DAYS = typer.Option(7, help="The ledger's calls of so many days.", min=1, max=92)
QUESTIONS = typer.Option(None, help="Questions to ask of both models, one a line of JSON.")
MODEL = typer.Option([], help="For whose calls they are asked; can be given more than once.")
SHEET = typer.Option(
    None, help="Write both answers side by side there, blind, for people to judge."
)
REPORT = typer.Option(None, help="Write the report as Markdown there.")


def drill(
    without: str = GONE,
    calls: Path | None = CALLS,
    days: int = DAYS,
    questions: Path | None = QUESTIONS,
    model: list[str] = MODEL,
    sheet: Path | None = SHEET,
    report: Path | None = REPORT,
    as_json: bool = AS_JSON,
) -> None:
    """Rehearse that a provider, a zone or everything outside is gone from one day to the next."""
    from hausgeist.gateway import drill as verbs  # noqa: PLC0415  half a second that --help saves
    from hausgeist.gateway import drill_questions  # noqa: PLC0415  as above
    from hausgeist.web.pages.drill_words import markdown  # noqa: PLC0415  as above

    rows = None if calls is None else verbs.read_calls(_text(calls))
    asked = [] if questions is None else drill_questions.read_questions(_text(questions))
    if (sheet is not None or model) and not asked:
        raise InvalidField(field="questions", reason="give a file of questions", param="questions")
    found = asyncio.run(_run(without, rows, days, asked, model))
    words = markdown(found, "en")
    if sheet is not None:
        _write(sheet, drill_questions.sheet(found.body.asked))
    if report is not None:
        _write(report, words)
    show(verbs.report(found), words, as_json=as_json)


async def _run(
    without: str,
    calls: list[Replayed] | None,
    days: int,
    questions: list[Question],
    models: list[str],
) -> Drill:
    from rich.progress import Progress  # noqa: PLC0415  as above

    from hausgeist import app  # noqa: PLC0415  as above
    from hausgeist.core.people import Principal, Role  # noqa: PLC0415  as above

    house = app.build(settings.load())
    try:
        await _look(house)
        who = Principal(id=BY, name="", role=Role.MEMBER)
        drill_id = await house.drills.begin(
            who, without, days=days, questions=questions, models=models, calls=calls
        )
        waiting = asyncio.ensure_future(house.drills.wait(drill_id))
        with Progress(transient=True) as progress:
            task = progress.add_task("Asking", total=None, visible=bool(questions))
            while not waiting.done():
                await asyncio.wait([waiting], timeout=1.0)
                body = (await house.drills.get(drill_id)).body
                progress.update(task, completed=body.done, total=body.total or 1)
        return await waiting
    finally:
        for stop in reversed(house.on_stop[1:]):  # all but the checkpoint at a server's end
            await stop()
        house.store.close()


async def _look(house: House) -> None:
    """Learn what a server knows: rules, models, prices, budgets. Nothing is opened to the outside."""
    await house.policies.refresh()
    await house.own_words.refresh()
    await house.prices.refresh()
    await house.gateway.book.refresh()
    await house.shelf()
    await house.providers.load_all()
    await house.notes.refresh()
    await house.guards.refresh()


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidField(field=str(file), reason=str(error)) from error


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise SetupError(
            problem=f"{file} cannot be written: {error.strerror}.", advice="Name another file."
        ) from error
