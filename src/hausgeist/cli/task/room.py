# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task room``: texts on which people differ, and a decision on each.

Answers stand under letters that are shuffled for every text; nobody's name is in it. A text of the gold set
is decided by somebody who has not answered it, as on the page.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.answers import value_of
from hausgeist.cli.task.tables import aligned
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.answers import Value
    from hausgeist.core.tasks import Task
    from hausgeist.workbench.room import Case

room = typer.Typer(help="Decide where people differ.", no_args_is_help=True)

ITEM = typer.Argument(help="The text's id, as `task room list` prints it.")
SHOWN = 100
_HEAD = 120


@room.command("list")
def list_(
    name: str = NAME,
    limit: int = typer.Option(20, min=1, max=500, help="So many at most."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """List the texts that wait for a decision of whoever acts."""

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, _reviewer())
        waiting = await at.bench.room.waiting(task, member)
        cases: list[Case] = []
        after = ""
        while len(cases) < min(limit, waiting.mine):
            case = await at.bench.room.next(task, member, after=after)
            if case is None or any(one.item.id == case.item.id for one in cases):
                break
            cases.append(case)
            after = case.item.id
        return {
            "waiting": waiting.mine,
            "gold": waiting.gold,
            "others": waiting.others,
            "more": waiting.more,
            "cases": [_case(task, one) for one in cases],
        }

    row = acting(work, login)
    for one in row["cases"]:
        one["answers"] = " / ".join(option["words"] for option in one["options"])
        one["begin"] = " ".join(one["text"].split())[:_HEAD]
    words = aligned(row["cases"], ("item", "partition", "answers", "begin"), "Nothing waits.")
    if row["others"]:
        words += f"\n{row['others']} gold texts wait for somebody who has not answered them."
    for one in row["cases"]:
        del one["answers"], one["begin"]
    show(row, words, as_json=as_json)


@room.command("show")
def show_(name: str = NAME, item: str = ITEM, login: str = AS, as_json: bool = AS_JSON) -> None:
    """Show a text with what was said of it, under letters."""

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, _reviewer())
        return _case(task, await at.bench.room.case(task, member, item))

    row = acting(work, login)
    lines = [row["text"], ""]
    lines += [f"{', '.join(one['letters'])}: {one['words']}" for one in row["options"]]
    lines += [f"    {one}" for option in row["options"] for one in option["comments"]]
    if row["decided"] is not None:
        lines.append(f"Decided: {json.dumps(row['decided'], ensure_ascii=False)}")
    show(row, "\n".join(lines), as_json=as_json)


@room.command()
def decide(
    name: str = NAME,
    item: str = ITEM,
    letter: str = typer.Option("", help="The answer of this letter counts."),
    label: list[str] = typer.Option([], help="These labels count; more than once of several."),
    answer: str = typer.Option(
        "", help="This answer counts: JSON, as `task answers --out` has it."
    ),
    reason: str = typer.Option("", help="Why."),
    guide: bool = typer.Option(False, "--guide", help="Add it to the guideline as an example."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Decide what counts of a text: one of its answers, or another."""
    if (bool(letter) + bool(label) + bool(answer)) != 1:
        raise InvalidField(
            field="letter", reason="say one of --letter, --label and --answer", param="letter"
        )

    async def work(at: Acting) -> dict[str, Any]:
        from hausgeist.core.tasks import Partition  # noqa: PLC0415  half a second that --help saves

        task, member = await at.task(name, _reviewer())
        case = await at.bench.room.case(task, member, item)
        value = _value(task, case, letter, label, answer)
        made = await at.bench.room.decide(task, member, item, value, reason)
        guided = guide and case.item.partition is not Partition.GOLD
        if guided:
            words = f"**{_words(task, case, made.value)}** {reason}".strip()
            await at.bench.guidelines.add_example(task.id, member, item, words)
        return {"item": item, "decided": _plain(made.value), "guided": guided}

    row = acting(work, login)
    show(row, "Decided.", as_json=as_json)


@room.command()
def undo(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """Take the last decision of whoever acts back."""

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, _reviewer())
        gone = await at.bench.room.undo(task, member)
        return {"item": gone.item_id if gone is not None else None}

    row = acting(work, login)
    words = "Taken back." if row["item"] else "There is no decision to take back."
    show(row, words, as_json=as_json)


def _reviewer() -> Any:
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    return Part.REVIEWER


def _value(task: Task, case: Case, letter: str, label: list[str], answer: str) -> Value:
    if letter:
        found = [one.value for one in case.options if letter.upper() in one.letters]
        if not found:
            known = ", ".join(key for one in case.options for key in one.letters)
            raise InvalidField(field="letter", reason=f"there are only: {known}", param="letter")
        return found[0]
    try:
        line = (
            {"answer": json.loads(answer)} if answer else {"labels": [one for one in label if one]}
        )
        return value_of(task, line)
    except (KeyError, TypeError, ValueError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it does not fit the task"
        raise InvalidField(field="answer", reason=reason, param="answer") from error


def _case(task: Task, case: Case) -> dict[str, Any]:
    return {
        "item": case.item.id,
        "partition": case.item.partition.value,
        "text": case.item.text,
        "open": case.open,
        "options": [
            {
                "letters": list(one.letters),
                "answer": _plain(one.value),
                "words": _words(task, case, one.value),
                "comments": list(one.comments),
                "hard": one.hard,
            }
            for one in case.options
        ],
        "remarks": list(case.remarks),
        "decided": None if case.decided is None else _plain(case.decided.value),
    }


def _plain(value: Value) -> Any:
    return json.loads(value.encode())


def _words(task: Task, case: Case, value: Value) -> str:
    from hausgeist.web.pages.task_items import value_words  # noqa: PLC0415  as above

    return value_words(task, case.item, value)
