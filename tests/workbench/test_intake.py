# SPDX-License-Identifier: EUPL-1.2
"""Files become items: what comes in, what is told instead, and what a broken-off run goes on with."""

import asyncio
import resource
import zipfile
from contextlib import aclosing

import pytest
from taskmade import Shop

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Partition, TaskKind
from hausgeist.errors import BadUpload, NotFound
from hausgeist.store import intakes, task_answers
from hausgeist.store.intakes import Refusal
from hausgeist.workbench.intake import WAITING_MOST, Plan, report_line
from hausgeist.workbench.reading import read_rows


class KilledError(BaseException):
    """Whatever ends a process."""


@pytest.fixture
def bench(store, tmp_path) -> Shop:
    """Doors over an empty house with one person."""
    return Shop(store, tmp_path / "intake")


def test_every_row_comes_in_or_is_listed_with_its_number(bench):
    """Empty, repeated, overlong and broken rows are told by number and reason; all others come in."""
    content = (
        "text;amt;id\n"
        '"Die Laterne; vor dem Haus";Bauamt;1\n'
        'Rohr 5" undicht;bauamt;2\n'
        '"nie geschlossen;Bauamt;3\n'
        "Das Licht geht nicht;Ordnungsamt;4\n"
        ";Bauamt;5\n"
        "Das hat;zu;viele;Zellen\n"
        "Das Licht  geht nicht;Ordnungsamt;8\n"
        "das licht geht nicht;Bauamt;9\n" + "x" * 1_000_001 + ";Bauamt;10\n"
        "Das Licht geht nicht;Bauamt;11\n"
    )

    async def run():
        task = await bench.task()
        intake = await bench.taken(task, "post.csv", content.encode())
        return task, intake, await bench.refused(task, intake)

    task, intake, refused = asyncio.run(run())
    assert refused == [
        (4, "quotes"),
        (6, "empty"),
        (7, "columns"),
        (8, "duplicate"),
        (10, "too_long"),
        (11, "conflict"),
    ]
    assert [one.outside_id for one in bench.listed(task)] == ["1", "2", "4", "9"]
    assert (intake.state, intake.added, intake.answers) == (intakes.DONE, 4, 5)


def test_labels_that_differ_by_case_become_one(bench):
    """A label in small letters is the same label."""

    async def run():
        task = await bench.task()
        await bench.taken(task, "a.csv", b"text,label\neins,Bauamt\nzwei,BAUAMT\ndrei,Amt B\n")
        return await bench.again(task)

    task = asyncio.run(run())
    assert [(one.key, one.name) for one in task.labels] == [
        ("Bauamt", "Bauamt"),
        ("amt-b", "Amt B"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_letters_survive_every_encoding(bench, encoding):
    """The same table says the same, whatever program wrote it."""
    content = "Text;Label\r\nStraße „kaputt“ – Müll;Bau\r\nGrünfläche;Grün\r\n".encode(encoding)

    async def run():
        task = await bench.task()
        await bench.taken(task, "a.csv", content)
        return task

    task = asyncio.run(run())
    assert [one.text for one in bench.listed(task)] == ["Straße „kaputt“ – Müll", "Grünfläche"]


def test_a_folder_of_texts_is_a_table(bench, tmp_path):
    """Each text file of an archive is an item; its folder is offered as its label."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lob/1.txt", "Danke für den Spielplatz")
        archive.writestr("kritik/2.txt", "Der Bus fährt nie")
        archive.writestr("kritik/bild.png", b"\x89PNG")

    async def run():
        task = await bench.task()
        intake = await bench.taken(task, "a.zip", path.read_bytes())
        task = await bench.again(task)
        return task, await bench.refused(task, intake)

    task, refused = asyncio.run(run())
    assert {one.key for one in task.labels} == {"lob", "kritik"}
    assert refused == [(3, "not_text")]


def test_passages_come_in_as_answers(bench):
    """JSON lines with passages give answers; passages outside their text or over one another are told."""
    content = (
        b'{"text":"Ada wohnt in Berlin","spans":[{"start":0,"end":3,"label":"PER"},[13,19,"LOC"]]}\n'
        b"kein JSON\n"
        b'{"text":"kurz","spans":[[0,9,"PER"]]}\n'
        b'{"text":"Ada Ada","spans":[[0,5,"PER"],[4,7,"PER"]]}\n'
    )

    async def run():
        task = await bench.task(TaskKind.SPANS)
        intake = await bench.taken(task, "a.jsonl", content)
        return task, await bench.refused(task, intake)

    task, refused = asyncio.run(run())
    assert refused == [(2, "not_json"), (3, "span_outside"), (4, "span_overlap")]
    (answer,) = bench.store.read_now(
        lambda connection: list(task_answers.live(connection, task.id))
    )
    assert answer.value == Value.of_spans([Span(0, 3, "PER"), Span(13, 19, "LOC")])
    assert answer.origin == "import"


def test_a_second_file_brings_labels_and_tells_conflicts(bench):
    """A known text takes the label it did not have; another than before is told, and kept beside it."""

    async def run():
        task = await bench.task()
        await bench.taken(task, "a.csv", b"text,label\neins,A\nzwei,\ndrei,B\n")
        intake = await bench.taken(task, "b.csv", b"text,label\neins,B\nzwei,A\ndrei,B\n")
        return task, await bench.refused(task, intake)

    task, refused = asyncio.run(run())
    assert refused == [(2, "conflict"), (3, "duplicate_label"), (4, "duplicate")]
    said = bench.store.read_now(lambda connection: list(task_answers.live(connection, task.id)))
    assert sorted(one.value.labels[0] for one in said) == ["A", "A", "B", "B"]
    assert len({one.actor for one in said}) == 2


def test_a_broken_off_run_goes_on_at_the_next_row(bench, monkeypatch):
    """What was kept is not read in again, and the second run brings the rest."""
    content = "text\n" + "".join(f"Anliegen Nummer {number}\n" for number in range(1600))

    async def dies_after_two(*arguments):
        batches = 0
        async with aclosing(read_rows(*arguments)) as read:
            async for found in read:
                yield found
                batches += 1
                if batches == 2:
                    raise KilledError

    async def run():
        task = await bench.task()
        monkeypatch.setattr("hausgeist.workbench.intake.read_rows", dies_after_two)
        with pytest.raises(KilledError):
            await bench.taken(task, "a.csv", content.encode())
        half = len(bench.listed(task))
        monkeypatch.undo()
        (broken,) = await bench.intakes.of_task(task.id)
        done = await bench.intakes.run(task.id, broken.id, bench.user)
        return half, done

    half, done = asyncio.run(run())
    assert half == 1000
    assert (done.added, done.refused) == (1600, {})


def test_gold_is_drawn_with_the_file_and_what_resembles_it_is_kept_out(bench):
    """Gold and development come out of the pool at random; near repetitions of them are kept out of it."""
    rows = [
        f"Die Laterne in der Straße Nummer {n} {'abc'[n % 3] * 9} geht nicht" for n in range(300)
    ]
    content = "text\n" + "".join(f"{row}\n{row}!\n" for row in rows)

    async def run():
        task = await bench.task()
        await bench.taken(task, "a.csv", content.encode(), gold=50)
        return await bench.again(task)

    task = asyncio.run(run())
    found = {one.id: one for one in bench.listed(task)}
    gold = [one for one in found.values() if one.partition is Partition.GOLD]
    assert (len(gold), task.gold_version) == (50, 1)
    for one in gold:
        twins = [other for other in found.values() if other.text.strip("!") == one.text.strip("!")]
        assert all(
            twin.partition is not Partition.POOL or twin.dup_of is not None for twin in twins
        )


def test_what_holds_no_texts_is_refused_and_gone(bench):
    """A picture, an empty file and a broken archive are refused, and nothing of them is kept."""

    async def run():
        for content in (b"\x89PNG\r\n" + bytes(5000), b"  \n", b"PK\x03\x04 nothing"):
            path = bench.intakes.room()
            path.write_bytes(content)
            with pytest.raises(BadUpload):
                await bench.intakes.hand_in(bench.user, path, "a.csv")
        return list(path.parent.iterdir())

    assert asyncio.run(run()) == []


def test_nobody_else_finds_a_file_that_waits(bench):
    """A file that was handed in is its owner's alone, and its id no path."""

    async def run():
        path = bench.intakes.room()
        path.write_bytes(b"eins\nzwei\n")
        return await bench.intakes.hand_in(bench.user, path, "a.txt")

    waiting = asyncio.run(run())
    assert bench.intakes.waiting(waiting.id, bench.user).found.look.read == 2
    for wanted, who in ((waiting.id, "somebody"), ("../x", bench.user), ("0" * 32, bench.user)):
        with pytest.raises(NotFound):
            bench.intakes.waiting(wanted, who)


def test_many_rows_cost_the_memory_of_a_batch(bench):
    """Twenty thousand rows of 5 kB, 100 MB, grow this process by less than a fifth of that."""
    row = "Wort " * 1000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    async def run():
        task = await bench.task()
        path = bench.intakes.room()
        with path.open("w") as file:
            file.write("text\n")
            for number in range(20_000):
                file.write(f"{number} {row}\n")
        waiting = await bench.intakes.hand_in(bench.user, path, "a.csv")
        plan = Plan("", "a.csv", waiting.size, waiting.found.shape, "text")
        _, member = await bench.tasks.opened(task.id, bench.user)
        intake = await bench.intakes.begin(task, member, waiting, plan)
        return await bench.intakes.run(task.id, intake.id, bench.user)

    assert asyncio.run(run()).added == 20_000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 60_000  # kilobytes


def test_what_waits_of_one_person_is_limited(bench):
    """Files that nobody comes back for do not fill the disk; the newest stay, and other people's."""

    async def handed_in(user: str, count: int) -> list[str]:
        made = []
        for number in range(count):
            path = bench.intakes.room()
            path.write_bytes(f"text\nfile {number}\n".encode())
            made.append((await bench.intakes.hand_in(user, path, "a.csv")).id)
        return made

    theirs = asyncio.run(handed_in("somebody else", 1))
    mine = asyncio.run(handed_in(bench.user, WAITING_MOST + 1))
    with pytest.raises(NotFound):
        bench.intakes.waiting(mine[0], bench.user)
    assert bench.intakes.waiting(mine[-1], bench.user).size
    assert bench.intakes.waiting(theirs[0], "somebody else").size
    kept = [path for path in bench.intakes.room().parent.iterdir() if path.suffix == ".waiting"]
    assert len(kept) == WAITING_MOST + 1


def test_a_row_that_did_not_come_in_is_no_formula():
    """What a spreadsheet would reckon with stands in the report as the text it is."""
    line = report_line(Refusal(3, "empty", '=HYPERLINK("x")'), "empty")
    assert line == '"3","empty","\'=HYPERLINK(""x"")"\r\n'
