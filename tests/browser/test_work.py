# SPDX-License-Identifier: EUPL-1.2
"""The annotation page by keyboard and on a tablet: every kind of task, undo, no connection, a reload."""

import pytest
import workplace
from workplace import BILLS, FIELDS, NOTES, OFFICES, PLACES, make, said, suggest

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Mode, Partition, TaskKind
from hausgeist.store import items

pytestmark = pytest.mark.browser

DESK, TABLET, PHONE = (1440, 900), (768, 1024), (360, 780)


@pytest.fixture
def seen(axe, look):
    """Keeps a picture of a page in which axe finds nothing."""

    def both(page, name):
        assert axe(page) == []
        look(page, name)

    return both


def desk(visit, house, task, size=DESK, **wish):
    """The page of a task, ready for keys."""
    page = visit(width=size[0], height=size[1], login="anna", **wish)
    page.goto(f"{house.url}/tasks/{task.id}/work")
    page.wait_for_selector("#work[data-live]")
    return page


def text(page):
    """The text on the screen."""
    return page.locator("#text").inner_text()


def saved(page, house, task, count):
    """Wait until the house has so many answers; gives their values, the oldest first."""
    page.wait_for_function(
        "() => !Object.keys(localStorage).some(key => key.startsWith('hausgeist.work.'))"
    )
    found = said(house, task)
    assert len(found) == count
    return [one.value for one in found]


@pytest.mark.parametrize("size", [DESK, TABLET])
def test_one_question_one_key(house, anna, visit, seen, size):
    """A digit decides and shows the next text; the house has every answer, and the strip the last ones."""
    task = make(house, anna)
    page = desk(visit, house, task, size)
    before = text(page)
    page.keyboard.press("2")
    page.wait_for_function("old => document.getElementById('text').innerText !== old", arg=before)
    page.keyboard.press("1")
    page.keyboard.press("Space")
    page.keyboard.press("l")
    values = saved(page, house, task, 4)
    assert values == [
        Value.of_labels(["green"]),
        Value.of_labels(["traffic"]),
        None,
        Value.of_labels(["praise"]),
    ]
    assert page.locator("#past a").count() == 4
    page.wait_for_selector("#progress:has-text('3 heute von Ihnen')")
    seen(page, f"work_single_{size[0]}")


def test_undo_has_no_end(house, anna, visit):
    """Backspace goes back answer by answer, also beyond a reload, and what was undone is asked again."""
    task = make(house, anna)
    page = desk(visit, house, task)
    first = text(page)
    for key in "123":
        page.keyboard.press(key)
    saved(page, house, task, 3)
    page.reload()
    page.wait_for_selector("#work[data-live]")
    for left in (2, 1, 0):
        page.keyboard.press("Backspace")
        page.wait_for_function("n => document.querySelectorAll('#past a').length === n", arg=left)
        page.wait_for_function("() => document.getElementById('changing').hidden === false")
    page.wait_for_function("old => document.getElementById('text').innerText === old", arg=first)
    assert saved(page, house, task, 0) == []
    page.keyboard.press("4")
    assert saved(page, house, task, 1) == [Value.of_labels(["praise"])]


def test_steps_back_keep_their_order_on_a_slow_line(house, anna, visit):
    """Backspace pressed faster than the house answers goes back one by one; a key in between is no answer."""
    task = make(house, anna)
    page = desk(visit, house, task)
    first = text(page)
    for key in "123":
        page.keyboard.press(key)
    saved(page, house, task, 3)
    page.reload()
    page.wait_for_selector("#work[data-live]")
    page.evaluate("""() => {
      const real = fetch;
      let left = 3;
      window.fetch = async (path, options) => {
        if (`${path}`.endsWith("/undo")) await new Promise((go) => { setTimeout(go, 150 * left--); });
        return real(path, options);
      };
    }""")
    for _ in range(3):
        page.keyboard.press("Backspace")
    page.keyboard.press("5")
    page.wait_for_function("old => document.getElementById('text').innerText === old", arg=first)
    assert saved(page, house, task, 0) == []
    page.keyboard.press("4")
    assert saved(page, house, task, 1) == [Value.of_labels(["praise"])]


def test_a_decision_of_the_strip_opens_again(house, anna, visit):
    """A click on a decision shows its text; another answer replaces the first."""
    task = make(house, anna)
    page = desk(visit, house, task)
    first = text(page)
    page.keyboard.press("1")
    page.keyboard.press("2")
    saved(page, house, task, 2)
    page.locator("#past a").last.click()
    page.wait_for_function("old => document.getElementById('text').innerText === old", arg=first)
    page.keyboard.press("3")
    saved(page, house, task, 2)
    found = {one.item_id: one.value for one in said(house, task)}
    assert set(found.values()) == {Value.of_labels(["fees"]), Value.of_labels(["green"])}


def test_without_a_connection_nothing_is_lost(house, anna, visit):
    """Answers given offline are kept over a reload's eve, counted in words, sent once, none twice."""
    task = make(house, anna)
    page = desk(visit, house, task)
    page.context.set_offline(True)
    for key in "123":
        page.keyboard.press(key)
    page.wait_for_selector("#sync:not([hidden])")
    assert page.locator("#sync").inner_text().startswith("3 ")
    assert said(house, task) == []
    visit.complaints.clear()  # the browser complains of the lost connection, as it should
    page.context.set_offline(False)
    saved(page, house, task, 3)
    assert page.locator("#sync").is_hidden()
    visit.complaints.clear()


def test_a_reload_keeps_what_was_not_sent(house, anna, visit):
    """Answers that the house could not take before the page was left are sent by the next page."""
    task = make(house, anna)
    page = desk(visit, house, task)
    page.route("**/work/answers", lambda route: route.abort())
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.wait_for_selector("#sync:not([hidden])")
    page.unroute("**/work/answers")
    page.reload()
    page.wait_for_selector("#work[data-live]")
    values = saved(page, house, task, 2)
    assert values == [Value.of_labels(["traffic"]), Value.of_labels(["green"])]
    visit.complaints.clear()


def test_own_answer_first(house, anna, visit, look):
    """The suggestion is not in the page before the own answer; after it, both are kept as they were."""
    task = make(house, anna, mode=Mode.OWN_FIRST)
    suggest(house, task, Value.of_labels(["traffic"]), reason="Es geht um Wege.")
    page = desk(visit, house, task)
    sent = page.evaluate("JSON.parse(document.getElementById('work').dataset.work).items")
    assert {one["shown"] for one in sent} == {None}
    assert page.locator("#suggested").is_hidden()
    page.keyboard.press("3")
    page.wait_for_selector("#reveal:not([hidden])")
    look(page, "work_own_first")
    page.keyboard.press("e")
    page.wait_for_function("() => document.getElementById('reason').innerText.includes('Wege')")
    page.keyboard.press("j")
    page.wait_for_selector("#reveal", state="hidden")
    page.keyboard.press("1")  # the same as the model: on to the next at once
    saved(page, house, task, 2)
    changed, agreed = said(house, task)
    assert (changed.first, changed.value) == (
        Value.of_labels(["fees"]),
        Value.of_labels(["traffic"]),
    )
    assert changed.shown
    assert agreed.mode is Mode.OWN_FIRST
    assert agreed.own == Value.of_labels(["traffic"])


def test_assisted_accept_and_reject(house, anna, visit):
    """J takes the suggestion; F puts it away, and a digit decides."""
    task = make(house, anna, mode=Mode.ASSISTED)
    suggest(house, task, Value.of_labels(["traffic"]))
    page = desk(visit, house, task)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.wait_for_selector("#suggested[data-out]")
    page.keyboard.press("6")
    values = saved(page, house, task, 2)
    assert values == [Value.of_labels(["traffic"]), Value.of_labels(["other"])]
    assert {one.mode for one in said(house, task)} == {Mode.ASSISTED}


@pytest.mark.parametrize("size", [DESK, TABLET])
def test_150_labels_are_found_by_typing(house, anna, visit, seen, size):
    """Letters narrow, digits tick, Enter takes the first and, with nothing typed, sends."""
    task = make(house, anna, kind=TaskKind.MULTI, labels=OFFICES)
    page = desk(visit, house, task, size)
    page.keyboard.type("lärm ha")
    assert page.locator("#choices [data-label]:visible").count() == 1
    page.keyboard.press("Enter")
    page.keyboard.type("kita")
    page.keyboard.press("2")
    seen(page, f"work_multi_{size[0]}")
    page.keyboard.press("Enter")
    names = {one.key: one.name for one in OFFICES}
    (value,) = saved(page, house, task, 1)
    assert [names[key] for key in value.labels] == ["Kita Bahnhof", "Lärm Hafen"]


@pytest.mark.parametrize("size", [DESK, TABLET])
def test_passages_without_a_mouse(house, anna, visit, seen, size):
    """Arrows move by word, Shift extends, keys label, Delete removes; offsets count code points."""
    task = make(house, anna, texts=NOTES, kind=TaskKind.SPANS, labels=PLACES)
    page = desk(visit, house, task, size)
    for key in (
        "ArrowRight",
        "ArrowRight",
        "Shift+ArrowRight",
        "1",
        "ArrowRight",
        "ArrowRight",
        "2",
    ):
        page.keyboard.press(key)
    for key in ("End", "ArrowLeft", "2", "ArrowLeft", "3", "Delete"):
        page.keyboard.press(key)
    seen(page, f"work_spans_{size[0]}")
    assert page.locator("#passages li").count() == 3
    page.keyboard.press("Enter")
    (value,) = saved(page, house, task, 1)
    note = next(one for one in NOTES if one.endswith(" 0 🌳 im Ulmenweg."))
    found = [(note[one.start : one.end], one.label) for one in value.spans]
    assert found == [("Anna Berg", "PER"), ("Neustadt", "LOC"), ("Ulmenweg", "LOC")]


def test_passages_with_a_mouse_and_suggestions(house, anna, visit):
    """A drag marks whole words; a model's passage is dotted until it is taken over."""
    task = make(house, anna, texts=NOTES, kind=TaskKind.SPANS, labels=PLACES, mode=Mode.ASSISTED)
    suggest(house, task, workplace.berg())
    page = desk(visit, house, task)
    assert page.locator("#text .span--dotted").count() == 1
    page.locator("#text").evaluate(
        """root => { const range = document.createRange();
        const node = [...root.childNodes].find(one => one.textContent.includes('Neustadt'));
        const at = node.textContent.indexOf('eustadt');
        range.setStart(node, at); range.setEnd(node, at + 3);
        getSelection().removeAllRanges(); getSelection().addRange(range);
        root.dispatchEvent(new MouseEvent('mouseup', {bubbles: true})); }"""
    )
    page.click("#choices [data-label=LOC]")
    assert page.locator("#text .span:not(.span--dotted)").inner_text().startswith("Neustadt")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#past a').length === 1")
    page.keyboard.press("j")
    mine, taken = saved(page, house, task, 2)
    assert mine == Value.of_spans([Span(19, 27, "LOC")])
    assert taken == workplace.berg()


@pytest.mark.parametrize("size", [DESK, TABLET])
def test_a_record_field_by_field(house, anna, visit, seen, size):
    """Fields take typed and picked values; a wrong type is said beneath the field and not sent."""
    task = make(house, anna, texts=BILLS, kind=TaskKind.RECORD, labels=(), fields=FIELDS)
    page = desk(visit, house, task, size)
    page.keyboard.press("Tab")
    page.focus("#box-1")
    page.locator("#text").evaluate(
        """root => { const range = document.createRange(); const node = root.firstChild;
        const at = node.textContent.indexOf('Stadtwerke');
        range.setStart(node, at); range.setEnd(node, at + 19);
        getSelection().removeAllRanges(); getSelection().addRange(range);
        root.dispatchEvent(new MouseEvent('mouseup', {bubbles: true})); }"""
    )
    page.keyboard.press("Enter")
    page.keyboard.type("viel")
    page.keyboard.press("Enter")
    assert page.locator("#box-2-fault").inner_text()
    page.fill("#box-2", "1.234,50")
    page.focus("#box-3")
    page.keyboard.type("1.3.2026")
    seen(page, f"work_record_{size[0]}")
    page.select_option("#box-4", "no")
    page.focus("#box-4")
    page.keyboard.press("Enter")
    (value,) = saved(page, house, task, 1)
    assert dict(value.fields) == {
        "sender": "Stadtwerke Neustadt",
        "sum": "1234.5",
        "day": "2026-03-01",
        "paid": "no",
    }


def test_own_keys_are_kept(house, anna, visit):
    """A key chosen in the dialog works at once, is printed on the button, and is there the next time."""
    task = make(house, anna)
    page = desk(visit, house, task)
    page.keyboard.press("?")
    page.click("#keys-list [data-name='label:fees']")
    page.keyboard.press("m")
    page.wait_for_function(
        "() => document.querySelector('[data-label=fees] kbd').innerText === 'M'"
    )
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('dialog[open]')")
    page.wait_for_timeout(200)
    page.reload()
    page.wait_for_selector("#work[data-live]")
    assert page.locator("[data-label=fees] kbd").inner_text() == "M"
    page.keyboard.press("m")
    assert saved(page, house, task, 1) == [Value.of_labels(["fees"])]


def test_hard_cases_and_comments(house, anna, visit):
    """H marks a hard case and C opens the comment; both go with the answer."""
    task = make(house, anna)
    page = desk(visit, house, task)
    page.keyboard.press("h")
    page.keyboard.press("c")
    page.keyboard.type("Wer ist zuständig?")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    saved(page, house, task, 1)
    (one,) = said(house, task)
    assert one.hard
    assert one.comment == "Wer ist zuständig?"


def test_gold_is_worked_on_blind(house, anna, visit):
    """The gold set has a work of its own; its suggestions are nowhere, and asking for a reason is refused."""
    task = make(house, anna, mode=Mode.ASSISTED)
    (gold,) = workplace.add(house, task, ["Ein versiegelter Text."], Partition.GOLD)
    suggest(house, task, Value.of_labels(["traffic"]))
    page = desk(visit, house, task)
    page.click("a.pick[href$='work=gold']")
    page.wait_for_selector("#work[data-live]")
    assert page.locator("#mode").get_attribute("data-mode") == "blind"
    assert page.locator("#suggested").is_hidden()
    answer = page.request.get(f"{house.url}/tasks/{task.id}/work/reasons/{gold}")
    assert answer.status == 403
    page.keyboard.press("4")
    saved(page, house, task, 1)


def test_without_a_script(house, anna, browser, visit):
    """The page is a form: an answer, a skip and undo work with scripts switched off."""
    task = make(house, anna)
    page = desk(visit, house, task)
    context = browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    )
    plain = context.new_page()
    plain.goto(f"{house.url}/tasks/{task.id}/work")
    plain.click("button[name=label][value=green]")
    plain.click("#skip")
    assert [one.value for one in said(house, task)] == [Value.of_labels(["green"]), None]
    plain.click("#undo")
    assert [one.value for one in said(house, task)] == [Value.of_labels(["green"])]
    context.close()


def test_on_a_telephone_in_the_dark(house, anna, visit, seen):
    """At 360 px nothing is cut off, targets are large enough for fingers, and axe finds nothing."""
    task = make(house, anna, mode=Mode.ASSISTED)
    suggest(house, task, Value.of_labels(["traffic"]))
    page = desk(visit, house, task, PHONE, dark=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll('#work button, #work a, #work summary')].filter(
        one => one.offsetParent && one.getBoundingClientRect().height < 43.5).map(one => one.outerHTML)"""
    )
    assert small == []
    seen(page, "work_phone")


def test_an_item_of_the_text_store_is_read_once(house, anna, visit):
    """Texts are shown as they are: what looks like markup stays text."""
    task = make(house, anna, texts=["<b>kein</b> & <script>alert(1)</script>"])
    page = desk(visit, house, task)
    assert text(page) == "<b>kein</b> & <script>alert(1)</script>"
    store = house.server.house.store
    assert store.read_now(lambda c: items.count(c, task.id)) == 1
