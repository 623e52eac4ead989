# SPDX-License-Identifier: EUPL-1.2
"""A base in a house: the job that trains it, what is refused, how long it takes, and that it can leave."""

import asyncio
import json
import subprocess
import sys
import sysconfig
from dataclasses import replace

import pytest
import tiny_base
from test_train import House

from hausgeist.core.jobs import Job
from hausgeist.errors import InvalidField, UnknownBase
from hausgeist.jobs.work import run_here
from hausgeist.register.card import card
from hausgeist.register.card_words import markdown
from hausgeist.register.leaving.archive import _shipped as shipped
from hausgeist.register.leaving.modules import modules
from hausgeist.store import items
from hausgeist.training.bases.minutes import Earlier, minutes
from hausgeist.training.train import train


@pytest.fixture
def house(tmp_path, messages):
    """A house with a task, a data set, and a tiny encoder on its shelf."""
    home = tmp_path / "home"
    home.mkdir()
    made = House(home, messages)
    texts = [one.text for one in messages(240)]
    folder = tiny_base.folder(tmp_path / "hub" / "tiny", texts, num_hidden_layers=2)
    made.base = made.students.bases.add(folder, now=1, source="hf:org/tiny@c0ffee")
    yield made
    made.store.close()


def trained(house, **options):
    chosen = {"base": {"base": house.base.chosen(), **options}}
    params = {"dataset": "d1", "rungs": ["base"], "seed": 7, "options": chosen}
    job = Job(id="j1", kind="train", task_id="t1", params=params)
    told = []

    async def keep(_done, _total, note):
        told.append(len(note.get("curves", {}).get("base", ())))
        return True

    result = asyncio.run(run_here(job, train(house.store, house.home, lambda: 1000), None, keep))
    return result, told


def test_a_job_trains_a_base_in_its_child_with_a_live_curve(house):
    """A student with its figures beside the others'; teacher's answers are not trained apart."""
    result, told = trained(house)
    assert result["refused"] == []
    (student,) = house.listed()
    assert (student.rung, student.id) == ("base", result["students"][0])
    assert student.facts["dev"]["quality"]["accuracy"] > 0.85
    assert [one["share"] for one in student.facts["curve"]] == [0.1, 0.2, 0.5, 1.0]
    assert any(0 < points < 4 for points in told)
    assert student.facts["ms_per_document"] > 0
    assert "people_only" not in student.facts
    assert student.size > house.base.size / 3
    text = house.examples[0].text

    async def ask():
        try:
            return await house.students.predict(student, [text, text])
        finally:
            await house.students.close()

    first, second = asyncio.run(ask())
    assert first == second
    assert first.by == "base"


def test_the_card_names_the_base_and_its_licence(house):
    """In both languages, with the source and the hash."""
    trained(house, rounds=1)
    with house.store.reading() as connection:
        known = card(connection, house.task, 1)
    assert known["students"][0]["base"] == house.base.chosen()
    for language in ("en", "de"):
        text = markdown(known, language)
        for word in ("tiny hf:org/tiny@c0ffee", "mit", house.base.sha256):
            assert word in text


def test_a_base_that_went_meanwhile_is_told_by_name(house):
    """The rung is refused with its reason; nothing else of the training is lost."""
    house.students.bases.remove("tiny")
    result, _ = trained(house)
    assert result["students"] == []
    (refused,) = result["refused"]
    assert (refused["error"], refused["values"]["base"]) == ("UnknownBase", "tiny")


def test_without_a_base_the_rung_is_refused_before_anything_begins(house):
    """And a name that nobody has, too; the first of the shelf is taken where none is named."""
    job = asyncio.run(house.students.train(house.task, None, ["base"], dataset="d1"))
    assert job.params["options"]["base"]["base"]["name"] == "tiny"
    with pytest.raises(UnknownBase):
        asyncio.run(house.students.train(house.task, None, ["base"], dataset="d1", base="other"))
    house.students.bases.remove("tiny")
    with pytest.raises(InvalidField):
        asyncio.run(house.students.train(house.task, None, ["base"], dataset="d1"))


def test_minutes_grow_with_the_base_and_its_texts(house):
    """A usual base takes minutes for a hundred texts and hours for many; what was measured counts."""
    usual = replace(house.base, weights=110_000_000, trained=86_000_000, positions=512)
    few = minutes(usual, 200, 120, threads=2)
    many = minutes(usual, 5_000, 120, threads=2)
    assert 1 < few < many < 60 * 24
    assert minutes(replace(usual, trained=17_200_000), 200, 120, threads=2) == pytest.approx(
        few / 5
    )
    before = Earlier(seconds=600, examples=1_000, trained=86_000_000)
    assert minutes(usual, 2_000, 120, threads=2, earlier=before) == pytest.approx(20)
    told = asyncio.run(house.students.minutes(house.task, 100))
    assert set(told) == {"tiny"}
    mean = house.store.read_now(lambda c: items.letters(c, "t1"))
    assert mean == pytest.approx(sum(len(one.text) for one in house.examples) / 160)


def test_a_student_leaves_with_its_base_and_answers_without_the_house(house, tmp_path):
    """Its folder and the copied modules are enough, when shelf and house are gone."""
    trained(house, rounds=2)
    (student,) = house.listed()
    text = house.examples[3].text

    async def ask():
        try:
            return await house.students.predict(student, [text])
        finally:
            await house.students.close()

    (said,) = asyncio.run(ask())
    out = tmp_path / "out"
    (out / "students").mkdir(parents=True)
    house.students.folder(student).rename(out / "students" / "v1")
    house.students.bases.remove("tiny")
    for name, content in modules({"base"}).items():
        path = out / "reading" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (out / "loader.py").write_text(shipped("loader.txt"), "utf-8")
    program = (
        "import sys, runpy\n"
        f"sys.path.append({sysconfig.get_path('purelib')!r})\n"
        "sys.argv = ['loader.py', 'students/v1']\n"
        "runpy.run_path('loader.py', run_name='__main__')"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        input=text.encode() + b"\n",
        capture_output=True,
        cwd=out,
        check=False,
        timeout=200,
    )
    assert found.returncode == 0, found.stderr.decode()[-2000:]
    answer = json.loads(found.stdout)
    assert tuple(answer["labels"]) == said.value.labels
    assert answer["score"] == said.score
