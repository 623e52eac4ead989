# SPDX-License-Identifier: EUPL-1.2
"""The student for passages: offsets, files, and what bad input does."""

from dataclasses import replace

import pytest
from late_trains import marked, reports

from hausgeist.core.answers import Example, Span, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import NothingToLearn, StudentBroken
from hausgeist.training.trainers import TRAINERS, Recipe, Report, load

RECIPE = Recipe(kind=TaskKind.SPANS, labels=("line", "place"), options={"rounds": 40, "folds": 0})


@pytest.fixture(scope="module")
def model():
    return TRAINERS["crf"].train(reports(), [], RECIPE, Report())


def found(model, text):
    (guess,) = model.predict([text])
    return [(text[one.start : one.end], one.label) for one in guess.value.spans]


def test_passages_are_found_in_texts_it_has_not_seen(model):
    """A line and a place that were never written like this are found."""
    assert found(model, "Die RB99 nach Bad Ems fällt heute aus.") == [
        ("RB99", "line"),
        ("Bad Ems", "place"),
    ]


@pytest.mark.parametrize("place", ["Köln", "Ko\u0308ln", "Mu\u0308hlbach", "Grünau"])
@pytest.mark.parametrize("before", ["", "🚲👩\u200d🚒 ", "ÄÖÜß… ", "\n\t"])
def test_offsets_count_code_points(model, before, place):
    """Umlauts, composed or not, and emojis before a passage do not shift it."""
    text = f"{before}Wegen einer Störung hält die S3 nicht in {place}!"
    assert (place, "place") in found(model, text)
    assert ("S3", "line") in found(model, text)


def test_every_text_is_answered_in_its_order(model):
    """Empty texts and white space have no passages; the others keep their places."""
    texts = ["", "   ", "Die S3 nach Köln fällt heute aus.", "\n\n"]
    guesses = model.predict(texts)
    assert [len(one.value.spans) for one in guesses] == [0, 0, 2, 0]
    assert all(0 <= one.score <= 1 for one in guesses)
    assert model.predict([]) == []


def test_texts_do_not_change_each_others_answers(model):
    """A batch gives what each of its texts gives alone."""
    texts = [one.text for one in reports(20)]
    alone = [model.predict([text])[0] for text in texts]
    for one, together in zip(alone, model.predict(texts), strict=True):
        assert one.value == together.value
        assert one.score == pytest.approx(together.score, abs=1e-4)


def test_a_long_text_is_read_to_its_end(model):
    """In a megabyte the last passage is found where it stands, and none reaches into another."""
    text = "Alles lief gut. " * 62_500 + "Die S3 nach Köln fällt heute aus."
    (guess,) = model.predict([text])
    last = guess.value.spans[-1]
    assert text[last.start : last.end] == "Köln"
    ends = [0, *(one.end for one in guess.value.spans)]
    assert all(one.start >= end for one, end in zip(guess.value.spans, ends, strict=False))


def test_what_is_saved_answers_the_same(model, tmp_path):
    """A student read from its folder gives the same passages and scores."""
    model.save(tmp_path)
    again = load(tmp_path)
    texts = [one.text for one in reports()]
    for before, after in zip(model.predict(texts), again.predict(texts), strict=True):
        assert before.value == after.value
        assert before.score == pytest.approx(after.score, abs=0.02)  # weights are rounded on disk


def test_the_same_examples_make_the_same_files(tmp_path):
    """Two trainings of the same examples differ in no byte."""
    files = []
    for name in ("one", "two"):
        TRAINERS["crf"].train(reports(24), [], RECIPE, Report()).save(tmp_path / name)
        files.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert files[0] == files[1]


def test_a_changed_file_is_not_loaded(model, tmp_path):
    """A student whose words were changed on disk is refused."""
    model.save(tmp_path)
    with (tmp_path / "words.txt").open("ab") as file:
        file.write(b"\nmore")
    with pytest.raises(StudentBroken):
        load(tmp_path)


def test_examples_whose_passages_overlap_are_refused_and_said():
    """An example with overlapping passages teaches nothing; whoever trains is told."""
    bad = Example("bad", "Bad Ems", Value(spans=(Span(0, 7, "place"), Span(4, 7, "line"))))
    report = Report()
    TRAINERS["crf"].train([*reports(24), bad], [], RECIPE, report)
    assert {"code": "overlapping", "count": 1} in report.said


def test_without_passages_there_is_nothing_to_learn():
    """Texts in which nobody marked anything teach no chain."""
    empty = [replace(one, value=Value()) for one in reports(20)]
    with pytest.raises(NothingToLearn):
        TRAINERS["crf"].train(empty, [], RECIPE, Report())


def test_every_example_is_held_out_once():
    """With parts, a chain that has not seen an example says what it finds there, and progress is told."""
    told = []
    report = Report(told.append)
    recipe = replace(RECIPE, options={"rounds": 20, "folds": 2})
    TRAINERS["crf"].train(reports(32), [], recipe, report)
    assert set(report.held_out) == {one.item for one in reports(32)}
    done = [one["done"] for one in told]
    assert (done, done[-1]) == (sorted(done), 1.0)


def test_each_passage_has_its_own_probability(model):
    """What is plain to see is more probable than what was never seen, and none exceeds 1."""
    text, _ = marked("Die {line} nach {place} fällt heute aus.", line="S3", place="Köln")
    chances = dict(model.chances(text))
    assert set(chances) == set(model.predict([text])[0].value.spans)
    assert all(0.5 < one <= 1 for one in chances.values())
    assert model.chances("") == []


def test_the_tasks_own_lists_are_used():
    """A place in a list of the task is found though no example has it; what is in none is not."""
    places = ["Buche", "Neustadt", "Köln", "Grünau", "Mühlbach", "Altenburg"]
    things = ["Kuchen", "Busse", "Ruhe", "Regen", "Musik", "Suppe"]
    examples = []
    for number, (place, thing) in enumerate(zip(places, things, strict=True)):
        text, value = marked("Ich mag {place}.", place=place)
        examples.append(Example(f"p{number}", text, value))
        examples.append(Example(f"t{number}", f"Ich mag {thing}.", Value()))
    options = {"lists": {"places": [*places, "Wulkow"]}, "rounds": 60, "folds": 0}
    model = TRAINERS["crf"].train(examples, [], replace(RECIPE, options=options), Report())
    assert found(model, "Ich mag Wulkow.") == [("Wulkow", "place")]
    assert found(model, "Ich mag Zwieback.") == []


def test_a_teachers_guess_teaches_less_than_a_person():
    """Where one person contradicts one guess of a teacher, the person's answer is learnt."""
    own = [Example(f"p{n}", f"Halt {n} in Wulkow", Value()) for n in range(8)]
    place = Value.of_spans([Span(10, 16, "place")])
    guessed = [Example(f"t{n}", f"Halt {n} in Wulkow", place, 0.3, "teacher") for n in range(8)]
    model = TRAINERS["crf"].train([*reports(), *own, *guessed], [], RECIPE, Report())
    assert found(model, "Halt 3 in Wulkow") == []


def test_a_list_reaches_no_further_than_the_text():
    """A phrase of a list whose beginning ends the text, and is in the list itself, is found there."""
    lists = {"places": ["Bad", "Bad Ems", "Bad Ems West"]}
    options = {"rounds": 20, "folds": 0, "lists": lists}
    model = TRAINERS["crf"].train(reports(), [], replace(RECIPE, options=options), Report())
    assert found(model, "Die S3 hält nicht in Bad")[0] == ("S3", "line")


def test_what_the_text_is_about_decides_where_the_words_beside_say_nothing():
    """The same name between the same words is a place beside trains, and none beside roads, far away."""
    examples = []
    for number, name in enumerate(["Buche", "Köln", "Grünau", "Mühlbach", "Altenburg", "Neustadt"]):
        for line in ("RB12", "RB4", "RB70"):
            text, value = marked(f"{line} heute , wie wir gerade hörten : {{place}} !", place=name)
            examples.append(Example(f"t{number}{line}", text, value))
        for road in ("A8", "A10", "A23"):
            text = f"{road} heute , wie wir gerade hörten : {name} !"
            examples.append(Example(f"r{number}{road}", text, Value()))
    model = TRAINERS["crf"].train(examples, [], RECIPE, Report())
    assert found(model, "RB99 heute , wie wir gerade hörten : Wulkow !") == [("Wulkow", "place")]
    assert found(model, "A66 heute , wie wir gerade hörten : Wulkow !") == []


def test_a_text_of_many_names_gives_the_same_alone_and_with_others(model):
    """Topics of one text, cut in parts where it is long, do not reach into the next."""
    long = " ".join(f"Halt{n} #Ort{n} @netz{n} RB{n} ." for n in range(90))
    texts = ["", long, "Die S3 hält nicht in Köln", long, "RB5", "."]
    together = model.predict(texts)
    assert [one.value for one in together] == [model.predict([text])[0].value for text in texts]
    assert together[1] == together[3]
