# SPDX-License-Identifier: EUPL-1.2
"""The example task: a few hundred messages to a town hall, written for it, become a task to try things with.

It comes in by the same doors as anybody's file. Two thirds of its texts are answered already, so that a
student can be trained at once; the gold set is left to people. Names no real person and no real town.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Protocol

from hausgeist.core.answers import Span, Value
from hausgeist.core.labels import DataClass
from hausgeist.core.tasks import Label, Metric, Partition, Task, TaskKind
from hausgeist.store import items
from hausgeist.store.db import Store
from hausgeist.workbench.arriving import Plan
from hausgeist.workbench.guidelines import Guidelines
from hausgeist.workbench.intake import Intakes
from hausgeist.workbench.review import Review
from hausgeist.workbench.tasks import Tasks

NAME, TITLE = "anliegen", "Anliegen an das Rathaus (Beispiel)"
GOLD = 60
"""Texts that are drawn for the gold set."""
LEFT_EVERY = 3
"""Every so-manieth text outside of gold is left to be answered."""
LABELS = (
    Label("abfall", "Abfall", "Tonnen, Sperrmüll, Wertstoffhof, wilder Müll"),
    Label("strasse", "Straßenschaden", "Schlaglöcher, Gehwege, Laternen, kaputte Schilder"),
    Label("ausweis", "Ausweis und Melderecht", "Pässe, Ausweise, Ummeldung, Urkunden"),
    Label("laerm", "Lärm", "Baustellen, Gaststätten, Nachbarn, Anlagen"),
    Label("kita", "Kita und Schule", "Plätze, Beiträge, Betreuung, Schulbus"),
    Label("bauen", "Bauen und Wohnen", "Anträge, Bebauungspläne, Wohngeld"),
    Label("verkehr", "Verkehr", "Parken, Tempo, Bus und Bahn, Bußgelder"),
    Label("gruen", "Grün und Spielplätze", "Parks, Bäume, Spielplätze, Friedhöfe"),
    Label("lob", "Lob und Kritik", "Freude oder Ärger über die Verwaltung selbst"),
)
PASSAGES = (
    Label("ort", "Ort", "Straße, Platz, Gebäude"),
    Label("zeit", "Zeit", "Tag, Frist, seit wann"),
    Label("sache", "Gegenstand", "was gemeldet, gesucht oder beantragt wird"),
)
"""The labels of the passages that some of the messages have."""
_FOLDER, _TEXTS, _GUIDELINE = "demo", "anliegen.jsonl", "leitfaden.md"


@dataclass(frozen=True, slots=True)
class Message:
    """One of the texts with its truth: the label, and passages where it has any."""

    id: str
    text: str
    label: str
    channel: str
    passages: tuple[Span, ...] = ()


class Doors(Protocol):
    """What is needed of the workbench."""

    @property
    def tasks(self) -> Tasks:
        """Where the task is made."""
        ...

    @property
    def intake(self) -> Intakes:
        """Where its texts come in."""
        ...

    @property
    def guidelines(self) -> Guidelines:
        """Where its guideline is kept."""
        ...

    @property
    def review(self) -> Review:
        """Where what is answered already goes."""
        ...


@cache
def messages() -> tuple[Message, ...]:
    """All texts, in the order of the file."""
    lines = _read(_TEXTS).splitlines()
    found = (json.loads(line) for line in lines)
    return tuple(
        Message(
            one["id"],
            one["text"],
            one["label"],
            one["kanal"],
            tuple(Span(*each) for each in one.get("stellen", ())),
        )
        for one in found
    )


def truths() -> dict[str, Value]:
    """Each text's label, as a value: for a simulated teacher, and to see how well one does."""
    return {one.text: Value((one.label,)) for one in messages()}


async def add(doors: Doors, store: Store, user_id: str) -> Task:
    """Make the example task, owned by somebody; gives it with its gold set drawn.

    Raises:
        HausgeistError: as making a task and taking in a file do.
    """
    made = await doors.tasks.create(
        Task(
            id="",
            name=await doors.tasks.free_name(NAME),
            title=TITLE,
            kind=TaskKind.SINGLE,
            labels=LABELS,
            metric=Metric.ACCURACY,
            margin=5.0,
            slices=("kanal",),
            data_class=DataClass.PUBLIC,
            language="de",
        ),
        user_id,
    )
    _, owner = await doors.tasks.opened(made.id, user_id)
    await doors.guidelines.change(made.id, owner, body=_read(_GUIDELINE), based_on=0)
    room = doors.intake.room()
    room.write_text(_read(_TEXTS), encoding="utf-8")
    waiting = await doors.intake.hand_in(user_id, room, _TEXTS)
    plan = Plan(
        path="",
        name=waiting.name,
        size=waiting.size,
        shape=waiting.found.shape,
        text="text",
        outside="id",
        meta=("kanal",),
        gold=GOLD,
    )
    intake = await doors.intake.begin(made, owner, waiting, plan)
    await doors.intake.run(made.id, intake.id, user_id)
    task, owner = await doors.tasks.opened(made.id, user_id)
    there = await store.read(lambda connection: list(items.walk(connection, task.id, most=5_000)))
    free = [one for one in there if one.partition is not Partition.GOLD]
    known = truths()
    given = [(one.id, known[one.text]) for at, one in enumerate(free) if at % LEFT_EVERY]
    await doors.review.take(task, owner, given)
    return task


def _read(name: str) -> str:
    folder = resources.files("hausgeist.workbench").joinpath(_FOLDER)
    return folder.joinpath(name).read_text(encoding="utf-8")
