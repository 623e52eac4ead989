# SPDX-License-Identifier: EUPL-1.2
"""How fast rules are: tokens a second of a rule set, and a changed rule scored anew on 100,000 texts.

Run by ``python bench/workbench --only rules``, or alone. Texts are made up here, from a seed.
"""

import asyncio
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.items import Item
from hausgeist.core.rules import Rule, RuleKind
from hausgeist.core.tasks import Label, Part, Task, TaskKind
from hausgeist.register.rule_asking import Draft
from hausgeist.register.rules import Rules
from hausgeist.store import items, schema, tasks
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tasks import Member
from hausgeist.training.rules import RuleSet

WORDS = (
    "die der das und ist nicht bitte wann wird Müll abgeholt Straße Laterne kaputt Antrag Bescheid Gebühr "
    "Rechnung Kita Platz Termin Bürgeramt Ausweis Parken Lärm Baum gefällt Spielplatz Radweg Schlagloch "
    "Wasser Abwasser Konto Mahnung Widerspruch Frist verlängern Danke Hilfe Frage zur Öffnungszeit heute"
).split()


def texts(count: int, length: int = 14) -> list[str]:
    """Short texts, the same ones each time."""
    draw = random.Random(7)
    return [" ".join(draw.choices(WORDS, k=length)) + f" {n}" for n in range(count)]


def ruleset() -> list[Rule]:
    """Twenty-four rules of all kinds."""
    made: list[Rule] = []
    for place in range(8):
        words = WORDS[9 + place * 3 : 12 + place * 3]
        for kind, pattern in (
            (RuleKind.WORDS, "\n".join(f"*{one}*" for one in words if len(one) > 2)),
            (RuleKind.REGEX, rf"(?i)\b(?:{'|'.join(words)})\w*\b"),
            (RuleKind.TOKENS, f"{words[0]} <any>{{0,3}} {words[-1]} <number>?"),
        ):
            made.append(
                Rule(id=str(len(made)), kind=kind, pattern=pattern, label="a", position=len(made))
            )
    return made


def tokens_per_second(count: int = 20_000) -> float:
    """Words a second through a whole rule set, on one core."""
    some = texts(count)
    rules = RuleSet.compile(ruleset(), TaskKind.SINGLE)
    rules.predict(some[:100])
    began = time.perf_counter()
    rules.predict(some)
    return sum(len(one.split()) for one in some) / (time.perf_counter() - began)


def rescore(count: int = 100_000) -> dict[str, float]:
    """Seconds: the first look at twenty-four rules, a look without change, a look after a change."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(sqlite_url(Path(folder) / "hausgeist.db"))
        try:
            return asyncio.run(_rescored(store, count))
        finally:
            store.close()


async def _rescored(store: Store, count: int) -> dict[str, float]:
    schema.prepare(store)
    task = Task(id="t", name="t", title="t", kind=TaskKind.SINGLE, labels=(Label("a", "A"),))
    member = Member("m", "t", None, Part.OWNER, {}, 0, None)
    draw = random.Random(11)

    def fill(connection: Any) -> None:
        tasks.add(connection, task, member)
        made = [
            Item(
                id=f"{n:032x}",
                task_id="t",
                seq=n + 1,
                text=text,
                text_hash=f"{n:064x}",
                rank=draw.random(),
            )
            for n, text in enumerate(texts(count))
        ]
        for start in range(0, count, 5_000):
            items.add_many(connection, made[start : start + 5_000])

    await store.write(fill)
    rules = Rules(store, Trail(store, b"k" * 32, lambda: 0), lambda: 0)
    for one in ruleset():
        await rules.add(task, member, Draft(kind=one.kind, pattern=one.pattern, label="a"))
    figures: dict[str, float] = {}
    figures["first"] = await _timed(rules, task)
    figures["unchanged"] = await _timed(rules, task)
    first = (await rules.of(task))[0]
    await rules.edit(
        task, member, first.id, Draft(kind=RuleKind.REGEX, pattern="Wasser", label="a")
    )
    figures["changed"] = await _timed(rules, task)
    return figures


async def _timed(rules: Rules, task: Task) -> float:
    began = time.perf_counter()
    await rules.board(task)
    return time.perf_counter() - began


def report(_data: Path | None = None) -> dict[str, float]:
    """Measure and print; the figures by the names of the targets."""
    speed = tokens_per_second()
    print(f"rules: {speed:,.0f} tokens/s, 24 rules of all kinds", flush=True)
    seconds = rescore()
    print(
        f"rules: 100,000 texts: first look {seconds['first']:.2f} s, after a change "
        f"{seconds['changed']:.2f} s, unchanged {seconds['unchanged']:.2f} s",
        flush=True,
    )
    return {"rules_speed": speed, "rules_rescore": seconds["changed"]}


if __name__ == "__main__":
    report()
