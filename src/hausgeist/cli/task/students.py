# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task students``: everybody side by side, what one mixes up, and answers that look wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.here import done_here, pending
from hausgeist.cli.task.learning import STUDENT, chosen
from hausgeist.cli.task.shown import interval, student_row
from hausgeist.cli.task.tables import aligned, percent
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField, NotFound

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.tasks import Partition, Task
    from hausgeist.register.clinic import Case
    from hausgeist.register.leaderboard import Row

students = typer.Typer(help="Students, and what they get wrong.", no_args_is_help=True)

ON = typer.Option("dev", help="dev: texts of development; pool: those it had not seen.")
LIMIT = typer.Option(20, min=1, max=1_000, help="So many at most.")
_HEAD = 100


@students.command("list")
def list_(
    name: str = NAME,
    hour: float | None = typer.Option(None, min=0, help="What an hour of people costs, in EUR."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """List everybody side by side: quality, time, cost, energy, size; with the break-even."""

    async def work(at: Acting) -> dict[str, Any]:
        from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves
        from hausgeist.register.leaderboard import break_even  # noqa: PLC0415  as above

        task, _ = await at.task(name, Part.REVIEWER)
        board = await at.bench.leaderboard.board(task)
        progress = await at.bench.leaderboard.progress(task)
        even = break_even(board, board.best, hour)
        return {
            "items": board.items,
            "rows": [_standing(one) for one in board.rows],
            "older": [_standing(one) for one in board.older],
            "paid": {
                "answers": board.paid.answers,
                "calls": board.paid.calls,
                "eur": board.paid.micro_eur / 1_000_000,
                "wh": board.paid.wh,
            },
            "break_even_texts": None if even is None else even.texts,
            "more_answers": progress.more,
            "stop": {one.name: one.holds for one in progress.stop},
        }

    row = acting(work, login)
    told = [one | {"quality": _between(one["quality"])} for one in row["rows"]]
    columns = ("who", "student", "quality", "items", "ms", "eur_per_1000", "wh_per_1000", "size")
    words = f"On {row['items']} development texts:\n{aligned(told, columns, 'nobody yet')}"
    if row["more_answers"]:
        words += f"\nAbout {row['more_answers']} more answers may still help."
    show(row, words, as_json=as_json)


@students.command("show")
def show_(
    name: str = NAME,
    student: str = STUDENT,
    on: str = ON,
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Show a student: its figures, and what it takes for what."""

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, _reviewer())
        one = chosen(await at.bench.students.list(task), student)
        found = await at.bench.clinic.confusion(task, one, _on(on))
        mixed = [
            {"truth": truth, "said": said, "texts": count} for (truth, said), count in found.mixed
        ]
        told = {"right": found.right, "total": found.total, "on": on, "mixed": mixed}
        return student_row(one) | told | {"facts": dict(one.facts)}

    row = acting(work, login)
    words = f"{row['student']} ({row['rung']}): {row['right']} of {row['total']} wholly right."
    words += "\n" + aligned(row["mixed"], ("truth", "said", "texts"))
    show(row, words.rstrip(), as_json=as_json)


@students.command()
def errors(
    name: str = NAME,
    student: str = STUDENT,
    on: str = ON,
    truth: str = typer.Option("", help="With --said: only where people say this."),
    said: str = typer.Option("", help="With --truth: only where the student says that."),
    limit: int = LIMIT,
    offset: int = typer.Option(0, min=0, help="So many are passed over."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """List texts on which people and a student differ, its surest errors first."""
    if bool(truth) != bool(said):
        raise InvalidField(field="truth", reason="say both --truth and --said", param="truth")

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, _reviewer())
        one = chosen(await at.bench.students.list(task), student)
        pair = (truth, said) if truth else None
        found, total = await at.bench.clinic.cases(
            task, one, _on(on), pair=pair, offset=offset, most=limit
        )
        cases = [_case(task, case) for case in found]
        return {"student": f"v{one.number}", "total": total, "cases": cases}

    _told(acting(work, login), as_json=as_json)


@students.command()
def suspects(
    name: str = NAME, limit: int = LIMIT, login: str = AS, as_json: bool = AS_JSON
) -> None:
    """List answers of people that are probably wrong."""

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, _reviewer())
        marks = await at.bench.ordering.marks(task)
        if not marks.student:
            return {"student": None, "total": 0, "cases": []}
        one = await at.bench.students.get(task, marks.student)
        found, total = await at.bench.clinic.suspects(task, one, most=limit)
        cases = [_case(task, case) for case in found]
        return {"student": f"v{one.number}", "total": total, "cases": cases}

    _told(acting(work, login), as_json=as_json)


@students.command()
def settle(
    name: str = NAME,
    item: str = typer.Argument(help="The text's id, as `errors` and `suspects` print it."),
    student: str = STUDENT,
    take: bool = typer.Option(False, "--take", help="What the student says counts."),
    keep: bool = typer.Option(False, "--keep", help="What people say stays."),
    label: str = typer.Option("", help="This label counts; of single labels."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Put an answer right, or keep it: one of --take, --keep and --label, as a reviewer decides."""
    if take + keep + bool(label) != 1:
        raise InvalidField(field="take", reason="say one of --take, --keep, --label", param="take")

    async def work(at: Acting) -> dict[str, Any]:
        from hausgeist.core.answers import Value  # noqa: PLC0415  as above
        from hausgeist.core.tasks import Partition  # noqa: PLC0415  as above

        task, member = await at.task(name, _reviewer())
        there = await at.bench.students.list(task)
        wanted = student or (await at.bench.ordering.marks(task)).student
        one = chosen(there, wanted)
        case = await at.bench.clinic.case(task, one, item)
        if case.item.partition is not Partition.POOL:
            raise InvalidField(
                field="item", reason="development texts are not changed here", param="item"
            )
        value = case.truth
        if take and case.said is not None:
            value = case.said
        elif label:
            value = Value.of_labels([label])
        kept = value == case.truth
        await at.bench.room.decide(task, member, item, value, "kept" if kept else "")
        return {"item": item, "decided": json.loads(value.encode()), "kept": kept}

    row = acting(work, login)
    words = "The answer stays." if row["kept"] else "It is put right, from the next training on."
    show(row, words, as_json=as_json)


@students.command()
def order(
    name: str = NAME,
    strategy: str = typer.Option("mixed", help="mixed, margin, entropy, disagree or typical."),
    student: str = typer.Option("", help="Who looks: v3; empty: the best."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Put the open texts in order by what an answer to them is worth (active learning)."""

    async def work(at: Acting) -> dict[str, Any]:
        from hausgeist.core.worth import Strategy  # noqa: PLC0415  as above

        task, _ = await at.task(name, _reviewer())
        if strategy not in set(Strategy):
            listed = ", ".join(Strategy)
            raise InvalidField(field="strategy", reason=f"use one of: {listed}", param="strategy")
        there = await at.bench.students.list(task)
        looks = chosen(there, student).id if student else ""
        job = await pending(at, "worth", task.id)
        if job is None:
            job = await at.bench.ordering.submit(task, at.who.id, Strategy(strategy), looks)
        await done_here(at, job, "Looking")
        marks = await at.bench.ordering.marks(task)
        return {
            "strategy": marks.strategy,
            "looked": marks.looked,
            "open": marks.open,
            "suspects": marks.suspects,
        }

    row = acting(work, login)
    words = f"{row['looked']} of {row['open']} open texts are in order ({row['strategy']})."
    if row["suspects"]:
        words += f" {row['suspects']} answers look wrong: `task students suspects`."
    show(row, words, as_json=as_json)


@students.command()
def delete(
    name: str = NAME,
    student: str = typer.Argument(help="Which student: v3."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Delete a student that is not in service; that it was there is kept."""

    async def work(at: Acting) -> dict[str, Any]:
        from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

        task, _ = await at.task(name, Part.OWNER)
        there = await at.bench.students.list(task)
        if not student:
            raise NotFound
        one = chosen(there, student)
        await at.bench.students.delete(task, one.id, at.who.id)
        return {"deleted": f"v{one.number}"}

    row = acting(work, login)
    show(row, f"{row['deleted']} is deleted.", as_json=as_json)


def _told(row: dict[str, Any], *, as_json: bool) -> None:
    told = [
        one
        | {"confidence": percent(one["confidence"]), "begin": " ".join(one["text"].split())[:_HEAD]}
        for one in row["cases"]
    ]
    columns = ("item", "people_say", "student_says", "confidence", "begin")
    words = aligned(told, columns, "There is none.")
    show(row, f"{words}\n{len(told)} of {row['total']}.", as_json=as_json)


def _reviewer() -> Any:
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    return Part.REVIEWER


def _on(said: str) -> Partition:
    from hausgeist.core.tasks import Partition  # noqa: PLC0415  as above

    if said not in {Partition.DEV.value, Partition.POOL.value}:
        raise InvalidField(field="on", reason="use dev or pool", param="on")
    return Partition(said)


def _case(task: Task, case: Case) -> dict[str, Any]:
    from hausgeist.web.pages.task_items import value_words  # noqa: PLC0415  as above

    said = case.said
    return {
        "item": case.item.id,
        "partition": case.item.partition.value,
        "text": case.item.text,
        "truth": json.loads(case.truth.encode()),
        "said": None if said is None else json.loads(said.encode()),
        "people_say": value_words(task, case.item, case.truth),
        "student_says": "" if said is None else value_words(task, case.item, said),
        "confidence": case.score,
    }


def _standing(one: Row) -> dict[str, Any]:
    return {
        "who": one.kind,
        "student": "" if one.student is None else f"v{one.student.number}",
        "rung": "" if one.student is None else one.student.rung,
        "model": one.model,
        "zone": one.zone,
        "items": one.items,
        "quality": None if one.quality is None else interval(one.quality),
        "unreadable": one.unreadable,
        "gold": None if one.gold is None else interval(one.gold.quality),
        "ms": one.ms,
        "eur_per_1000": one.eur,
        "wh_per_1000": one.wh,
        "size": one.size,
    }


def _between(one: dict[str, float] | None) -> str:
    if one is None:
        return ""
    return f"{percent(one['estimate'])} ({percent(one['low'])} to {percent(one['high'])})"
