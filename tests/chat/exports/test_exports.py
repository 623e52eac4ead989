# SPDX-License-Identifier: EUPL-1.2
"""Leaving: a conversation as JSON, Markdown, DOCX and PDF, and all of them as a ZIP."""

import asyncio
import io
import json
import zipfile

import msgspec
import pypdfium2
import pytest
from docx import Document
from talking import ANNA, BERND

from hausgeist.chat.exports import Exports, Format
from hausgeist.chat.exports.docx import docx
from hausgeist.chat.exports.letter import Letter, LetterTurn
from hausgeist.chat.exports.pdf import pdf
from hausgeist.core.labels import DataClass
from hausgeist.errors import NotFound
from hausgeist.store import chats
from hausgeist.web.disposition import attachment, safe_name

ANSWER = """# Der Bebauungsplan

Ein **fetter** und *schräger* Satz mit ä ö ü ß € und [dem Gesetz](https://www.gesetze-im-internet.de/).

| Amt | Frist |
|---|---:|
| Bauamt | 4 Wochen |

```python
def frist(): return "vier Wochen"
```

Die Summe ist $a^2 + b^2 = c^2$.

$$\\frac{n(n+1)}{2}$$

1. Antrag stellen
2. Warten
   - auf die Post

> Ein Zitat
"""
HOSTILE = (
    """#read("/etc/passwd") #import "@preview/x:1.0.0" #panic("x") #{ while true {} }

` `` ``` [ ] ( ) { } < > $ $$ \\ \\" " ' @label <label> // /* */ = == *** ___ ~~~

$#read("/etc/passwd")$ and $$#import "x": * \\frac{#panic()}{2}$$

[#read("/etc/passwd")](https://example.org/#read("x")) ![#read("/etc/passwd")](https://example.org/x.png)

| #read("/etc/passwd") | <script>alert(1)</script> |
|---|---|
| = | & " ' |

```typ
#read("/etc/passwd")
```

> > > > > > > > > > > tief

"""
    + "[" * 2000
    + "\n\n"
    + "ohneLeerzeichen" * 40
    + "\n\n\x00\x01\ud800 👍🏽 😀 你好 שלום עולם مرحبا\n"
)


def letter(*texts):
    """A letter whose answers say this."""
    turns = []
    for text in texts:
        turns.append(LetterTurn("Frage", "heute", text, is_answer=False, files=[text[:40]]))
        turns.append(
            LetterTurn("Antwort (KI)", "Im Haus", text, is_answer=True, note="Angehalten.")
        )
    return msgspec.json.encode(
        Letter(
            title=texts[0][:200].encode(errors="replace").decode(),
            organisation="Stadt Musterhausen",
            language="de",
            facts=[("Organisation", "Stadt Musterhausen")],
            marked="Von einer KI geschrieben.",
            page="Seite {page} von {pages}",
            turns=[
                msgspec.structs.replace(
                    turn,
                    text=turn.text.encode(errors="replace").decode(),
                    files=[name.encode(errors="replace").decode() for name in turn.files],
                )
                for turn in turns
            ],
            lacking="Zeichen fehlen.",
        )
    )


def words_of(content):
    """The words of a PDF."""
    document = pypdfium2.PdfDocument(content)
    found = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return found


def test_the_pdf_has_the_words_the_page_numbers_and_the_mark():
    """Umlauts and the euro sign, table, code, headings; who exported, which page, that an AI wrote it."""
    words = words_of(pdf(letter(ANSWER)))
    for one in (
        "Der Bebauungsplan",
        "fetter",
        "ä ö ü ß €",
        "4 Wochen",
        "def frist()",
        "Antrag stellen",
        "Stadt Musterhausen",
        "Seite 1 von",
        "Von einer KI geschrieben.",
        "Antwort (KI)",
    ):
        assert one in words
    answer = words.split("Antwort (KI)", 1)[1]
    assert "**" not in answer
    assert "```" not in answer


def test_nothing_in_a_conversation_is_read_as_a_program():
    """What looks like the typesetter's language stands there as it was written, and reads no file."""
    words = words_of(pdf(letter(HOSTILE)))
    assert words.count('#read("/etc/passwd")') >= 6
    assert "root:" not in words
    assert "[grinning face]" in words or "😀" in words


def test_the_docx_is_made_of_real_parts():
    """Headings, a table, lists, a link, a formula of Office's own, and the words."""
    document = Document(io.BytesIO(docx(letter(ANSWER, HOSTILE))))
    lines = [(line.style.name, line.text) for line in document.paragraphs]
    assert ("Heading 1", "Antwort (KI)") in lines
    assert ("Heading 2", "Der Bebauungsplan") in lines
    assert ("List Bullet 2", "auf die Post") in lines
    assert any(line.text.startswith("2.\tWarten") for line in document.paragraphs)
    assert document.tables[0].cell(1, 0).text == "Bauamt"
    xml = document.element.xml
    assert "<m:f>" in xml
    assert "<m:sSup>" in xml
    assert "w:hyperlink" in xml
    links = {part.target_ref for part in document.part.rels.values() if part.is_external}
    assert "https://www.gesetze-im-internet.de/" in links
    assert document.core_properties.author == "Stadt Musterhausen"
    assert any('#read("/etc/passwd")' in text for _, text in lines)
    assert 'w:instr="NUMPAGES"' in document.sections[0].footer.paragraphs[0]._p.xml


@pytest.fixture
def exports(store, talk):
    async def organisation():
        return "Stadt Musterhausen"

    return Exports(store, talk.chat._gateway.directory, organisation, lambda: talk.now[0])


def test_json_holds_the_whole_tree(store, talk, exports):
    """Both versions of an answer, the leaf, and what was said of their origin."""

    async def run():
        turn = await talk.answered(ANSWER)
        opened = await talk.chat.open(ANNA, turn.conversation_id)
        again = await talk.chat.again(
            ANNA,
            turn.conversation_id,
            opened.branch[-1].id,
            model="echo",
            data_class=DataClass.INTERNAL,
        )
        await again.wait()
        made = await exports.one(ANNA, turn.conversation_id, Format.JSON)
        found = json.loads(made.content)
        assert (found["format"], found["version"]) == ("hausgeist.conversation", 1)
        assert [one["role"] for one in found["messages"]] == ["user", "assistant", "assistant"]
        assert found["conversation"]["leaf_id"] == again.id
        answers = found["messages"][1:]
        assert {one["parent_id"] for one in answers} == {found["messages"][0]["id"]}
        assert answers[0]["model"] == "echo"
        assert answers[0]["about"]["provider"]
        assert found["messages"][0]["parts"] == [{"type": "text", "text": ANSWER}]

    asyncio.run(run())


def test_each_format_of_a_real_conversation(store, talk, exports):
    """Through the limited child process: a PDF is one, a DOCX opens, Markdown has the model's own words."""

    async def run():
        talk_id = (await talk.answered(ANSWER)).conversation_id
        made = {kind: await exports.one(ANNA, talk_id, kind) for kind in Format}
        assert made[Format.PDF].content.startswith(b"%PDF-")
        assert "Bebauungsplan" in words_of(made[Format.PDF].content)
        assert Document(io.BytesIO(made[Format.DOCX].content)).tables
        text = made[Format.MARKDOWN].content.decode()
        assert "| Bauamt | 4 Wochen |" in text
        assert "Stadt Musterhausen" in text
        for kind in Format:
            with pytest.raises(NotFound):
                await exports.one(BERND, talk_id, kind)

    asyncio.run(run())


def test_everything_is_a_zip_of_all_that_is_mine(store, talk, exports):
    """Two conversations of one title, one archived; another's and what lies in the bin stay out."""

    async def run():
        first = (await talk.answered("Plan / B")).conversation_id
        await talk.answered("Plan / B")
        binned = (await talk.answered("im Papierkorb")).conversation_id
        await talk.answered("Bernds", who=BERND)
        store.write_now(lambda c: chats.change(c, "anna", first, archived_at=1))
        store.write_now(lambda c: chats.change(c, "anna", binned, deleted_at=1))
        pieces = [piece async for piece in exports.everything(ANNA, safe_name)]
        assert len(pieces) >= 2
        archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == [
            "Plan B (2).json",
            "Plan B (2).md",
            "Plan B.json",
            "Plan B.md",
        ]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc passwd.pdf"),
        ('a"; filename="x\r\nX: y', "a ; filename= x X y.pdf"),
        ("", "conversation.pdf"),
        ("CON", "conversation CON.pdf"),
        ("\u202egnp.exe", "gnp.exe.pdf"),
        ("Straße – Übersicht", "Straße – Übersicht.pdf"),
        ("x" * 500, "x" * 96 + ".pdf"),
    ],
)
def test_names_of_files_are_safe(title, name):
    """No path, no control, no quotation mark, no reserved word; and the header is ASCII."""
    assert safe_name(title, ".pdf") == name
    header = attachment(name)
    assert header.isascii()
    assert "\r" not in header
    assert header.count('"') == 2
