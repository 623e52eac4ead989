# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task answers``: what people say of texts, to and from JSON lines, or said at the terminal.

Nobody's answers to the gold set are exported: it is sealed. What is imported counts as the answer of whoever
imports it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.here import counting
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField, SetupError

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.answers import Value
    from hausgeist.core.items import Item
    from hausgeist.core.tasks import Task
    from hausgeist.store.tasks import Member

_AT_ONCE = 500
_TOLD = 20
LINE_MOST = 8 * 1024 * 1024


def answers(
    name: str = NAME,
    out: Path | None = typer.Option(None, help="Write the answers there, one a line of JSON."),
    source: Path | None = typer.Option(
        None, "--in", help="Read answers there, one a line of JSON."
    ),
    ask: bool = typer.Option(False, "--ask", help="Answer at the terminal, a key an answer."),
    work_on: str = typer.Option("pool", "--work", help="With --ask: pool, gold or again."),
    order: str = typer.Option("random", help="With --ask: random, unsure, disagree or suspect."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Export or import answers, or give them: exactly one of --out, --in and --ask."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves

    if (out is not None) + (source is not None) + ask != 1:
        raise InvalidField(field="out", reason="say one of --out, --in and --ask", param="out")

    async def work(at: Acting) -> tuple[dict[str, Any], str]:
        if ask:
            from hausgeist.cli.task.terminal import asked  # noqa: PLC0415  as above

            task, member = await at.task(name, Part.ANNOTATOR, Part.REVIEWER)
            count = await asked(at, task, member, work_on, order)
            return {"answered": count}, f"{count} answered."
        task, member = await at.task(name, Part.REVIEWER)
        if out is not None:
            count = await _written(at, task, out)
            return {"answers": count, "out": str(out)}, f"{count} answers in {out}."
        assert source is not None
        return await _taken(at, task, member, source)

    found, words = acting(work, login)
    show(found, words, as_json=as_json)


# -- out ------------------------------------------------------------------------------------------


async def _written(at: Acting, task: Task, out: Path) -> int:
    count = 0
    try:
        with (
            out.open("x", encoding="utf-8", errors="replace") as file,
            counting("Writing") as tell,
        ):
            async for line in _lines(at, task):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                count += 1
                await tell(count, 0)
    except OSError as error:
        raise SetupError(
            problem=f"{out} cannot be written: {error.strerror}.",
            advice="Name a file that is not there yet.",
        ) from error
    return count


async def _lines(at: Acting, task: Task) -> AsyncIterator[dict[str, Any]]:
    """The answers of pool and development, item by item in the order the items came."""
    from hausgeist.core.tasks import Partition  # noqa: PLC0415  as above
    from hausgeist.store import items, task_answers  # noqa: PLC0415  as above

    after = 0

    def look(connection: Any) -> tuple[list[Item], dict[str, list[Any]]]:
        some = items.walk(
            connection,
            task.id,
            Partition.POOL,
            Partition.DEV,
            after=after,
            most=_AT_ONCE,
            dups=True,
        )
        said: dict[str, list[Any]] = {}
        for one in task_answers.live(connection, task.id, ids=[item.id for item in some]):
            said.setdefault(one.item_id, []).append(one)
        return some, said

    while True:
        some, said = await at.store.read(look)
        if not some:
            return
        after = some[-1].seq
        for item in some:
            for one in said.get(item.id, ()):
                yield {
                    "item": item.id,
                    "id": item.outside_id,
                    "text": item.text,
                    "meta": dict(item.meta),
                    "partition": item.partition.value,
                    "answer": json.loads(one.value.encode()) if one.value is not None else None,
                    "by": one.actor,
                    "origin": one.origin,
                    "schema": one.schema_version,
                    "guideline": one.guideline_version,
                    "hard": one.hard,
                    "comment": one.comment,
                    "at": one.at,
                }


# -- in -------------------------------------------------------------------------------------------


async def _taken(
    at: Acting, task: Task, member: Member, source: Path
) -> tuple[dict[str, Any], str]:
    """Keep a file's answers; what is wrong with a line is told with its number."""
    refused: Counter[str] = Counter()
    told: list[dict[str, Any]] = []
    kept, lines, seen = 0, _read(source), set[str]()

    def refuse(number: int, reason: str) -> None:
        refused[reason] += 1
        if len(told) < _TOLD:
            told.append({"line": number, "reason": reason})

    with counting("Reading") as tell:
        while some := list(islice(lines, _AT_ONCE)):
            pairs, numbers = await _pairs(at, task, some, seen, refuse)
            taken = await at.bench.review.take(task, member, pairs.items())
            kept += taken.kept
            for item_id, reason in taken.refused.items():
                refuse(numbers[item_id], reason)
            await tell(some[-1][0], 0)
    row = {"kept": kept, "refused": dict(refused), "lines": told}
    words = f"{kept} answers kept."
    if refused:
        words += f" {sum(refused.values())} lines were not:"
        words += "".join(f"\n  line {one['line']}: {one['reason']}" for one in told)
    return row, words


async def _pairs(
    at: Acting, task: Task, some: list[tuple[int, Any]], seen: set[str], refuse: Any
) -> tuple[dict[str, Value], dict[str, int]]:
    """Item and value of each line; items are found by their id, else by their text."""
    from hausgeist.core.items import fingerprint  # noqa: PLC0415  as above
    from hausgeist.store import items  # noqa: PLC0415  as above

    hashes = {
        number: fingerprint(line["text"])
        for number, line in some
        if isinstance(line, dict) and isinstance(line.get("text"), str)
    }
    known = await at.store.read(
        lambda connection: items.known_hashes(connection, task.id, list(hashes.values()))
    )
    pairs: dict[str, Value] = {}
    numbers: dict[str, int] = {}
    for number, line in some:
        if not isinstance(line, dict):
            refuse(number, "it is no object of JSON")
            continue
        item_id = str(line.get("item") or known.get(hashes.get(number, ""), ""))
        if not item_id:
            refuse(number, "the task has no such text")
            continue
        if item_id in seen:
            refuse(number, "the text stands there twice")
            continue
        try:
            pairs[item_id] = value_of(task, line)
        except (KeyError, ValueError, TypeError) as error:
            refuse(number, str(error) if isinstance(error, ValueError) else "it has no answer")
            continue
        numbers[item_id] = number
        seen.add(item_id)
    return pairs, numbers


def value_of(task: Task, line: Mapping[str, Any]) -> Value:
    """The answer of a line: ``answer`` as exported, or ``label``, ``labels``, ``spans``, ``fields``.

    Raises:
        KeyError, ValueError, TypeError: it has none that can be read.
    """
    from hausgeist.core.answers import Span, Value  # noqa: PLC0415  as above
    from hausgeist.core.tasks import TaskKind  # noqa: PLC0415  as above

    found = line.get("answer", line)
    if not isinstance(found, dict):
        raise KeyError("answer")
    if task.kind is TaskKind.SPANS:
        return Value.of_spans(
            Span(int(a), int(b), _key(task, str(c))) for a, b, c in found["spans"]
        )
    if task.kind is TaskKind.RECORD:
        fields = found["fields"]
        pairs = fields.items() if isinstance(fields, dict) else fields
        return Value.of_fields((str(name), str(value)) for name, value in pairs)
    names = [found["label"]] if "label" in found else found["labels"]
    if isinstance(names, str):
        raise TypeError
    return Value.of_labels(_key(task, str(one)) for one in names)


def _key(task: Task, said: str) -> str:
    """A label by its key or its name."""
    if task.label(said) is not None:
        return said
    folded = said.strip().casefold()
    found = [one.key for one in task.labels if one.name.strip().casefold() == folded]
    if len(found) != 1:
        raise ValueError(f"there is no label {said[:60]}")
    return found[0]


def _read(source: Path) -> Iterator[tuple[int, Any]]:
    """The lines of a file by their numbers; None where one is no JSON."""
    try:
        file = sys.stdin.buffer if str(source) == "-" else source.open("rb")
    except OSError as error:
        raise SetupError(
            problem=f"{source} cannot be read: {error.strerror}.",
            advice="Name a file of JSON lines.",
        ) from error
    with file:
        for number, line in enumerate(iter(lambda: file.readline(LINE_MOST), b""), start=1):
            if not line.strip():
                continue
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, None
