# SPDX-License-Identifier: EUPL-1.2
"""Files of other labelling tools: known by their content, read as what they say, kept with who said it."""

import asyncio
import base64
import io
import json
import zipfile
import zlib

import pytest
from sqlalchemy import select
from taskmade import Shop

from hausgeist.errors import BadUpload
from hausgeist.store import task_answers, tasks
from hausgeist.store.tables import suggestions
from hausgeist.workbench import reading, records
from hausgeist.workbench.docbin import hash_of

SPACY_PASSAGES = """
eJzrXF6WWlScmZ+32EDPcGliSUlR8WRHX79lJfnZqXnFRxl/TPpvGNQn7PiSiQEV7PpSrGKtZVGELp686fZk3X1rNN
HFWR3ONbRoJzagi7tlTLy1yyWviBnK//bWxi1zh+t8Wfmks0Udsl/R1XuqrKrdJjv3ALr4okNrfN7crF+PLv7wW9xH
gYq2aTDzaxghtMncq4oZO3K+MaKJV2+f9KfA80Mfsf66JNvfeE37gQ+6+xn7ZTl33X+B4U7XwHWT5s7tukhs+FhZOc
zhULkfQax/i1aemmFqXdyELj5RWCS1IaRuIbHmLCsuSExOLT4iyggGDAyMjHAWA8PynNS89JKM4iM8HEC1XEAM8v/y
4pKizLz04jsMMgsW6i1yTFzqmFuQmrPEMS8vcbFLZuoq96LDe/KKSxJTSlb7ZOalpOYl5uSkpi73PbwHSBct88tMzi
gpXuwfFLIswDUo2N9vUWLi0kSQEYsS85YkgkxJSS1anAI0KR1u0pKMzNSiRZl5izOLS5ZlJxaUlpSszkEyPBdqeB7Y
8KXl+Rl5JUs+zJ/RsCQ5saR4ckNDw9K0nMT04smNmzISi+NL87Lz8svz4iHeP0S84GognRefXpRfWlA8+QjjBAgCAE
rx9Ng=
"""
SPACY_LABELS = """
eJzrXF6WWlScmZ+32EDPcGliSUlR8UTHZSX52al5xUc01ApuCHFetz+oFhw93255dUGC3KN7a9lOfXJzE1a+PlPow6
JDa3ze3Kxfv6y4IDE5tfgIKyMDECzPSc1LL8koPsLBDOQxgUSKS4oy89KLZyxYqLhQb6lLYl526org5Iyc1OSMkqUp
YG4xlLsMyDi8LW9JcmJJ8aSmxTn5SaftPzCAwbLsosySzOzTDFAAkYXxYLIw1UvTchLTiyc1bspILI4vzcvOyy/Pi4
c49BBWwdVAOi8+vSi/tKB40hHGCUAEANC2cxM=
"""


def read(content, name="export"):
    """What a file is taken for, and its rows."""
    body = content if isinstance(content, bytes) else content.encode()
    file = io.BytesIO(body)
    shape = records.shape_of(file, name)
    return shape.format, list(records.records(file, shape))


def lines(*found):
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in found)


def said(rows):
    return [(one.cells["text"], one.cells["label"]) for one in rows]


def test_prodigy_says_what_was_accepted_and_what_was_not():
    """Rejected and passed-over texts come in without an answer, and with the reason."""
    format_, rows = read(
        lines(
            {"text": "a", "label": "lob", "answer": "accept", "_annotator_id": "set-anna"},
            {"text": "b", "label": "lob", "answer": "reject"},
            {"text": "c", "label": "lob", "answer": "ignore"},
        )
    )
    assert format_ == "prodigy+jsonl"
    assert said(rows) == [("a", "lob"), ("b", None), ("c", None)]
    assert [one.detail for one in rows] == ["", "rejected", "ignored"]
    assert rows[0].by == "set-anna"


def test_prodigys_choices_go_by_their_words():
    """The options' texts, of several too."""
    options = [{"id": 1, "text": "Lob"}, {"id": 2, "text": "Kritik"}]
    one = {"text": "a", "options": options, "accept": [2, 1], "answer": "accept"}
    assert said(read(lines(one))[1]) == [("a", ["Kritik", "Lob"])]


def test_prodigys_passages_come_with_their_places():
    """Also none at all: then somebody said that there are none."""
    span = {"start": 7, "end": 11, "label": "ORT", "token_start": 2}
    _, rows = read(
        lines(
            {"text": "Ich in Köln", "spans": [span], "answer": "accept"},
            {"text": "Nichts", "spans": [], "answer": "accept"},
        )
    )
    assert said(rows) == [("Ich in Köln", [[7, 11, "ORT"]]), ("Nichts", [])]


def studio(result, **more):
    return {"data": {"text": "😀 in Köln", "kanal": "mail"}, "id": 7, **result, **more}


def region(start, end, text):
    value = {"start": start, "end": end, "labels": ["ORT"]}
    return {"type": "labels", "value": value | ({"text": text} if text else {})}


@pytest.mark.parametrize("quoted", ["Köln", ""])
def test_label_studios_places_are_counted_in_utf_16(quoted):
    """Beside a picture of two units: what is quoted decides, or else the tool's way."""
    one = studio({"annotations": [{"completed_by": 1, "result": [region(6, 10, quoted)]}]})
    format_, (row,) = read(json.dumps([one], ensure_ascii=False))
    assert format_ == "labelstudio+json"
    start, end, label = row.cells["label"][0]
    assert (row.cells["text"][start:end], label) == ("Köln", "ORT")


def test_a_passage_that_is_elsewhere_is_not_guessed():
    """It lies outside of every text then, and the row is told."""
    one = studio({"annotations": [{"completed_by": 1, "result": [region(0, 3, "Bonn")]}]})
    assert read(json.dumps([one]))[1][0].cells["label"] == [[-1, -1, "ORT"]]


def test_label_studios_people_and_predictions_are_kept_apart():
    """A row for each person; what a model said is a hint; a cancelled answer is none."""
    choose = {"type": "choices", "value": {"choices": ["Lob"]}}
    one = studio(
        {
            "annotations": [
                {"completed_by": {"email": "a@b"}, "result": [choose]},
                {"completed_by": 2, "result": [choose], "was_cancelled": True},
            ],
            "predictions": [{"model_version": "m1", "score": 0.7, "result": [choose]}],
        }
    )
    _, rows = read(json.dumps([one]))
    assert [one.by for one in rows] == ["a@b", "2"]
    assert [one.cells["label"] for one in rows] == ["Lob", None]
    assert rows[0].hint == (["Lob"], "m1", 0.7)
    assert rows[1].detail == "ignored"
    assert rows[0].cells["kanal"] == "mail"


ARGILLA = [
    {"text": "a", "annotation": "Lob", "prediction": [{"label": "Lob", "score": 0.9}], "id": "1"},
    {
        "id": "1",
        "fields": {"text": "a"},
        "responses": {"thema": [{"value": "Lob", "user_id": "u", "status": "submitted"}]},
        "suggestions": {"thema": {"value": "Lob", "score": 0.9, "agent": "Argilla"}},
    },
    {
        "id": "1",
        "fields": {"text": "a"},
        "responses": [{"user_id": "u", "status": "submitted", "values": {"t": {"value": "Lob"}}}],
        "suggestions": [{"question_name": "t", "value": "Lob", "score": 0.9}],
    },
    {
        "id": "1",
        "text": "a",
        "thema.responses": ["Lob"],
        "thema.responses.users": ["u"],
        "thema.responses.status": ["submitted"],
        "thema.suggestion": "Lob",
        "thema.suggestion.score": 0.9,
        "thema.suggestion.agent": None,
    },
]


@pytest.mark.parametrize("one", ARGILLA)
def test_argillas_ways_of_writing_say_the_same(one):
    """Version 1, version 2 by question and by person, and rows of a data set."""
    format_, (row,) = read(lines(one))
    assert format_ == "argilla+jsonl"
    assert said([row]) == [("a", "Lob")]
    assert row.hint == (["Lob"], "Argilla", 0.9)
    assert row.cells["id"] == "1"


def test_an_argilla_draft_is_no_answer():
    """Only what was submitted counts."""
    draft = {"value": "Lob", "user_id": "u", "status": "draft"}
    one = {"fields": {"text": "a"}, "responses": {"t": [draft]}}
    assert said(read(lines(one))[1]) == [("a", None)]


def test_doccanos_entities_become_passages():
    """Of its newer form; lists of three were always read."""
    entity = {"id": 1, "label": "ORT", "start_offset": 7, "end_offset": 11}
    format_, rows = read(lines({"id": 1, "text": "Ich in Köln", "entities": [entity]}))
    assert format_ == "doccano+jsonl"
    assert said(rows) == [("Ich in Köln", [[7, 11, "ORT"]])]


def test_rows_of_hugging_face_are_texts_with_labels():
    """As its server of rows gives them."""
    page = {"features": [], "rows": [{"row_idx": 0, "row": {"utt": "hallo du", "label": "gruss"}}]}
    assert said(read(json.dumps(page))[1]) == [("hallo du", "gruss")]


@pytest.mark.parametrize(
    "tags",
    [
        "O I-ORT I-ORT B-ORT O I-PER",
        "O B-ORT I-ORT B-ORT O B-PER",
        "O B-ORT L-ORT U-ORT O U-PER",
        "O B-ORT E-ORT S-ORT O S-PER",
    ],
)
def test_conll_is_read_in_all_its_ways(tags):
    """IOB1, IOB2, BILOU and BIOES; a word that is # is a word, a comment is none."""
    words = ["#", "Bad", "Aibling", "Köln", "mit", "Anna"]
    body = "".join(f"{word} {tag}\n" for word, tag in zip(words, tags.split(), strict=True))
    format_, rows = read(f"-DOCSTART- -X- O\n\n# id = 1\n{body}\nEnde O\n")
    assert format_ == "conll"
    text = "# Bad Aibling Köln mit Anna"
    assert said(rows) == [
        (text, [[2, 13, "ORT"], [14, 18, "ORT"], [23, 27, "PER"]]),
        ("Ende", []),
    ]


def test_spacys_files_are_read_without_spacy():
    """Texts letter by letter, also beyond the first plane; passages, or labels."""
    format_, rows = read(base64.b64decode(SPACY_PASSAGES))
    assert format_ == "docbin"
    assert said(rows) == [
        ("Die Ampel in der Lindenallee ist kaputt.", [[17, 28, "ORT"]]),
        (
            "Anna Müller wohnt in Grünstadt 😀 an der Aa.",
            [[0, 11, "PERSON"], [21, 30, "ORT"]],
        ),
        ("Nichts hier.", []),
    ]
    _, rows = read(base64.b64decode(SPACY_LABELS))
    assert said(rows) == [("Danke schön!", "lob"), ("Schlecht.", "kritik")]


def test_strings_have_spacys_numbers():
    """As its string store gives them."""
    assert hash_of("coffee") == 3197928453018144401
    assert hash_of("") == 0


@pytest.mark.parametrize("cut", [40, 200])
def test_a_broken_file_of_spacy_is_told(cut):
    """Cut off, or with other bytes within."""
    with pytest.raises(BadUpload):
        read(base64.b64decode(SPACY_PASSAGES)[:cut])


def test_what_unpacks_to_too_much_is_refused(monkeypatch):
    """Before it is in memory."""
    monkeypatch.setattr("hausgeist.workbench.docbin.UNPACKED_MOST", 10_000)
    with pytest.raises(BadUpload):
        read(zlib.compress(b"\x88\xa5attrs" + bytes(20_000)))


def test_records_of_another_shape_are_told_and_not_guessed():
    """The others come in."""
    good = {"data": {"text": "a"}, "annotations": []}
    bad = {"data": {"text": "b"}, "annotations": [{"result": [{"value": {"labels": ["x"]}}]}]}
    _, rows = read(json.dumps([good, bad, {"data": 1, "annotations": 2}, good]))
    assert [one.reason for one in rows] == ["", "not_json", "not_json", ""]


@pytest.fixture
def shop(store, tmp_path):
    return Shop(store, tmp_path / "intake")


def test_people_of_another_tool_become_members_without_a_name(shop):
    """Each text once, each answer kept; what a model said is a suggestion; nobody's name is anywhere."""
    found = [
        {"text": "Danke", "label": "lob", "answer": "accept", "_annotator_id": "anna@amt"},
        {"text": "Danke", "label": "kritik", "answer": "accept", "_annotator_id": "bert@amt"},
        {"text": "Nein", "label": "kritik", "answer": "accept", "_annotator_id": "anna@amt"},
    ]

    async def run():
        task = await shop.task()
        intake = await shop.taken(task, "prodigy.jsonl", lines(*found).encode())
        return task, intake

    task, intake = asyncio.run(run())
    assert (intake.added, intake.answers, intake.refused) == (2, 3, {})
    read_now = shop.store.read_now
    answers = list(read_now(lambda c: list(task_answers.live(c, task.id))))
    people = read_now(lambda c: tasks.members(c, task.id))
    assert len({one.actor for one in answers}) == 2
    assert {one.actor for one in answers} == {one.id for one in people if one.left_at is not None}
    assert not any("amt" in repr(one) for one in people if one.user_id is None)


def test_two_answers_to_a_text_are_both_kept_and_told(shop):
    """Also from two files: people decide between them."""
    one = b"text,label\nDanke,lob\n"
    two = b"text,label\nDanke,kritik\n"

    async def run():
        task = await shop.task()
        await shop.taken(task, "a.csv", one)
        intake = await shop.taken(task, "b.csv", two)
        return task, await shop.refused(task, intake)

    task, refused = asyncio.run(run())
    answers = shop.store.read_now(lambda c: list(task_answers.live(c, task.id)))
    assert {one.value.labels for one in answers} == {("lob",), ("kritik",)}
    assert len({one.actor for one in answers}) == 2
    assert [reason for _, reason in refused] == ["conflict"]


def test_predictions_become_suggestions_that_nobody_may_train_with_unasked(shop):
    """Their terms are unknown, their producer is an import."""
    choose = {"type": "choices", "value": {"choices": ["Lob"]}}
    prediction = {"model_version": "m1", "score": 0.7, "result": [choose]}
    done = {"completed_by": 1, "result": [choose]}
    found = [
        {"data": {"text": "a"}, "annotations": [done], "predictions": [prediction]},
        {"data": {"text": "b"}, "annotations": [], "predictions": [prediction]},
    ]

    async def run():
        task = await shop.task()
        await shop.taken(task, "studio.json", json.dumps(found).encode())
        return task

    task = asyncio.run(run())
    rows = shop.store.read_now(lambda c: c.execute(select(suggestions)).mappings().all())
    assert [(row["producer"], row["model"], row["terms"], row["score"]) for row in rows] == [
        ("import", "m1", "unknown", 0.7)
    ] * 2
    assert {row["item_id"] for row in rows} == {one.id for one in shop.listed(task)}


# -- data sets of Hugging Face ----------------------------------------------------------------------

CARD = """---
license: cc-by-4.0
dataset_info:
- config_name: de
  features:
  - name: text
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': lob
          '1': 'frage, offen'
          '2': "beschwerde"
  splits:
  - name: train
- config_name: en
  features:
  - name: label
    dtype:
      class_label:
        names:
          '0': praise
---
# Anliegen
"""


def zipped(**files):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as file:
        for name, body in files.items():
            file.writestr(name.replace("__", "/").replace("_", "."), body)
    return kept.getvalue()


def test_rows_of_a_data_set_server_have_their_classes_by_name():
    """A number without a name stays one; -1 is nobody's class."""
    names = {"names": ["lob", "frage"], "_type": "ClassLabel"}
    features = [
        {"feature_idx": 0, "name": "text", "type": {"dtype": "string", "_type": "Value"}},
        {"feature_idx": 1, "name": "label", "type": names},
    ]
    rows = [
        {"row_idx": at, "row": {"text": f"Text {at}", "label": label}}
        for at, label in enumerate((0, 1, -1, 7))
    ]
    format_, found = read(json.dumps({"features": features, "rows": rows}))
    assert format_ == "rows+json"
    assert said(found) == [
        ("Text 0", "lob"),
        ("Text 1", "frage"),
        ("Text 2", None),
        ("Text 3", "7"),
    ]


def test_words_with_numbers_of_tags_are_passages():
    """Of a sequence of classes, as data sets of names have it."""
    tags = {
        "feature": {"names": ["O", "B-ort", "I-ort"], "_type": "ClassLabel"},
        "_type": "Sequence",
    }
    row = {"tokens": ["in", "Bad", "Aibling", "."], "ner_tags": [0, 1, 2, 0]}
    body = {"features": [{"name": "ner_tags", "type": tags}], "rows": [{"row_idx": 0, "row": row}]}
    assert said(read(json.dumps(body))[1]) == [("in Bad Aibling .", [[3, 14, "ort"]])]


@pytest.mark.parametrize("table", ["jsonl", "csv"])
def test_a_data_set_with_its_card_has_its_classes_by_name(table):
    """Of the first configuration; quotes and commas in names stay what they are."""
    rows = [("Danke", 0), ("Wann?", 1), ("Zu laut", 2)]
    body = lines(*({"text": text, "label": label} for text, label in rows))
    if table == "csv":
        body = "text,label\n" + "".join(f"{text},{label}\n" for text, label in rows)
    packed = zipped(**{"README_md": CARD, f"data__train_{table}": body})
    format_, found = read(packed, "set.zip")
    assert format_ == "dataset"
    assert said(found) == [
        ("Danke", "lob"),
        ("Wann?", "frage, offen"),
        ("Zu laut", "beschwerde"),
    ]
    assert {one.cells["table"] for one in found} == {f"data/train.{table}"}


def test_classes_stand_in_dataset_info_too():
    """As a saved data set has them; a card that is no card names nothing."""
    info = {"default": {"features": {"label": {"names": ["a", "b"], "_type": "ClassLabel"}}}}
    table = lines({"text": "x", "label": 1})
    named_so = zipped(dataset_infos_json=json.dumps(info), a_jsonl=table)
    named_so = named_so.replace(b"dataset.infos.json", b"dataset_infos.json")
    assert said(read(named_so, "set.zip")[1]) == [("x", "b")]
    broken = zipped(README_md="---\nnames: [\n", a_jsonl=table)
    assert said(read(broken, "set.zip")[1]) == [("x", 1)]


def parquet_of(columns, names=(), **kept):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = arrow.table(columns)
    if names:
        feature = {"label": {"names": list(names), "_type": "ClassLabel"}}
        told = json.dumps({"info": {"features": feature}})
        table = table.replace_schema_metadata({"huggingface": told})
    file = io.BytesIO()
    parquet.write_table(table, file, **kept)
    return file.getvalue()


def test_parquet_comes_in_through_the_limited_child(tmp_path):
    """Its classes by the names in its metadata; pictures in it are passed over."""
    columns = {
        "text": [f"Anliegen {at}" for at in range(700)],
        "label": [at % 2 for at in range(700)],
        "picture": [b"x" * 50] * 700,
    }
    path = tmp_path / "set.parquet"
    path.write_bytes(parquet_of(columns, ("lob", "frage"), row_group_size=300))
    found = asyncio.run(reading.look_at(path, "set.parquet", {}, head=None))
    assert (found.shape.format, found.look.columns) == ("parquet", ["text", "label"])
    assert (found.look.text, found.look.label, found.look.read) == ("text", "label", 700)
    assert sorted(name for name, _ in found.look.labels) == ["frage", "lob"]


@pytest.mark.parametrize("hand", ["cut", "noise", "empty"])
def test_a_parquet_file_that_is_broken_is_told(tmp_path, hand):
    """In the child, which ends with a sentence and not with a crash."""
    body = parquet_of({"text": ["a"] * 500})
    body = {"cut": body[:-9], "noise": body[:40] + b"\xff" * 400 + body[440:], "empty": b"PAR1"}[
        hand
    ]
    path = tmp_path / "set.parquet"
    path.write_bytes(body)
    with pytest.raises(BadUpload):
        asyncio.run(reading.look_at(path, "set.parquet", {}, head=None))


def test_an_archive_of_archives_is_no_data_set():
    """Few bytes of archives within archives would be endless rows."""
    inner = zipped(README_md=CARD, a_jsonl=lines({"text": "x", "label": 1}))
    with pytest.raises(BadUpload):
        read(zipped(README_md=CARD, a_csv=inner, b_csv=inner), "set.zip")


def test_a_card_is_read_once_however_wide_its_lines_are():
    """White space within a name costs as much as letters do: else this takes longer than a test may."""
    wide = "a" + " " * 250_000 + "b"
    card = CARD.replace("config_name: de", f"name: {wide}").replace("beschwerde", wide)
    packed = zipped(README_md=card, a_jsonl=lines({"text": "Danke", "label": 0}))
    assert said(read(packed, "set.zip")[1]) == [("Danke", "lob")]
