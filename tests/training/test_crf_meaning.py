# SPDX-License-Identifier: EUPL-1.2
"""The student for passages that knows groups of related words."""

import hashlib
import json

import numpy as np
import pytest
from late_trains import marked

from hausgeist.core.answers import Example, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import StudentBroken
from hausgeist.training.spans import meanings
from hausgeist.training.spans.packing import packed
from hausgeist.training.trainers import TRAINERS, Recipe, Report, load

RECIPE = Recipe(kind=TaskKind.SPANS, labels=("place",), options={"rounds": 60, "folds": 0})
TOWNS = "berlin hamburg münchen köln stuttgart leipzig dresden bremen hannover nürnberg".split()
FRUITS = "apfel birne kirsche pflaume erdbeere himbeere banane orange zitrone melone".split()


def examples():
    """Towns, which are passages, and fruits, which are none, between the same words."""
    found = []
    for number, (town, fruit) in enumerate(zip(TOWNS, FRUITS, strict=True)):
        text, value = marked("Hier ist {place} zu sehen.", place=town)
        found.append(Example(f"t{number}", text, value))
        found.append(Example(f"f{number}", f"Hier ist {fruit} zu sehen.", Value()))
    return found


@pytest.fixture(scope="module")
def model():
    return TRAINERS["crf_meaning"].train(examples(), [], RECIPE, Report())


def said(model, text):
    (guess,) = model.predict([text])
    return [text[one.start : one.end] for one in guess.value.spans]


def test_a_word_is_known_by_what_it_means(model):
    """Towns that no example had are found, fruits that none had are not."""
    assert said(model, "Hier ist frankfurt zu sehen.") == ["frankfurt"]
    assert said(model, "Hier ist düsseldorf zu sehen.") == ["düsseldorf"]
    assert said(model, "Hier ist mango zu sehen.") == []


def test_what_is_saved_answers_the_same(model, tmp_path):
    """A student read from its folder finds the same, in new words too."""
    model.save(tmp_path)
    again = load(tmp_path)
    texts = [
        *(one.text for one in examples()),
        "Hier sind Rom, 3 x mango und #Feigen zu sehen.",
        "",
    ]
    for before, after in zip(model.predict(texts), again.predict(texts), strict=True):
        assert before.value == after.value
        assert before.by == after.by == "crf_meaning"
        assert before.score == pytest.approx(after.score, abs=0.02)  # weights are rounded on disk


def test_the_same_examples_make_the_same_files(model, tmp_path):
    """Two trainings of the same examples differ in no byte."""
    model.save(tmp_path / "one")
    TRAINERS["crf_meaning"].train(examples(), [], RECIPE, Report()).save(tmp_path / "two")
    files = [
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    ]
    assert files[0] == files[1]


def test_words_that_were_learnt_are_not_encoded_again(model, tmp_path, monkeypatch):
    """A loaded student asks the encoder for new words only, and for each of them once."""
    model.save(tmp_path)
    again = load(tmp_path)
    asked = []

    def vectors(words):
        asked.extend(words)
        return real(words)

    real = meanings.vectors
    monkeypatch.setattr(meanings, "vectors", vectors)
    again.predict([one.text for one in examples()])
    assert asked == []
    again.predict(["Hier ist Mango zu sehen.", "Mango und 17 Mango!"])
    again.predict(["Mango!"])
    assert asked == ["mango", "und"]


@pytest.mark.parametrize(("count", "grains"), [(3, 1), (1, 1), (2, 2)])
def test_groups_that_do_not_fit_their_words_are_refused(model, tmp_path, count, grains):
    """Groups of other words or grains than there are, with a hash made to fit, make a broken student."""
    model.save(tmp_path)
    words = np.frombuffer(b"apfel\nbirne", dtype=np.uint8)
    middles = np.eye(2, meanings.WIDTH, dtype=np.float16)
    groups = np.zeros((count, grains), dtype=np.uint16)
    content = packed(words=words, groups=groups, middles0=middles)
    (tmp_path / meanings.FILE).write_bytes(content)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][meanings.FILE] = hashlib.sha256(content).hexdigest()
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(StudentBroken):
        load(tmp_path)


def test_few_words_have_no_groups():
    """A handful of words is learnt as by the plain chain."""
    few = [one for one in examples() if one.item in {"t0", "t1", "t2", "t3", "f0"}]
    model = TRAINERS["crf_meaning"].train(few, [], RECIPE, Report())
    assert said(model, "Hier ist berlin zu sehen.") == ["berlin"]
