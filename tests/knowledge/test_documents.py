# SPDX-License-Identifier: EUPL-1.2
"""Reading documents through the door: every format, and everything that is meant to break it."""

import asyncio
import io

import made
import pytest
from PIL import Image

from hausgeist.errors import (
    FileBomb,
    FileKindUnknown,
    FileLocked,
    FileOfOutlook,
    FileTooOld,
    FileUnreadable,
    FileWithoutText,
    HausgeistError,
    WorkEnded,
)
from hausgeist.knowledge.documents import read_document
from hausgeist.knowledge.parsers.read import TEXT_MOST


def read(payload):
    """What is read out of a content."""
    return asyncio.run(read_document(payload))


def notes(found):
    """The notes in English."""
    return " ".join(text.format(**values) for text, values in found.notes)


def test_pdf():
    """Words of every page, with its number before it; umlauts are whole."""
    found = read(made.pdf([made.SENTENCE, "Seite zwei"]))
    assert (found.media, found.pages, found.notes) == ("application/pdf", 2, ())
    assert found.text == f"--- 1 / 2 ---\n\n{made.SENTENCE}\n\n--- 2 / 2 ---\n\nSeite zwei"


def test_a_scan_says_so():
    """Pages without words are counted; a document of nothing else is refused with what to do."""
    assert "2 of 3 pages" in notes(read(made.pdf(["", "Seite zwei", ""])))
    with pytest.raises(FileWithoutText, match="OCR"):
        read(made.pdf(["", ""]))


def test_docx():
    """Headings, lists and tables come in their order, as Markdown."""
    found = read(made.docx())
    assert found.text.splitlines()[0] == "# Der Bescheid"
    for words in (made.SENTENCE, "- erster Punkt", "| Bauamt | vier \\| Wochen |", "Am Ende."):
        assert words in found.text
    assert found.text.index("zweiter Punkt") < found.text.index("| Amt") < found.text.index("Ende")


def test_docx_with_footnotes_and_changes():
    """Footnotes stand at the end, deleted words are gone, and that is said."""

    def change(document):
        from docx.opc.constants import RELATIONSHIP_TYPE as KINDS
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part
        from docx.oxml.parser import parse_xml

        space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        document.element.body.insert(
            0,
            parse_xml(
                f'<w:p {space}><w:r><w:t>Neu</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
                "<w:del><w:r><w:delText>Alt</w:delText></w:r></w:del></w:p>"
            ),
        )
        notes_part = Part(
            PackURI("/word/footnotes.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml",
            f'<w:footnotes {space}><w:footnote w:id="2"><w:p><w:r><w:t>Siehe Akte.</w:t></w:r></w:p>'
            "</w:footnote></w:footnotes>".encode(),
            document.part.package,
        )
        document.part.relate_to(notes_part, KINDS.FOOTNOTES)

    found = read(made.docx(change))
    assert found.text.startswith("Neu[^2]")
    assert found.text.endswith("[^2]: Siehe Akte.")
    assert "Alt" not in found.text
    assert "deleted text" in notes(found)


def test_macros_are_ignored_and_said():
    """A document with macros is read; that they were ignored is said."""
    package = made.with_part(made.docx(), "word/vbaProject.bin", b"evil")
    kinds = b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
    with_kind = made.parts(package)
    text = with_kind["[Content_Types].xml"].replace(b"<Default", kinds + b"<Default", 1)
    text = text.replace(b"wordprocessingml.document.main", b"ms-word.document.macroEnabled.main")
    package = made.with_part(package, "[Content_Types].xml", text)
    rels = with_kind["word/_rels/document.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId99" Type="http://schemas.microsoft.com/office/2006/relationships/'
        b'vbaProject" Target="vbaProject.bin"/></Relationships>',
    )
    found = read(made.with_part(package, "word/_rels/document.xml.rels", rels))
    assert made.SENTENCE in found.text
    assert "macros" in notes(found)


def test_xlsx():
    """Each sheet is a table with its name; whole numbers have no point."""
    found = read(made.xlsx(sheets=("Fristen", "Leer & Voll")))
    assert found.pages == 2
    assert found.text.startswith("## Fristen\n\n| Amt | Frist |\n|---|---|\n| Bauamt | 28 |")
    assert "## Leer & Voll" in found.text


def test_pptx():
    """Titles, points and notes of each slide."""
    found = read(made.pptx())
    assert found.pages == 2
    for words in ("# Der Haushalt", "- Ausgaben", "> Hier Pause machen.", "--- 2 / 2 ---"):
        assert words in found.text


def test_odt():
    """Headings, lists, tables and notes."""
    found = read(made.odt())
    assert found.text.startswith(f"## Die Satzung\n\n{made.SENTENCE}[^1]")
    for words in ("- erster Punkt", "| Amt | Frist |", "[^1]: Fußnote"):
        assert words in found.text


def test_html():
    """Words only: no script, no style, no address; tables and lists keep their shape."""
    found = read(
        b"<!-- x --><!DOCTYPE html><html><head><title>T</title><style>p{}</style></head><body>"
        b"<h2>&Uuml;ber uns</h2><script>alert(1)</script><p>Ein <b>Satz</b>."
        b"<img src=http://evil.example/x.png onerror=alert(1)></p><ul><li>eins<li>zwei</ul>"
        b"<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td></td></tr></table>"
    )
    assert found.media == "text/html"
    assert found.text.startswith("## Über uns\n\nEin Satz.")
    assert "- eins\n- zwei" in found.text
    assert "| A | B |" in found.text
    assert "alert" not in found.text
    assert "evil" not in found.text


@pytest.mark.parametrize(
    ("payload", "noted"),
    [
        ("Grüße aus Köln".encode(), ""),
        ("Grüße aus Köln".encode("utf-8-sig"), ""),
        ("Grüße aus Köln".encode("utf-16"), ""),
        ("Grüße aus Köln".encode("cp1252"), "Windows-1252"),
    ],
)
def test_text_of_every_encoding(payload, noted):
    """Umlauts arrive, whatever the encoding; a guess is said."""
    found = read(payload)
    assert found.text == "Grüße aus Köln"
    assert noted in notes(found)


def test_rtf():
    """Words with umlauts, without fonts and pictures."""
    found = read(
        rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator x;}{\pict 0102}"
        rb"Gr\'fc\'dfe \u8222?aus\u8220? K\u246\'f6ln\par Zweite Zeile}"
    )
    assert found.text == "Grüße „aus“ Köln\nZweite Zeile"


def test_a_mail_with_its_attachments():
    """Head, body, and the text of what is attached; a mail within is not opened further."""
    inner = made.mail(("tief.txt", b"zu tief"))
    found = read(made.mail(("brief.pdf", made.pdf(["Aus dem PDF"])), ("weiter.eml", inner)))
    assert found.text.startswith("From: Jürgen Groß <juergen@example.de>")
    for words in ("Subject: Rückfrage", "Wann kommt der Bescheid?", "brief.pdf", "Aus dem PDF"):
        assert words in found.text
    assert "tief.txt" in found.text
    assert "zu tief" not in found.text


def test_a_broken_attachment_is_said():
    """What cannot be read of a mail is named; the rest is there."""
    found = read(made.mail(("bombe.docx", made.zip_bomb())))
    assert "bombe.docx" in notes(found)
    assert "Wann kommt" in found.text


def test_a_photo_forgets_where_it_was():
    """A picture is made smaller and encoded anew; place, camera and comments are gone."""
    found = read(made.photo())
    picture = Image.open(io.BytesIO(found.picture))
    assert (found.media, picture.size) == ("image/jpeg", (2048, 683))
    assert not picture.getexif()
    assert b"geheim" not in found.picture
    assert b"Kamerawerk" not in found.picture
    assert "3000 by 1000" in notes(found)
    assert "camera" in notes(found)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "JPEG"])
def test_pictures_of_every_kind(kind):
    """All four become PNG or JPEG."""
    found = read(made.picture(kind))
    assert found.media == ("image/png" if kind in {"PNG", "GIF"} else "image/jpeg")
    assert Image.open(io.BytesIO(found.picture)).size == (40, 30)


def test_svg_is_text():
    """A drawing is no picture here: it may contain scripts."""
    found = read(b'<?xml version="1.0"?><svg xmlns="x"><script>alert(1)</script></svg>')
    assert (found.media, found.picture) == ("text/plain", b"")
    assert "SVG" in notes(found)


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        pytest.param(made.zip_bomb, FileBomb, id="zip bomb"),
        pytest.param(made.lying_bomb, FileUnreadable, id="zip bomb that says it is small"),
        pytest.param(made.overlapping, FileBomb, id="overlapping entries"),
        pytest.param(made.many_entries, FileBomb, id="too many entries"),
        pytest.param(lambda: made.evil_docx(made.LAUGHS, "&j;"), FileBomb, id="billion laughs"),
        pytest.param(lambda: made.evil_docx(made.OUTSIDE), FileBomb, id="a file from outside"),
        pytest.param(lambda: made.odt(before=made.LAUGHS), FileBomb, id="laughing ODT"),
        pytest.param(made.locked_pdf, FileLocked, id="PDF with a password"),
        pytest.param(made.locked_office, FileLocked, id="office file with a password"),
        pytest.param(
            lambda: made.odt(**{"META-INF__manifest_xml": "<x><encryption-data/></x>"}),
            FileLocked,
            id="ODT with a password",
        ),
        pytest.param(lambda: made.old_office("1Table", "WordDocument"), FileTooOld, id="old Word"),
        pytest.param(lambda: made.old_office("PowerPoint Document"), FileTooOld, id="old slides"),
        pytest.param(
            lambda: made.old_office("__properties_version1.0", "Workbook", "EncryptedPackage"),
            FileOfOutlook,
            id="a mail of Outlook with files",
        ),
        pytest.param(lambda: made.docx()[:4000], FileUnreadable, id="half a DOCX"),
        pytest.param(
            lambda: made.with_part(made.docx(), "word/document.xml", b"<w:document"),
            FileUnreadable,
            id="broken DOCX",
        ),
        pytest.param(lambda: made.xlsx()[:3000], FileUnreadable, id="half an XLSX"),
        pytest.param(lambda: made.pptx()[:9000], FileUnreadable, id="half a PPTX"),
        pytest.param(lambda: b"%PDF-1.7\n" + made.noise(), FileUnreadable, id="noise as PDF"),
        pytest.param(lambda: made.picture()[:300], FileUnreadable, id="half a picture"),
        pytest.param(
            lambda: b"\x89PNG\r\n\x1a\n" + made.noise(), FileUnreadable, id="noise as picture"
        ),
        pytest.param(lambda: b"MZ" + made.noise(), FileKindUnknown, id="a program"),
        pytest.param(lambda: made.zipped({"x.txt": "x"}), FileKindUnknown, id="any ZIP"),
        pytest.param(made.noise, FileKindUnknown, id="noise"),
        pytest.param(lambda: b"", FileWithoutText, id="nothing"),
        pytest.param(lambda: b"  \n ", FileWithoutText, id="blanks"),
    ],
)
def test_hostile_and_broken_files(payload, error):
    """Each is refused with an error of its own, whose words say what to do."""
    with pytest.raises(error) as caught:
        read(payload())
    assert type(caught.value) is error
    assert "{" not in caught.value.say()


def test_a_picture_that_is_also_an_archive_is_only_a_picture():
    """Of a polyglot nothing but the pixels survives."""
    found = read(made.picture("GIF") + made.docx())
    assert found.media == "image/png"
    assert b"PK" not in found.picture
    assert b"word/document" not in found.picture


def test_a_picture_of_too_many_pixels_is_not_unpacked():
    """Forty thousand by forty thousand pixels in a few bytes are refused."""
    header = made.picture("PNG")
    size = header.index(b"IHDR") + 4
    import struct
    import zlib

    body = struct.pack(">II", 40_000, 40_000) + header[size + 8 : size + 13]
    bomb = (
        header[:size] + body + struct.pack(">I", zlib.crc32(b"IHDR" + body)) + header[size + 17 :]
    )
    with pytest.raises((FileBomb, FileUnreadable)):
        read(bomb)


def test_a_very_long_text_is_cut_and_says_so():
    """What is left out of a text is said."""
    found = read(b"wort " * (TEXT_MOST // 4))
    assert len(found.text) == TEXT_MOST
    assert "Only the first" in notes(found)


def test_a_workbook_of_a_thousand_sheets_is_cut_and_says_so():
    """What is left out of a workbook is said."""
    found = read(made.xlsx(sheets=[f"S{number}" for number in range(300)]))
    assert "200 of 300 sheets" in notes(found)


def test_markup_that_never_closes_ends():
    """A page of half-open tags, a mail of nested parts and an RTF of braces end in time."""
    for payload in (
        b"<html>" + b"<div><table><tr><td>" * 50_000 + b"x",
        b"<html><p>x" + b"<!--" * 20_000,
        b"{\\rtf1 x" + b"{" * 500_000,
    ):
        try:
            found = read(payload)
        except HausgeistError:
            continue
        assert "x" in found.text


def test_deeply_nested_xml_does_not_crash():
    """A document of ten thousand levels is refused or read, not crashed on."""
    with pytest.raises((FileUnreadable, FileWithoutText)):
        read(made.odt("<text:section>" * 10_000 + "</text:section>" * 10_000))


def test_ten_thousand_pages_are_cut_and_said():
    """What is left out of a very long document is said."""
    found = read(made.pdf(["Wort"] * 10_000))
    assert found.pages == 10_000
    assert "2000 of 10000 pages" in notes(found)


def test_a_sheet_that_reaches_to_the_end_of_the_world_harms_nobody():
    """Two cells at the opposite corners of a sheet are refused in words, or read."""
    rows = [["links oben"], *[[]] * 200_000, ["rechts unten"]]
    corner = made.xlsx(rows)
    far = made.parts(corner)["xl/worksheets/sheet1.xml"]
    far = far.replace(b'r="A200002"', b'r="XFD1048576"').replace(b'r="200002"', b'r="1048576"')
    try:
        found = read(made.with_part(corner, "xl/worksheets/sheet1.xml", far))
    except WorkEnded:
        return
    assert "links oben" in found.text
