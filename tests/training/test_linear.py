# SPDX-License-Identifier: EUPL-1.2
"""Students of labels: what they learn, say, keep and refuse."""

import hashlib
import json
from dataclasses import replace

import pytest

from hausgeist.core.answers import Example, Value
from hausgeist.core.quality import quality
from hausgeist.core.tasks import Metric, TaskKind
from hausgeist.errors import NothingToLearn, StudentBroken
from hausgeist.training import calibration
from hausgeist.training.trainers import TRAINERS, Recipe, Report, files_hash, load

RUNGS = ("words", "meaning", "both")


def _trained(rung, examples, recipe, dev=()):
    report = Report()
    return TRAINERS[rung].train(examples, dev, recipe, report), report


def _accuracy(model, examples):
    guesses = model.predict([one.text for one in examples])
    pairs = [(one.value, guess.value) for one, guess in zip(examples, guesses, strict=True)]
    return quality(TaskKind.SINGLE, Metric.ACCURACY, pairs)


@pytest.mark.parametrize("rung", RUNGS)
def test_a_student_learns_what_messages_are_about(rung, messages, recipe):
    """Each rung is right about nearly all messages it has not seen."""
    found = messages(200)
    model, _ = _trained(rung, found[:120], recipe)
    assert _accuracy(model, found[120:]) > 0.9


def test_the_same_examples_and_recipe_give_the_same_files(tmp_path, messages, recipe):
    """Twice the same, with one thread and with two; another seed is another student's manifest."""
    hashes = []
    for number, one in enumerate((recipe, replace(recipe, threads=2), replace(recipe, seed=8))):
        model, _ = _trained("both", messages(100), one)
        model.save(tmp_path / str(number))
        hashes.append(files_hash(tmp_path / str(number)))
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize("rung", ["majority", *RUNGS])
def test_a_saved_student_says_the_same(rung, tmp_path, messages, recipe):
    """What is loaded gives equal guesses, to the last digit."""
    model, _ = _trained(rung, messages(80), recipe)
    model.save(tmp_path / "s")
    texts = [one.text for one in messages(150)] + ["", "?", "漢字 \U0001f600 \ud800", "Ä" * 5000]
    assert load(tmp_path / "s").predict(texts) == model.predict(texts)


def test_several_label_students_are_saved_too(tmp_path):
    """Thresholds and maps of each label come back."""
    examples = _several(120)
    model, _ = _trained("words", examples, Recipe(TaskKind.MULTI, ("laerm", "dreck")))
    model.save(tmp_path / "s")
    texts = [one.text for one in examples]
    assert load(tmp_path / "s").predict(texts) == model.predict(texts)


@pytest.mark.parametrize("broken", ["manifest.json", "model.npz"])
def test_a_changed_file_is_refused(broken, tmp_path, messages, recipe):
    """One bit is enough, and a missing file is too."""
    model, _ = _trained("words", messages(60), recipe)
    model.save(tmp_path / "s")
    path = tmp_path / "s" / broken
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if broken == "model.npz" else 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(StudentBroken):
        load(tmp_path / "s")
    path.unlink()
    with pytest.raises(StudentBroken):
        load(tmp_path / "s")


def test_numbers_that_are_no_archive_are_refused_with_right_hashes_too(tmp_path, messages, recipe):
    """Whoever makes the files can make their hashes; what is no archive of numbers is not read as one."""
    folder = tmp_path / "student"
    _trained("words", messages(60), recipe)[0].save(folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    name = next(one for one in manifest["files"] if one.endswith(".npz"))
    (folder / name).write_bytes(b"PK\x03\x04 and no more")
    manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(StudentBroken):
        load(folder)


def test_a_manifest_cannot_name_files_elsewhere(tmp_path, messages, recipe):
    """A path in a manifest is no file of the student."""
    model, _ = _trained("words", messages(60), recipe)
    model.save(tmp_path / "s")
    manifest = json.loads((tmp_path / "s/manifest.json").read_text())
    manifest["files"]["../other"] = "0" * 64
    (tmp_path / "s/manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StudentBroken):
        load(tmp_path / "s")


def test_every_item_is_held_out_once_and_judged_without_itself(messages, recipe):
    """A wrong label that nothing else supports is not learned by heart: its held-out guess disagrees."""
    examples = messages(150)
    wrong = replace(examples[0], value=Value(("strasse",)), text="Der Reisepass ging verloren")
    examples = [wrong, *(one for one in examples[1:] if "Reisepass ging" not in one.text)]
    _, report = _trained("words", examples, recipe)
    assert set(report.held_out) == {one.item for one in examples}
    assert report.held_out[wrong.item].value == Value(("ausweis",))
    assert "strasse" in dict(report.held_out[wrong.item].ranked)


def test_weights_matter(messages, recipe):
    """A few people's answers outweigh many that only a teacher gave, where these say the opposite."""
    examples = messages(120, labels=("strasse", "muell"))
    other = {"strasse": "muell", "muell": "strasse"}

    def wrong(weight):
        return [
            Example(f"t{at}", one.text, Value((other[one.value.labels[0]],)), weight, "teacher")
            for at, one in enumerate(examples[:80])
        ]

    light, _ = _trained("words", examples[:60] + wrong(0.05), recipe)
    heavy, _ = _trained("words", examples[:60] + wrong(5.0), recipe)
    assert _accuracy(light, examples[80:]) > 0.9
    assert _accuracy(heavy, examples[80:]) < 0.5


def test_a_rare_label_is_found_and_its_rarity_is_said(messages, recipe):
    """Three examples among a hundred are learned, and people are told that there are three."""
    rare = messages(40, labels=("ausweis",))
    common = messages(120, labels=("strasse", "muell"))
    examples = [replace(one, item=f"r{one.item}") for one in rare[:3]] + common
    model, report = _trained("both", examples, recipe)
    assert {"code": "label_few", "label": "ausweis", "count": 3} in report.said
    assert any(one["code"] == "unbalanced" for one in report.said)
    assert _accuracy(model, rare[3:]) > 0.5


def test_a_label_without_examples_is_said(messages, recipe):
    """It is never answered, and people are told."""
    _, report = _trained("words", messages(60, labels=("strasse", "muell")), recipe)
    assert {"code": "label_absent", "label": "ausweis"} in report.said


@pytest.mark.parametrize("count", [0, 3, 40])
def test_nothing_is_learned_of_one_label_or_of_nothing(count, messages, recipe):
    """All the same answer, or next to no examples: that is said and not hidden in a model."""
    with pytest.raises(NothingToLearn):
        _trained("words", messages(count, labels=("strasse",)), recipe)


def test_the_most_frequent_answer_needs_no_second_label(messages, recipe):
    """The baseline works with one label."""
    model, _ = _trained("majority", messages(30, labels=("strasse",)), recipe)
    (guess,) = model.predict(["was auch immer"])
    assert (guess.value, guess.score) == (Value(("strasse",)), 1.0)


def test_none_applies_is_an_answer(messages, recipe):
    """Items without a label are learned as such."""
    others = ["Guten Morgen", "Danke schön", "Wie wird das Wetter?", "Viele Grüße", "Bis bald"] * 6
    examples = messages(90) + [Example(f"n{at}", one, Value()) for at, one in enumerate(others)]
    model, _ = _trained("both", examples, recipe)
    assert [one.value for one in model.predict(["Danke, viele Grüße"])] == [Value()]


def test_probabilities_become_more_honest(messages, recipe):
    """With wrong labels among them, what was held out brings what is said nearer to what is right."""
    examples = messages(240, noise=0.35)

    def error(options):
        model, _ = _trained("words", examples[:160], replace(recipe, options=options))
        guesses = model.predict([one.text for one in examples[160:]])
        right = [
            one.value == guess.value for one, guess in zip(examples[160:], guesses, strict=True)
        ]
        bins = calibration.reliability([one.score for one in guesses], right)
        return calibration.calibration_error(bins)

    assert error({"c": 300}) < error({"c": 300, "folds": 0})


def test_what_is_about_something_else_is_far(messages, recipe):
    """A text like those that were learned is nearer than one in another world."""
    model, _ = _trained("both", messages(150), recipe)
    near, far = model.predict(["Die Ampel am Markt ist kaputt", "Quantum chromodynamics lecture"])
    assert far.far > 0.95 > near.far


def test_several_labels_get_thresholds_of_their_own():
    """Each label is found where its words are, both where both are, none where none is."""
    model, _ = _trained("words", _several(200), Recipe(TaskKind.MULTI, ("laerm", "dreck")))
    texts = ["nachts ist es laut", "der Platz ist schmutzig", "laut und schmutzig", "oft ist es 3"]
    expected = [("laerm",), ("dreck",), ("dreck", "laerm"), ()]
    assert [one.value.labels for one in model.predict(texts)] == expected


def _several(count):
    pieces = {"laerm": ["laut", "Lärm"], "dreck": ["schmutzig", "Dreck"]}
    found = []
    for at in range(count):
        labels = [label for bit, label in enumerate(pieces) if at >> bit & 1]
        words = [pieces[label][(at >> 2) % 2] for label in labels]
        text = f"{['nachts', 'am Platz', 'heute', 'oft'][at % 3]} ist es {' und '.join(words)}"
        found.append(Example(f"m{at}", f"{text} {at % 7}", Value.of_labels(labels)))
    return found
