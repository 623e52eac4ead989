# SPDX-License-Identifier: EUPL-1.2
"""Pages of students over HTTP: train, look at errors, settle them; who finds what."""

import pytest
from learning_house import LearningHouse, messages, run
from sqlalchemy import select
from visitors import Server

from hausgeist.store.tables import decisions, items, jobs

WRONG = (75, 90, 105, 120, 135)


class Place:
    """A house with a task whose answers are partly wrong, and a student of it."""

    def __init__(self, home):
        self.server = Server(home)
        self.anna = self.server.person("anna")
        self.server.person("bernd")
        store = self.server.house.store
        made = LearningHouse(store, home, user=self.anna.id)
        made.answered(*range(60))
        for number in range(60, 150):
            key = made.truth[f"i{number}"]
            made.answer(number, KEYS[key] if number in WRONG else key)
        made.taught(range(200), wrong=range(0, 200, 5))
        self.made = made
        self.student = run(made.trained("words"))["students"][0]
        self.hand = self.server.login("anna")

    def get(self, path, status=200):
        answer = self.hand.ask("GET", f"/tasks/t1/students{path}")
        assert answer.status == status, answer.text
        return answer.text


KEYS = {"strasse": "muell", "muell": "strasse", "ausweis": "strasse"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One for all tests of this file."""
    made = Place(tmp_path_factory.mktemp("students") / "home")
    yield made
    made.server.stop()


def test_everybody_stands_on_the_page(place):
    """Student and teacher with figures, what it cost, what to do; the chart with its table."""
    text = place.get("")
    for words in ("v1 · ", "lehrer", "700", "0,50", "<svg", "/students/suspects"):
        assert words in text, words


def test_an_hour_of_work_goes_into_the_break_even(place):
    """Ten hours would cost more than none; what is no number is left out."""
    assert place.get("?hour=60") != place.get("?hour=x") == place.get("?hour=")


def test_training_hands_in_a_job_and_only_one(place):
    """With the chosen kinds; a second one is refused while the first is not over."""
    sent = place.hand.form("/tasks/t1/students", {"rung-words": "yes"})
    assert sent.location == "/tasks/t1/students"
    again = place.hand.form("/tasks/t1/students", {"rung-words": "yes"})
    assert again.status == 409
    read = place.server.house.store.read_now
    rows = read(lambda c: c.execute(select(jobs).where(jobs.c.state == "queued")).mappings().all())
    assert [row["kind"] for row in rows] == ["train"]
    assert place.get("/live").strip() == ""
    place.server.call(lambda: place.server.house.bench.jobs.cancel(rows[0]["id"]))


def test_a_cell_leads_to_its_texts_and_they_to_rule_and_queue(place):
    """From the student's page to errors of the pool, with links to go on."""
    text = place.get(f"/{place.student}?on=pool")
    assert "/errors?on=pool&amp;truth=" in text
    text = place.get(f"/{place.student}/errors?on=pool")
    for words in ("order=similar&amp;like=i", "/rules?text=i", "/work?item=i", "clinic__near"):
        assert words in text, words


def test_a_rule_begins_with_the_text(place):
    """Of the pool; of development nothing is taken over."""
    pool = place.hand.ask("GET", "/tasks/t1/rules?text=i75").text
    dev = place.hand.ask("GET", "/tasks/t1/rules?text=i5").text
    begun = messages()[75][0]
    assert begun in pool
    assert messages()[5][0] not in dev


def test_a_suspect_is_put_right_or_kept(place):
    """Each makes a decision of the reviewer, and leaves the list."""
    before = place.get("/suspects")
    items = [part.split('"')[0] for part in before.split('name="item" value="')[1:]]
    first, second = list(dict.fromkeys(items))[:2]
    for item, do in ((first, "rather"), (second, "keep")):
        sent = place.hand.form(
            f"/tasks/t1/students/{place.student}/settle",
            {"item": item, "do": do, "suspect": "yes"},
        )
        assert sent.status == 303, sent.text
    after = place.get("/suspects")
    assert f'value="{first}"' not in after
    assert f'value="{second}"' not in after
    read = place.server.house.store.read_now
    rows = read(lambda c: c.execute(select(decisions)).mappings().all())
    assert {row["item_id"] for row in rows} == {first, second}


def test_development_is_not_changed_with_the_students_answer_in_sight(place):
    """Who only put right what speaks for the student would make it look better: it is refused."""
    read = place.server.house.store.read_now
    dev = read(
        lambda c: c.execute(select(items.c.id).where(items.c.partition == "dev").limit(1)).scalar()
    )
    before = read(lambda c: len(c.execute(select(decisions)).all()))
    sent = place.hand.form(
        f"/tasks/t1/students/{place.student}/settle", {"item": dev, "do": "rather"}
    )
    assert sent.status == 400
    assert read(lambda c: len(c.execute(select(decisions)).all())) == before
    assert 'name="do"' not in place.get(f"/{place.student}/errors?on=dev")


def test_nobody_else_finds_anything(place):
    """No page, and no form, for somebody who is not in the task; no item of another task."""
    bernd = place.server.login("bernd")
    for path in ("", "/live", "/suspects", f"/{place.student}", f"/{place.student}/errors"):
        assert bernd.ask("GET", f"/tasks/t1/students{path}").status == 404, path
    for path in ("", "/measure", "/worth", f"/{place.student}/settle", f"/{place.student}/delete"):
        assert bernd.form(f"/tasks/t1/students{path}", {"item": "i75"}).status == 404, path
    sent = place.hand.form(f"/tasks/t1/students/{place.student}/settle", {"item": "else"})
    assert sent.status == 404
    place.get("/nobody", status=404)
