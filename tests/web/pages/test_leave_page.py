# SPDX-License-Identifier: EUPL-1.2
"""The page from which a task is taken along, through the server: its words, the archive, and who may."""

import io
import json
import zipfile
from collections.abc import Iterator

import pytest
from visitors import Server, Visitor

from hausgeist.core.items import Item, fingerprint
from hausgeist.core.jobs import JobState
from hausgeist.core.tasks import Label, Task, TaskKind
from hausgeist.identity.tokens import new_id
from hausgeist.jobs.work import run_here
from hausgeist.store import items
from hausgeist.store.tables import jobs


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("leave") / "home")
    server.anna = server.person("anna").id
    server.bert = server.person("bert").id
    yield server
    server.stop()


@pytest.fixture
def task(served: Server) -> Task:
    """A task of Anna's with one text."""
    labels = (Label("bill", "Gebühren"), Label("praise", "Lob"))
    bench = served.house.bench

    async def make() -> Task:
        name = f"post-{new_id()[:12]}"
        task = await bench.tasks.create(
            Task(id="", name=name, title="Post", kind=TaskKind.SINGLE, labels=labels), served.anna
        )
        text = "Die Rechnung ist falsch"
        item = Item(
            id=new_id(), task_id=task.id, seq=1, text=text, text_hash=fingerprint(text), rank=0.5
        )
        await served.house.store.write(lambda c: items.add_many(c, [item]))
        return task

    return served.call(make)


@pytest.fixture
def anna(served: Server) -> Visitor:
    return served.session(served.anna)


def packed(served: Server, task: Task) -> None:
    """Do the job that waits, as a worker does."""
    bench = served.house.bench

    async def work() -> None:
        (job, *_) = await bench.leave.of(task)
        result = await run_here(job, bench.leave.work, None)
        plain = json.dumps(dict(result))
        query = jobs.update().where(jobs.c.id == job.id)
        row = {"state": JobState.DONE.value, "result": plain, "ended_at": 1}
        await served.house.store.write(lambda c: c.execute(query.values(**row)))

    served.call(work)


def test_a_task_is_packed_and_saved(served: Server, task: Task, anna: Visitor) -> None:
    """The page shows the job, then the archive; the archive has the text."""
    at = f"/tasks/{task.id}/leave"
    assert anna.form(at, {}).status == 303
    assert "data-job" in anna.get(at).text
    packed(served, task)
    shown = anna.get(at).text
    href = shown.split('href="' + at)[1:]
    path = next(at + one.split('"')[0] for one in href if "task.zip" in one)
    found = anna.get(path)
    assert found.status == 200
    with zipfile.ZipFile(io.BytesIO(found.body)) as file:
        assert "Die Rechnung ist falsch" in file.read("items.jsonl").decode()


def test_the_owners_words_stand_in_the_card(task: Task, anna: Visitor) -> None:
    """As text, not as markup; a date that is none is said above the form."""
    at = f"/tasks/{task.id}/leave"
    words = {"purpose": "Sortiert <b>Post</b>.", "licence": "CC BY 4.0", "review_on": "2027-03-01"}
    assert anna.form(f"{at}/card", words).status == 303
    shown = anna.get(at).text
    assert "CC BY 4.0" in shown
    assert "<b>Post</b>" not in shown
    assert '"licence": "CC BY 4.0"' in anna.get(f"{at}/card.json").text
    wrong = anna.form(f"{at}/card", words | {"review_on": "bald"})
    assert wrong.status == 400


def test_nobody_else_finds_it(served: Server, task: Task) -> None:
    """Neither the page nor the card."""
    bert = served.session(served.bert)
    for path in ("", "/card.md", "/card.json", "/x/task.zip"):
        assert bert.get(f"/tasks/{task.id}/leave{path}").status == 404


def test_an_archive_that_is_handed_in_becomes_the_task_again(
    served: Server, task: Task, anna: Visitor
) -> None:
    """Where new tasks begin; its text is there under another name of the task."""
    at = f"/tasks/{task.id}/leave"
    anna.form(at, {"gold": "yes"})
    packed(served, task)
    href = next(one for one in anna.get(at).text.split('href="')[1:] if "task.zip" in one)
    content = anna.get(href.split('"')[0]).body
    made = anna.ask(
        "POST",
        "/tasks/new",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n'
        + content
        + b"\r\n--x--\r\n",
        Content_Type="multipart/form-data; boundary=x",
        Origin=f"http://127.0.0.1:{anna.port}",
    )
    assert made.location is not None
    assert "Die Rechnung ist falsch" in anna.get(f"{made.location}/items").text
