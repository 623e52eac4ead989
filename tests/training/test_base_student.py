# SPDX-License-Identifier: EUPL-1.2
"""The student that is a base trained further: it learns, is saved, and answers the same in its child."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import tiny_base
from late_trains import reports
from townhall import PARTS

from hausgeist.core.answers import Example, Span, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import NothingToLearn, StudentBroken, UnknownBase
from hausgeist.training.bases.pieces import Pieces, first_pieces, windows
from hausgeist.training.bases.shape import shape_of
from hausgeist.training.bases.shelf import Bases
from hausgeist.training.bases.tagging import Passages
from hausgeist.training.process import Predictor
from hausgeist.training.trainers import TRAINERS, Recipe, Report, checked, load

TRAINER = TRAINERS["base"]
THANKS = "Ich möchte mich nur bedanken, alles lief gut. "


@pytest.fixture
def based(tmp_path, messages):
    """The function that puts a tiny encoder on a shelf and gives the recipe that takes it."""
    texts = [one.text for one in messages(240)] + [one.text for one in reports(96)]

    def make(kind, labels, family="bert", **options):
        layers = {"n_layers": 2} if family == "distilbert" else {"num_hidden_layers": 2}
        folder = tiny_base.folder(tmp_path / "hub" / family, texts, family, **layers)
        home = tmp_path / "home"
        name = f"{family}-{kind.value}"
        (folder / "LICENSE").write_text("Do what you like.", "utf-8")
        base = Bases(home).add(folder, now=1, name=name)
        options |= {"base": base.chosen()}
        return Recipe(kind, tuple(labels), options=options, shelf=home / "bases")

    return make


def longer(examples):
    """The same with up to four sentences before them, so that they stand anywhere in a window."""
    found = []
    for at, one in enumerate(examples):
        before = THANKS * (at % 5)
        shift = len(before)
        spans = [Span(it.start + shift, it.end + shift, it.label) for it in one.value.spans]
        found.append(replace(one, text=before + one.text, value=Value.of_spans(spans)))
    return found


def share(guesses, examples):
    pairs = zip(guesses, examples, strict=True)
    return sum(guess.value == one.value for guess, one in pairs) / len(examples)


def test_one_label_is_learnt_and_stays_after_saving(based, messages, tmp_path):
    """Far better than the most frequent answer; loaded, it says the same to the last digit."""
    report = Report()
    recipe = based(TaskKind.SINGLE, PARTS)
    model = TRAINER.train(messages(120), (), recipe, report)
    unseen = messages(240)[120:]
    texts = [one.text for one in unseen] + ["", "漢字 \ud800", "Tonne " * 5000]
    said = model.predict(texts)
    assert share(said[:120], unseen) > 0.8
    assert len(report.held_out) == 24
    model.save(tmp_path / "student")
    again = load(tmp_path / "student")
    assert again.predict(texts) == said
    manifest = checked(tmp_path / "student")
    assert manifest["about"]["base"]["licence"] == "mit"
    assert str(tmp_path) not in json.dumps(manifest)
    assert set(manifest["files"]) == {
        *("config.json", "tokenizer.json", "model.safetensors", "head.safetensors", "LICENSE")
    }


def test_the_same_recipe_and_examples_give_the_same_files(based, messages, tmp_path):
    """A seed is a seed."""
    recipe = based(TaskKind.SINGLE, PARTS, rounds=2)
    for name in ("one", "two"):
        TRAINER.train(messages(60), (), recipe, Report()).save(tmp_path / name)
    TRAINER.train(messages(60), (), replace(recipe, seed=8), Report()).save(tmp_path / "three")
    one, two, three = (checked(tmp_path / name)["files"] for name in ("one", "two", "three"))
    assert one == two != three


def test_several_labels_and_none_are_learnt(based):
    """Texts of two labels, one and none are told apart."""
    said = [("Die Laterne ist dunkel", "lamp"), ("Der Müll liegt noch da", "waste")]
    both = " und ".join(text for text, _ in said)
    kinds = [(said[0][0], ["lamp"]), (said[1][0], ["waste"]), (both, ["lamp", "waste"])]
    kinds.append(("Danke für die Antwort", []))
    examples = [
        Example(
            f"i{at}", f"{kinds[at % 4][0]} {'!' * (at // 4)}", Value.of_labels(kinds[at % 4][1])
        )
        for at in range(96)
    ]
    model = TRAINER.train(examples, (), based(TaskKind.MULTI, ("lamp", "waste")), Report())
    found = [set(guess.value.labels) for guess in model.predict([text for text, _ in kinds])]
    assert found == [set(labels) for _, labels in kinds]


def test_passages_are_learnt_and_stand_where_they_are(based, tmp_path):
    """Line and place are found with their exact ends, in a long text too, before and after saving."""
    recipe = based(TaskKind.SPANS, ("line", "place"), length=32)
    model = TRAINER.train(longer(reports(192)), (), recipe, Report())
    unseen = reports(256)[192:]
    assert share(model.predict([one.text for one in unseen]), unseen) > 0.6
    text = THANKS * 5 + "Die S3 nach Köln fällt heute aus."
    (guess,) = model.predict([text])
    assert {(text[one.start : one.end], one.label) for one in guess.value.spans} >= {
        ("S3", "line"),
        ("Köln", "place"),
    }
    model.save(tmp_path / "student")
    assert load(tmp_path / "student").predict([text, ""]) == model.predict([text, ""])


@pytest.mark.parametrize("family", ["roberta", "distilbert", "electra", "modernbert"])
def test_every_known_kind_trains_and_loads(based, messages, tmp_path, family):
    """Their folders differ, their students do not."""
    recipe = based(TaskKind.SINGLE, PARTS, family, rounds=1)
    model = TRAINER.train(messages(40), (), recipe, Report())
    model.save(tmp_path / "student")
    texts = [one.text for one in messages(20)]
    assert load(tmp_path / "student").predict(texts) == model.predict(texts)


def test_a_child_answers_with_it_behind_its_barriers(based, messages, tmp_path):
    """Loaded under the limits of memory and files, it says the same."""
    recipe = based(TaskKind.SINGLE, PARTS, rounds=2)
    model = TRAINER.train(messages(60), (), recipe, Report())
    folder = tmp_path / "students" / "task" / "one"
    model.save(folder)
    texts = [one.text for one in messages(40)]

    async def ask():
        predictor = Predictor(tmp_path / "students")
        try:
            return await predictor.predict(folder, texts)
        finally:
            await predictor.close()

    assert asyncio.run(ask()) == load(folder).predict(texts)


def test_what_teaches_nothing_is_said(based, messages):
    """Three examples, and texts without a passage."""
    with pytest.raises(NothingToLearn):
        TRAINER.train(messages(3), (), based(TaskKind.SINGLE, PARTS), Report())
    empty = [Example(f"i{at}", "Danke", Value()) for at in range(30)]
    with pytest.raises(NothingToLearn):
        TRAINER.train(empty, (), based(TaskKind.SPANS, ("line",)), Report())


def test_another_base_of_the_same_name_is_not_taken(based, messages):
    """What was asked for is trained, or nothing."""
    recipe = based(TaskKind.SINGLE, PARTS, rounds=1)
    name = recipe.options["base"]["name"]
    with (recipe.shelf / name / "tokenizer.json").open("a") as file:
        file.write(" ")
    with pytest.raises(UnknownBase):
        TRAINER.train(messages(40), (), recipe, Report())
    with pytest.raises(UnknownBase):
        TRAINER.train(messages(40), (), replace(recipe, shelf=None), Report())


@pytest.mark.parametrize("name", ["head.safetensors", "config.json", "model.safetensors"])
def test_a_student_whose_files_do_not_fit_is_not_loaded(based, messages, tmp_path, name):
    """Even when the hash in the manifest was changed with the file."""
    import hashlib

    TRAINER.train(messages(20), (), based(TaskKind.SINGLE, PARTS, rounds=1), Report()).save(
        tmp_path / "s"
    )
    (tmp_path / "s" / name).write_bytes((tmp_path / "s" / "tokenizer.json").read_bytes())
    manifest = json.loads((tmp_path / "s" / "manifest.json").read_text("utf-8"))
    content = (tmp_path / "s" / name).read_bytes()
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    (tmp_path / "s" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(StudentBroken):
        load(tmp_path / "s")


def test_each_piece_is_judged_once_with_something_around_it():
    """Windows cover every piece, in order, and none is longer than may be."""
    for count in (0, 1, 30, 31, 64, 65, 1000):
        found = list(windows(count, 30))
        assert [at for one in found for at in range(one.first, one.after)] == list(range(count))
        assert all(one.end - one.begin <= 30 for one in found)
        inner = [one for one in found if one.first > 0 and one.after < count]
        assert all(one.begin < one.first and one.after < one.end for one in inner)


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_what_is_right_of_pieces_means_the_same_passages(family):
    """Passages become outcomes of pieces and these the same passages, in windows of any length."""
    examples = [*longer(reports(64)), *reports(12)]
    content = tiny_base.tokenizer([one.text for one in reports(8)], family)  # most words in pieces
    pieces = Pieces(content, shape_of(tiny_base.config(family)))
    for length in (12, 40, 512):
        passages = Passages(("line", "place"), pieces, length)
        for one in examples:
            taught = dict(enumerate(passages.lessons(one.text, one.value.spans)))

            def judge(rows, taught=taught):
                assert rows == [numbers for numbers, _ in taught.values()]
                sure = np.eye(5, dtype=np.float32) * 20
                return [sure[np.maximum(right, 0)] for _, right in taught.values()]

            ((spans, chance),) = passages.find([one.text], judge)
            assert Value.of_spans(spans) == one.value
            assert chance > 0.9


def test_words_begin_at_their_first_piece():
    """A word of several pieces has its first, punctuation its own, what is dropped none."""
    config = tiny_base.config("bert")
    texts = ["Die Straße ist voll, ja"] * 3
    pieces = Pieces(tiny_base.tokenizer(texts), shape_of(config))
    text = "Straßenbahn, \u200b ja"
    (cut,) = pieces.cut([text])
    words = [(0, 11), (11, 12), (13, 14), (15, 17)]
    found = first_pieces(cut, words)
    assert found[0] == 0
    assert [text[slice(*cut.places[at])] for at in (found[1], found[3])] == [",", "ja"]
    assert found[2] == -1
    assert Span(0, 11, "x").end == cut.places[found[1] - 1][1]


def test_nothing_of_it_is_loaded_by_pages_and_the_command_line():
    """Neither PyTorch nor tokenizers, and no client of a hub: the web process stays what it is."""
    program = (
        "import sys, hausgeist.web.pages.task_students, hausgeist.training.students, hausgeist.cli.bases\n"
        "from hausgeist.training.bases import shelf, minutes, folder\n"
        "heavy = {'torch', 'tokenizers', 'safetensors', 'numpy', 'huggingface_hub', 'transformers'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert found.stdout.strip() == "[]"


def test_training_loads_no_client_of_a_hub():
    """The tokenizers' package could fetch; what it would fetch with is never imported."""
    program = (
        "import sys\n"
        "from hausgeist.training.trainers import TRAINERS\n"
        "TRAINERS['base']\n"
        "print(sorted({'huggingface_hub', 'transformers', 'httpx'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert found.stdout.strip() == "[]"
