# SPDX-License-Identifier: EUPL-1.2
"""Files made for the tests: sound ones of every format, and hostile ones."""

import io
import random
import struct
import zipfile
import zlib
from email.message import EmailMessage

SENTENCE = "Der Bauantrag der Familie Müller liegt seit dem 3. März im Amt für Größe und Maß."


def pdf(pages: list[str], extra: str = "", trailer: str = "") -> bytes:
    """A PDF with a line of text on each page; an empty line gives a page without words."""
    objects = ["<</Type/Catalog/Pages 2 0 R>>"]
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(len(pages)))
    objects.append(f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>")
    objects.append("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
    for place, words in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET" if words else ""
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {5 + 2 * place} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>"
        )
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    if extra:
        objects.append(extra)
    out = b"%PDF-1.4\n"
    places = []
    for number, text in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{text}\nendobj\n".encode("cp1252")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    return (
        out
        + (
            f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n"
        ).encode()
    )


def locked_pdf() -> bytes:
    """A PDF that wants a password that nobody has."""
    wanted = "<" + "5a" * 32 + ">"
    lock = f"<</Filter/Standard/V 1/R 2/Length 40/P -44/O {wanted}/U {wanted}>>"
    return pdf([SENTENCE], lock, "/Encrypt 6 0 R/ID[<00112233445566778899aabbccddeeff><00>]")


def docx(change=None) -> bytes:
    """A Word file with headings, a list, a table, a footnote's sign and umlauts."""
    import docx as library

    document = library.Document()
    document.add_heading("Der Bescheid", 1)
    document.add_paragraph(SENTENCE)
    document.add_paragraph("erster Punkt", style="List Bullet")
    document.add_paragraph("zweiter Punkt", style="List Number")
    table = document.add_table(rows=2, cols=2)
    for place, words in enumerate(("Amt", "Frist", "Bauamt", "vier | Wochen")):
        table.cell(place // 2, place % 2).text = words
    document.add_paragraph("Am Ende.")
    if change:
        change(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def xlsx(rows=((("Amt", "Frist"), ("Bauamt", 28))), sheets=("Tabelle1",), **options) -> bytes:
    """A workbook whose sheets all have the same rows."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        for name in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return out.getvalue()


def pptx() -> bytes:
    """A presentation of two slides, one with notes."""
    from pptx import Presentation

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Der Haushalt"
    slide.placeholders[1].text = "Einnahmen\nAusgaben"
    slide.notes_slide.notes_text_frame.text = "Hier Pause machen."
    other = deck.slides.add_slide(deck.slide_layouts[5])
    other.shapes.title.text = "Ende"
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


ODT_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>{before}<office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0">'
    "<office:body><office:text>{body}</office:text></office:body></office:document-content>"
)
ODT_BODY = (
    '<text:h text:outline-level="2">Die Satzung</text:h>'
    f"<text:p>{SENTENCE}<text:note><text:note-body><text:p>Fußnote</text:p></text:note-body></text:note></text:p>"
    "<text:list><text:list-item><text:p>erster Punkt</text:p></text:list-item></text:list>"
    "<table:table><table:table-row><table:table-cell><text:p>Amt</text:p></table:table-cell>"
    "<table:table-cell><text:p>Frist</text:p></table:table-cell></table:table-row></table:table>"
)


def odt(body: str = ODT_BODY, before: str = "", **more: str) -> bytes:
    """An OpenDocument text."""
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": ODT_HEAD.format(before=before, body=body),
        **{name.replace("__", "/").replace("_", "."): text for name, text in more.items()},
    }
    return zipped(parts)


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A ZIP container."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(name, content)
    return out.getvalue()


def mail(*attachments: tuple[str, bytes]) -> bytes:
    """A mail with umlauts and attachments."""
    message = EmailMessage()
    message["From"] = "Jürgen Groß <juergen@example.de>"
    message["To"] = "bauamt@example.de"
    message["Subject"] = "Rückfrage zum Bauantrag"
    message["Date"] = "Mon, 02 Nov 2026 10:00:00 +0100"
    message["MIME-Version"] = "1.0"
    message.set_content("Wann kommt der Bescheid?\n")
    for name, content in attachments:
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **options) -> bytes:
    """A picture of one colour."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", size, (200, 80, 40)).save(out, kind, **options)
    return out.getvalue()


def photo() -> bytes:
    """A large JPEG whose camera wrote down where it was."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x010F] = "Kamerawerk"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return picture(size=(3000, 1000), exif=exif.tobytes(), comment=b"geheimer Ort")


# -- hostile --------------------------------------------------------------------------------------


def zip_bomb() -> bytes:
    """A Word file whose text unpacks to a gigabyte."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as container:
        container.writestr("[Content_Types].xml", "<Types/>")
        with container.open("word/document.xml", "w", force_zip64=True) as file:
            block = b" " * (1 << 20)
            for _ in range(300):
                file.write(block)
    return out.getvalue()


def lying_bomb() -> bytes:
    """The same, but the directory says it is small."""
    made = bytearray(zip_bomb())
    at = made.rindex(b"PK\x01\x02")
    struct.pack_into("<I", made, at + 24, 1000)
    local = made.index(b"word/document.xml") - 30
    struct.pack_into("<I", made, local + 22, 1000)
    return bytes(made)


def overlapping() -> bytes:
    """A container whose entries all point at the same bytes (after David Fifield)."""
    content = zlib.compress(b"\0" * 1_000_000, 9)[2:-4]
    name = "word/document.xml"
    crc = zlib.crc32(b"\0" * 1_000_000)

    def fields(name: str) -> bytes:
        return struct.pack(
            "<HHHHHIIIHH", 20, 0, 8, 0, 0, crc, len(content), 1_000_000, len(name), 0
        )

    local = b"PK\x03\x04" + fields(name) + name.encode() + content
    directory = b""
    for place in range(3):
        other = f"word/docu{place}.xml"
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + fields(other)
        directory += struct.pack("<HHHII", 0, 0, 0, 0, 0) + other.encode()
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 3, 3, len(directory), len(local), 0)
    return local + directory + end


def many_entries() -> bytes:
    """A container of twenty thousand entries."""
    return zipped({f"word/{number}.bin": b"" for number in range(20_000)})


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def with_part(package: bytes, name: str, content: bytes) -> bytes:
    """An office file with one part exchanged or added."""
    with zipfile.ZipFile(io.BytesIO(package)) as container:
        parts = {one: container.read(one) for one in container.namelist()}
    parts[name] = content
    return zipped(parts)


def evil_docx(declaration: str, reference: str = "&x;") -> bytes:
    """A Word file whose document declares entities."""
    made = docx()
    with zipfile.ZipFile(io.BytesIO(made)) as container:
        text = container.read("word/document.xml").decode()
    text = text.replace("?>", f"?>{declaration}", 1).replace("Am Ende.", reference)
    return with_part(made, "word/document.xml", text.encode())


def old_office(*names: str) -> bytes:
    """The look of a container of the office formats before 2007, with entries of these names."""
    entries = b"".join(name.encode("utf-16-le") + b"\0" * 1000 for name in names)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000 + entries


def locked_office() -> bytes:
    """The look of an office file that was saved with a password."""
    return old_office("EncryptedPackage")


def noise(size: int = 20_000) -> bytes:
    """Bytes without sense."""
    return random.Random(7).randbytes(size)


def parts(package: bytes) -> dict[str, bytes]:
    """The parts of an office file by name."""
    with zipfile.ZipFile(io.BytesIO(package)) as container:
        return {one: container.read(one) for one in container.namelist()}
