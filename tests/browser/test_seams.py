# SPDX-License-Identifier: EUPL-1.2
"""Where the parts of the chat meet: assistants, files, versions, columns, shares, exports, search, shelf."""

import io
import json

import docx
import made
import pypdfium2
import pytest
from hands import again, answered, ask, attach, texts

from hausgeist.chat.library.bodies import AssistantBody
from hausgeist.core.labels import DataClass
from hausgeist.core.messages import Image
from hausgeist.core.people import Principal, Role
from hausgeist.errors import Upstream
from hausgeist.testing.echo import EchoProvider, echo_card

pytestmark = pytest.mark.browser


@pytest.fixture
def pair(house, anna):
    """Two models that answer alike; one of them can be made to break off."""
    models = {}
    for name in ("eins", "zwei"):
        models[name] = EchoProvider(name=name)
        house.server.house.gateway.directory.put(
            name, models[name], [echo_card(name, provider=name)]
        )
    return models


@pytest.fixture
def helper(house, anna, pair):
    """The id of an assistant of anna's."""
    body = AssistantBody(
        name="Bauberaterin",
        instructions="Antworte wie das Bauamt.",
        model="eins",
        data_class=DataClass.PERSONAL,
    )
    who = Principal(id=anna, name="Anna", role=Role.ADMIN)
    return house.server.call(lambda: house.server.house.library.create(who, [body]))[0]


def instructions(call):
    """What a model was told before anything else."""
    return call.messages[0].text if call.messages[0].role == "system" else ""


def everything(call):
    """All words that a model was sent."""
    return "\n".join(message.text for message in call.messages)


def test_an_assistant_with_files_before_two_models(house, visit, pair, helper, look):
    """Both get instructions, document, picture; an edit keeps files; the kept one goes on."""
    page = visit(login="anna")
    page.goto(f"{house.url}/?assistant={helper}")
    page.wait_for_selector("#chat[data-live]")
    attach(page, ("Antrag.docx", made.docx()), ("Haus.jpg", made.photo()))
    page.click(".against__open")
    page.check("[name=against][value=zwei]")
    ask(page, "Was steht darin?")
    live = answered(page, 2)
    look(page, "seams-assistant-files-columns")
    assert again(page, 2) == live
    for model in pair.values():
        call = model.calls[0]
        assert "Bauamt" in instructions(call)
        assert made.SENTENCE in everything(call)
        assert any(isinstance(part, Image) for m in call.messages for part in m.parts)
        assert call.declared >= DataClass.PERSONAL
    assert page.input_value("#class") == "personal"

    page.click(".turn--user [data-edit]")
    page.wait_for_selector(".editor textarea:focus")
    assert page.locator(".editor [name=file]:checked").count() == 2
    page.uncheck(".editor [name=file] >> nth=1")
    page.fill(".editor textarea", "Und in Kürze?")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('.turn--user .paper').length === 1")
    live = answered(page)
    assert again(page) == live
    call = pair["eins"].calls[-1]
    assert made.SENTENCE in everything(call)
    assert "Bauamt" in instructions(call)
    assert not any(isinstance(part, Image) for m in call.messages for part in m.parts)

    page.click(".turn--user .turn__branch button >> nth=0")
    page.wait_for_selector(".contest")
    page.wait_for_selector("#chat[data-live]")
    page.locator(".contest .turn__next [name=to]").nth(1).click()
    page.wait_for_selector(".contest", state="detached")
    page.wait_for_selector("#chat[data-live]")
    assert page.input_value("#model") == "zwei"
    ask(page, "Weiter?")
    answered(page, 2)
    call = pair["zwei"].calls[-1]
    assert "Bauamt" in instructions(call)
    assert made.SENTENCE in everything(call)
    assert "Was steht darin?" in everything(call)
    assert "Kürze" not in everything(call)


def test_an_assistant_goes_on_where_it_broke_off(house, visit, pair, helper):
    """Continue in an assistant's conversation sends its instructions and the words that were kept."""
    pair["eins"].failing, pair["eins"].fail_after = Upstream(provider="eins", reason="weg"), 2
    page = visit(login="anna")
    page.goto(f"{house.url}/?assistant={helper}")
    ask(page, "eins zwei drei vier")
    answered(page)
    pair["eins"].failing, pair["eins"].answer = None, "drei vier"
    page.click("[name=continue]")
    page.wait_for_function(
        "() => document.querySelector('.prose')?.innerText === 'eins zwei drei vier'"
    )
    live = answered(page)
    assert again(page) == live
    assert "Bauamt" in instructions(pair["eins"].calls[-1])
    assert "eins zwei" in everything(pair["eins"].calls[-1])


def test_two_tabs_edit_the_same_question(house, visit, pair, anna):
    """Each version is kept, whoever was later; a question of a tab that knows nothing of it is too."""
    page = visit(login="anna")
    ask(page, "Erste Fassung", "eins")
    answered(page)
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("#chat[data-live]")
    third = page.context.new_page()
    third.goto(page.url)
    third.wait_for_selector("#chat[data-live]")
    for tab in (page, other):
        tab.click("[data-edit]")
        tab.wait_for_selector(".editor textarea:focus")
    for tab, words in ((page, "Fassung von hier"), (other, "Fassung von dort")):
        tab.fill(".editor textarea", words)
        tab.keyboard.press("Enter")
        tab.wait_for_function(
            "words => document.querySelector('.turn__text').innerText === words", arg=words
        )
        answered(tab)
    ask(third, "Frage zur ersten Fassung")
    answered(third, 2)
    page.reload()
    page.wait_for_selector("#chat[data-live]")
    assert texts(page) == ["Erste Fassung"] * 2 + ["Frage zur ersten Fassung"] * 2
    seen = set()
    for _ in range(2):
        page.click(".turn--user .turn__branch button >> nth=1")
        page.wait_for_selector("#chat[data-live]")
        seen.add(texts(page)[0])
    assert seen == {"Fassung von hier", "Fassung von dort"}


def test_columns_with_files_leave_the_house_whole(house, visit, pair, anna, tmp_path):
    """A share and every export of answers side by side with a file can be opened and read."""
    page = visit(login="anna")
    attach(page, ("Antrag.pdf", made.pdf([made.SENTENCE])))
    page.click(".against__open")
    page.check("[name=against][value=zwei]")
    ask(page, "Was **steht** darin? | $a^2$", "eins")
    answered(page, 2)
    talk = page.url.partition("#")[0]
    session = house.server.session(anna)
    path = talk.removeprefix(house.url)
    letter = docx.Document(io.BytesIO(session.get(f"{path}/export/docx").body))
    words = "\n".join(one.text for one in letter.paragraphs)
    assert "steht" in words
    assert "Antrag.pdf" in words
    paper = pypdfium2.PdfDocument(session.get(f"{path}/export/pdf").body)
    printed = "\n".join(one.get_textpage().get_text_bounded() for one in paper)
    assert "Antrag.pdf" in printed
    paper.close()
    assert "Antrag.pdf" in session.get(f"{path}/export/md").text
    whole = session.get(f"{path}/export/json")
    assert made.SENTENCE in whole.text or "Antrag.pdf" in whole.text
    json.loads(whole.text)

    page.goto(f"{talk}/share")
    page.click("main .button--primary")
    link = page.locator("#share-link").inner_text()
    house.server.person("bernd")
    reader = visit(login="bernd")
    reader.goto(link)
    assert reader.locator(".turn--assistant").count() >= 1
    file = reader.locator(".shared__files a").get_attribute("href")
    assert reader.request.get(house.url + file).body().startswith(b"%PDF")
    page.goto(f"{house.url}/shares")
    page.click(".share .button--danger")
    page.wait_for_selector(".notice--good")
    assert reader.request.get(house.url + file).status == 404
    reader.click(".shared__head .button--primary")
    reader.wait_for_load_state()
    assert "/c/" not in reader.url
    assert len(reader.locator("main").inner_text()) > 20
    visit.complaints.clear()  # the browser notes the 404 that was asked for


def test_what_was_edited_away_is_found(house, visit, pair, anna):
    """Search finds words of a version that is not shown, and opens that version."""
    page = visit(login="anna")
    ask(page, "Der Zwetschgenkuchen im Rathaus", "eins")
    answered(page)
    page.click("[data-edit]")
    page.fill(".editor textarea", "Etwas ganz anderes")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('.turn__text').innerText.startsWith('Etwas')"
    )
    answered(page)
    page.fill("#side-search", "zwetschgenkuchens")
    page.wait_for_selector("mark")
    page.locator("a:has(mark)").first.click()
    page.wait_for_selector(".turn__text:has-text('Zwetschgenkuchen')")
    assert "Etwas ganz anderes" not in " ".join(texts(page))


def test_pin_folder_archive_and_bin_together(house, visit, pair, anna):
    """A pinned conversation of a folder that is archived, deleted and brought back is where it was."""
    page = visit(login="anna")
    ask(page, "Die Wanderung", "eins")
    answered(page)
    talk = page.url.rpartition("/")[2].partition("#")[0]
    session = house.server.session(anna)
    folder = session.form("/folders", {"name": "Sommer"}).location
    ids = {"conversation": talk, "back": "/"}
    shelves = house.server.house.shelves
    who = Principal(id=anna, name="Anna", role=Role.ADMIN)
    (made_folder,) = house.server.call(lambda: shelves.folders(who))
    assert folder is not None
    for fields in ({"do": "pin"}, {"do": "move", "folder": made_folder.id}, {"do": "archive"}):
        assert session.form("/conversations", {**ids, **fields}).status == 303
    page.goto(house.url)
    assert page.locator(f"#c-{talk}").count() == 0
    page.fill("#side-search", "Wanderungen")
    page.wait_for_selector("mark")
    page.goto(f"{house.url}/archive")
    assert page.locator(f"a[href='/c/{talk}']").count() == 1
    session.form("/conversations", {**ids, "do": "delete"})
    page.goto(f"{house.url}/search?q=Wanderungen")
    assert page.locator("mark").count() == 0
    session.form("/conversations", {**ids, "do": "restore"})
    session.form("/conversations", {**ids, "do": "unarchive"})
    page.goto(f"{house.url}/folders/{made_folder.id}")
    assert page.locator(f"main a[href='/c/{talk}']").count() >= 1
    page.goto(f"{house.url}/c/{talk}")
    assert texts(page) == ["Die Wanderung"] * 2


def test_retention_takes_everything_of_a_conversation(house, visit, pair, anna):
    """What the round deletes is gone from page, list, search, files and shares; what is held stays."""
    page = visit(login="anna")
    attach(page, ("Notiz.txt", b"Das Zwetschgenmus"))
    ask(page, "Was steht da?", "eins")
    answered(page)
    talk = page.url.partition("#")[0]
    file = page.locator(".paper").get_attribute("href")
    life, call = house.server.house.lifecycle, house.server.call
    days = {**dict.fromkeys(DataClass), DataClass.INTERNAL: 1, DataClass.PERSONAL: 1}
    call(lambda: life.retention.save(days, "test"))
    now = house.server.house.now_ms()
    life.retention._now_ms = lambda: now + 3 * 86_400_000  # three days later
    call(life.retention.sweep)
    assert page.goto(talk).status == 404
    assert page.goto(house.url + file).status == 404
    page.goto(f"{house.url}/search?q=Zwetschgenmus")
    assert page.locator("mark").count() == 0
    assert page.locator(".side__item").count() == 0
    visit.complaints.clear()  # the browser notes the 404 that was asked for


def test_every_kind_of_file_goes_along(house, visit, anna, look):
    """Ten kinds are read and sent at once; bombs, passwords and noise are refused, each in its words."""
    page = visit(login="anna")
    attach(
        page,
        ("a.pdf", made.pdf([made.SENTENCE])),
        ("b.docx", made.docx()),
        ("c.xlsx", made.xlsx()),
        ("d.pptx", made.pptx()),
        ("e.odt", made.odt()),
        ("f.html", b"<p>Hallo"),
        ("g.txt", b"Text"),
        ("h.csv", b"a;b\n1;2"),
        ("i.eml", made.mail()),
        ("j.png", made.picture("PNG")),
    )
    ask(page, "Was steht darin?", "echo")
    live = answered(page)
    assert page.locator(".paper").count() == 10
    assert again(page) == live
    with page.expect_file_chooser() as chooser:
        page.click("#attach")
    bad = {
        "bombe.docx": made.zip_bomb(),
        "geheim.docx": made.locked_office(),
        "rauschen.pdf": made.noise(),
    }
    chooser.value.set_files(
        [
            {"name": name, "mimeType": "x/y", "buffer": content}
            for name, content in (*bad.items(), ("\u202egnp.exe 👩‍👩‍👧.txt", b"hallo"))
        ]
    )
    page.wait_for_function("() => document.querySelectorAll('#files .doc--bad').length === 3")
    page.wait_for_selector("#files [data-state=ready]")
    look(page, "seams-bad-files")
    words = page.locator(".doc--bad .doc__note").all_inner_texts()
    assert len(set(words)) == 3
    assert min(map(len, words)) > 40


def test_a_live_share_follows_until_one_leaves_the_group(house, visit, pair, anna):
    """A colleague sees what is asked later; whoever leaves the group sees nothing any more."""
    bernd, groups = house.server.person("bernd"), house.server.house.identity.groups
    team = house.server.call(lambda: groups.create("Bauamt", "1", "test"))
    for one in (anna, bernd.id):
        house.server.call(lambda one=one: groups.join(one, team.id, "test"))
    page = visit(login="anna")
    ask(page, "eins", "eins")
    answered(page)
    talk = page.url.partition("#")[0]
    page.goto(f"{talk}/share")
    page.check("[name=kind][value=live]")
    page.select_option("[name=group]", team.id)
    page.click("main .button--primary")
    link = page.locator("#share-link").inner_text()
    reader = visit(login="bernd")
    reader.goto(link)
    assert texts(reader) == ["eins", "eins"]
    page.goto(talk)
    ask(page, "zwei", "eins")
    answered(page, 2)
    reader.reload()
    assert texts(reader) == ["eins", "eins", "zwei", "zwei"]
    house.server.call(lambda: groups.leave(bernd.id, team.id, "test"))
    assert reader.goto(link).status == 404
    visit.complaints.clear()  # the browser notes the 404 that was asked for


def test_a_temporary_chat_leaves_no_word_on_the_disk(house, visit, anna):
    """Neither question nor answer nor file is in any file of the house afterwards."""
    page = visit(login="anna")
    page.goto(f"{house.url}/temporary")
    page.wait_for_selector("#chat[data-live]")
    page.set_input_files(
        "#files", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Zwetschgenmus"}
    )
    page.wait_for_selector("#papers .paper")
    page.fill("#text", "Quittengelee")
    page.press("#text", "Enter")
    page.wait_for_selector(".turn--assistant:not([aria-busy]) .turn__foot")
    page.goto(house.url)
    ask(page, "Mirabellen", "echo")
    answered(page)
    kept = b"".join(
        file.read_bytes()
        for file in house.server.settings.home.rglob("*")
        if file.is_file() and not file.is_symlink()
    )
    assert b"Mirabellen" in kept
    assert b"Quittengelee" not in kept
    assert b"Zwetschgenmus" not in kept
