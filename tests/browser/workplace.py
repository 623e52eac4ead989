# SPDX-License-Identifier: EUPL-1.2
"""Tasks with texts and suggestions in a house that runs, for the tests of the annotation page."""

from dataclasses import replace
from typing import Any

from sqlalchemy import insert

from hausgeist.core.answers import Span, Value
from hausgeist.core.items import Item, fingerprint
from hausgeist.core.tasks import METRICS, Field, FieldType, Label, Mode, Partition, Task, TaskKind
from hausgeist.store import items, task_answers
from hausgeist.store.tables import suggestions, task_guidelines

LETTERS = (
    "Der Radweg an der Hauptstraße ist seit Wochen gesperrt, und niemand sagt, wann er wieder offen ist.",
    "Vielen Dank für die neue Bank am Spielplatz im Ulmenweg!",
    "Meine Rechnung für den Anwohnerparkausweis war doppelt so hoch wie angekündigt.",
    "Am Marktplatz fehlt seit dem Fest eine Straßenlaterne.",
    "Können Sie die Öffnungszeiten des Bürgerbüros auch am Samstag anbieten?",
    "Der Baum vor Haus 12 in der Lindenallee droht umzustürzen.",
    "Die Busse der Linie 4 kommen morgens regelmäßig zu spät. 🚌",
    "Ich möchte meinen Hund abmelden.",
    "Im Stadtpark liegen seit Tagen Scherben auf der Wiese.",
    "Das Konzert auf dem Rathausplatz war wunderbar.",
)
TOPICS = (
    Label("traffic", "Verkehr", "Straßen, Wege, Busse"),
    Label("green", "Grünflächen"),
    Label("fees", "Gebühren"),
    Label("praise", "Lob"),
    Label("office", "Bürgerbüro"),
    Label("other", "Sonstiges"),
)
_THINGS = "Abfall Bauen Kita Lärm Steuern Verkehr Wohnen Bäder Ärzte Märkte"
_QUARTERS = (
    "Altstadt Bahnhof Dorf Elbe Feld Grund Hafen Insel Jahn Kirch Linden Mitte Nord Ost Park"
)
_NAMES = (f"{what} {where}" for what in _THINGS.split() for where in _QUARTERS.split())
OFFICES = tuple(Label(f"amt{at:03d}", name) for at, name in enumerate(_NAMES))
PLACES = (Label("PER", "Person"), Label("LOC", "Ort"), Label("ORG", "Stelle"))
NOTES = tuple(
    f"Frau Anna Berg aus Neustadt schreibt dem Bauamt, Fall {at} 🌳 im Ulmenweg."
    for at in range(12)
)
BILLS = tuple(
    f"Rechnung Nr. 4{at}1 vom 1.3.2026\nStadtwerke Neustadt\nBetrag: 1.234,5{at} EUR"
    for at in range(8)
)
FIELDS = (
    Field("sender", "Absender"),
    Field("sum", "Betrag", FieldType.NUMBER),
    Field("day", "Datum", FieldType.DATE),
    Field("paid", "Bezahlt", FieldType.FLAG),
)
GUIDE = """## Worum es geht

Jeder Text bekommt **ein** Label. Im Zweifel zählt, *wer* antworten muss.

- **Verkehr**: Straßen, Wege, Busse
- **Lob** nur, wenn nichts anderes verlangt wird
"""


def make(
    house: Any, owner: str, name: str = "briefe", texts: Any = LETTERS, **changed: Any
) -> Task:
    """A task of somebody's with texts, without planted errors and without a blind arm."""
    wish: dict[str, Any] = {
        "id": "",
        "name": name,
        "title": "Bürgerpost sortieren",
        "kind": TaskKind.SINGLE,
        "labels": TOPICS,
        "mode": Mode.BLIND,
        "blind_share": 0.0,
        "planted_share": 0.0,
    }
    server = house.server
    wish |= changed
    wish.setdefault("metric", METRICS[wish["kind"]][0])
    task = Task(**wish)
    made = server.call(lambda: server.house.bench.tasks.create(task, owner))
    add(house, made, texts)
    row = {
        "task_id": made.id,
        "version": 1,
        "body": GUIDE,
        "note": "Lob genauer gefasst",
        "labels": "[]",
        "actor": None,
        "created_at": 1_767_225_600_000,
    }
    server.house.store.write_now(lambda c: c.execute(insert(task_guidelines), [row]))
    return replace(made, guideline_version=1)


def add(house: Any, task: Task, texts: Any, partition: Partition = Partition.POOL) -> list[str]:
    """Further texts; gives their ids."""
    store = house.server.house.store
    first = store.read_now(lambda c: items.last_seq(c, task.id)) + 1
    rows = [
        Item(
            id=f"{task.id[:12]}{seq:08d}",
            task_id=task.id,
            seq=seq,
            text=text,
            text_hash=fingerprint(text),
            partition=partition,
            rank=seq / 1_000_000,
        )
        for seq, text in enumerate(texts, first)
    ]
    return store.write_now(lambda c: items.add_many(c, rows))


def suggest(house: Any, task: Task, value: Value, reason: str = "Weil es dort steht.") -> None:
    """The same suggestion for every text of the task."""
    store = house.server.house.store

    def put(connection: Any) -> None:
        for item in items.walk(connection, task.id):
            row = {
                "id": f"s{item.id[1:]}",
                "task_id": task.id,
                "item_id": item.id,
                "producer": "teacher",
                "model": "lehrer-8b",
                "version": "1",
                "state": "ok",
                "value": value.encode(),
                "score": 0.8,
                "reason": reason,
                "terms": "yes",
                "at": 1,
            }
            for column in suggestions.c:
                if not column.nullable:
                    row.setdefault(column.name, column.type.python_type())
            connection.execute(insert(suggestions), [row])

    store.write_now(put)


def said(house: Any, task: Task) -> list[task_answers.Answer]:
    """What counts in the task, the oldest first; skipped ones too."""
    return house.server.house.store.read_now(
        lambda c: list(task_answers.live(c, task.id, skipped=True))
    )


def berg() -> Value:
    """The person in each of the notes."""
    return Value.of_spans([Span(5, 14, "PER")])
