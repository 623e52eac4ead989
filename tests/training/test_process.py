# SPDX-License-Identifier: EUPL-1.2
"""Students in their child process: answers, crashes, refusals."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys

import pytest

from hausgeist.core.tasks import TaskKind
from hausgeist.errors import StudentBroken, StudentDown
from hausgeist.jobs.frames import Gone
from hausgeist.training.child import Child
from hausgeist.training.process import Predictor
from hausgeist.training.trainers import TRAINERS, Recipe, Report


@pytest.fixture
def student(tmp_path, messages, recipe):
    """A folder with a student of words, beneath the folder of all students."""
    folder = tmp_path / "students" / "task" / "one"
    TRAINERS["words"].train(messages(80), (), recipe, Report()).save(folder)
    return folder


def _asked(home, ask):
    async def run():
        predictor = Predictor(home)
        try:
            return await ask(predictor)
        finally:
            await predictor.close()

    return asyncio.run(run())


def test_a_child_says_what_the_student_says(tmp_path, student, messages):
    """Guesses come over unchanged, for many texts, none, and strange ones."""
    texts = [one.text for one in messages(240)] * 3 + ["", "漢字 \ud800", "x" * 1_000_000]
    model = TRAINERS["words"].load(student, _manifest(student))

    async def ask(predictor):
        assert await predictor.predict(student, []) == []
        return await predictor.predict(student, texts)

    assert _asked(tmp_path / "students", ask) == model.predict(texts)


def test_questions_under_way_at_the_same_time_keep_their_answers(tmp_path, student, messages):
    """Whoever asks gets what was said of the own texts."""
    texts = [one.text for one in messages(60)]

    async def ask(predictor):
        alone = await predictor.predict(student, texts)
        together = await asyncio.gather(*(predictor.predict(student, [text]) for text in texts))
        return alone, [one for (one,) in together]

    alone, together = _asked(tmp_path / "students", ask)
    assert alone == together


def test_a_killed_child_is_started_again(tmp_path, student):
    """The next question is answered, and one under way is asked anew."""

    async def ask(predictor):
        first = await predictor.predict(student, ["Die Ampel ist kaputt"])
        before = predictor.pid
        os.kill(before, signal.SIGKILL)
        again = await predictor.predict(student, ["Die Ampel ist kaputt"])
        assert predictor.pid != before
        return first, again

    first, again = _asked(tmp_path / "students", ask)
    assert first == again


def test_a_child_that_dies_twice_over_a_question_is_told(tmp_path, student):
    """Nobody waits for ever for what kills its reader."""
    home = tmp_path / "students"

    async def run():
        async def start():
            child = await Child.start("answer", 4096, str(home))
            os.kill(child.pid, signal.SIGKILL)
            return child

        predictor = Predictor(home, start)
        try:
            with pytest.raises(StudentDown):
                await predictor.predict(student, ["Hallo"])
        finally:
            await predictor.close()

    asyncio.run(run())


def test_a_broken_or_deleted_student_is_refused_and_others_go_on(tmp_path, student):
    """What a manifest does not vouch for is not loaded; the child lives."""
    home = tmp_path / "students"
    other = home / "task" / "two"
    shutil.copytree(student, other)
    (other / "model.npz").write_bytes(b"PK")

    async def ask(predictor):
        with pytest.raises(StudentBroken):
            await predictor.predict(other, ["Hallo"])
        await predictor.predict(student, ["Hallo"])
        before = predictor.pid
        shutil.rmtree(student)
        with pytest.raises(StudentBroken):
            await predictor.predict(student, ["Hallo"])
        return before == predictor.pid

    assert _asked(home, ask)


@pytest.mark.parametrize("place", ["elsewhere", "students/../elsewhere", "students"])
def test_only_students_beneath_the_house_are_asked(place, tmp_path, student):
    """A folder outside is refused before a child sees it."""

    async def ask(predictor):
        with pytest.raises(StudentBroken):
            await predictor.predict(tmp_path / place, ["Hallo"])

    _asked(tmp_path / "students", ask)


def test_a_house_may_be_named_with_dots(tmp_path, student):
    """Its students answer, as they do where a run is written to ``../sorted.csv``."""
    dotted = tmp_path / "students" / ".." / "students"

    async def ask(predictor):
        return await predictor.predict(
            dotted / student.relative_to(tmp_path / "students"), ["Hallo"]
        )

    assert len(_asked(dotted, ask)) == 1


def test_the_child_is_confined(tmp_path, student):
    """Its barriers stand before it reads a text."""

    async def run():
        child = await Child.start("answer", 4096, str(tmp_path / "students"))
        try:
            return child.barriers
        finally:
            await child.stop()

    assert {"limits", "audit"} <= set(asyncio.run(run()))


def test_a_child_that_says_nothing_sensible_is_gone(tmp_path):
    """Work it does not know ends it at the start."""

    async def run():
        with pytest.raises(Gone):
            await Child.start("dance", 4096)

    asyncio.run(run())


def _manifest(folder):
    from hausgeist.training.trainers import checked

    return checked(folder)


def test_several_students_answer_in_turn(tmp_path, student, messages):
    """More students than are kept loaded still answer, each as itself."""
    home = tmp_path / "students"
    folders = []
    for number in range(10):
        folder = home / "task" / f"m{number}"
        label = ("strasse", "muell", "ausweis")[number % 3]
        recipe = Recipe(TaskKind.SINGLE, ("strasse", "muell", "ausweis"))
        found = messages(20, labels=(label,))
        TRAINERS["majority"].train(found, (), recipe, Report()).save(folder)
        folders.append((folder, label))

    async def ask(predictor):
        for folder, label in folders + folders:
            (guess,) = await predictor.predict(folder, ["?"])
            assert guess.value.labels == (label,)

    _asked(home, ask)


def _loaded(lines):
    """The heavy packages that a fresh interpreter has loaded after these lines."""
    tail = "import sys; print(*sorted({'numpy', 'scipy', 'sklearn'} & set(sys.modules)))"
    found = subprocess.run(
        [sys.executable, "-c", "\n".join([*lines, tail])],
        check=True,
        capture_output=True,
        text=True,
    )
    return found.stdout.split()


def test_the_house_loads_no_numbers_to_ask_or_to_have_trained():
    """Whoever only asks students, or hands in a training, stays light."""
    lines = [
        "import hausgeist.training.students, hausgeist.training.train, hausgeist.training.said"
    ]
    assert _loaded(lines) == []


def test_answering_takes_numpy_alone(student):
    """A house that serves what was trained elsewhere needs no SciPy."""
    lines = [
        "from pathlib import Path",
        "from hausgeist.training.trainers import load",
        f"load(Path({str(student)!r})).predict(['Die Ampel ist kaputt'])",
    ]
    assert _loaded(lines) == ["numpy"]
