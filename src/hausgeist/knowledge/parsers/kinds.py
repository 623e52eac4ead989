# SPDX-License-Identifier: EUPL-1.2
"""What a file is, by its content: bytes in, a media type out. Names and declared types are not asked."""

import re
import zipfile

from hausgeist.errors import FileKindUnknown, FileLocked, FileOfOutlook, FileTooOld
from hausgeist.knowledge.parsers.zipped import part

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
XLS = "application/vnd.ms-excel"
RTF = "application/rtf"
HTML = "text/html"
MAIL = "message/rfc822"
SVG = "image/svg+xml"
TEXT = "text/plain"
TEXTS = frozenset({PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP, XLS, RTF, HTML, MAIL, TEXT})
"""What documents are read to."""

_PICTURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OUTLOOK = "__properties_version1.0".encode("utf-16-le")
_BEFORE_2007 = ("WordDocument".encode("utf-16-le"), "PowerPoint Document".encode("utf-16-le"))
_WORKBOOK = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_SVG = re.compile(rb"<svg\b", re.IGNORECASE)
_BEFORE = re.compile(
    rb"\s*(<!--.*?-->|<\?[^>]*>|<!doctype\s(?!\s*html)[^>]*>)\s*", re.IGNORECASE | re.DOTALL
)
_FIELD = re.compile(rb"^([A-Za-z][A-Za-z0-9-]{0,60}):", re.MULTILINE)
_MAIL = frozenset(
    {
        b"from",
        b"to",
        b"subject",
        b"date",
        b"received",
        b"message-id",
        b"mime-version",
        b"return-path",
    }
)
_HEAD = 4096


def kind_of(payload: bytes) -> str:
    """The media type of a content; text for whatever may be text.

    Raises:
        FileKindUnknown: nobody here reads this.
        FileLocked: an office file behind a password, which looks like no other.
        FileTooOld, FileOfOutlook: of Word or PowerPoint before 2007; of Outlook.
    """
    for pattern, media in _PICTURES:
        if pattern.match(payload):
            return media
    if b"%PDF-" in payload[:1024]:
        return PDF
    if payload.startswith(b"{\\rtf"):
        return RTF
    if payload.startswith(_OLE):
        return _old_office(payload)
    if payload.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ""  # a container: its entries say what it is
    head = payload[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    while before := _BEFORE.match(head):
        head = head[before.end() :]
    if _HTML.match(head):
        return HTML
    if _SVG.match(head):
        return SVG
    return MAIL if _is_mail(head) else TEXT


def kind_in(container: zipfile.ZipFile) -> str:
    """The media type of a ZIP container.

    Raises:
        FileKindUnknown, FileUnreadable: it is none of the office formats; it is broken.
    """
    names = set(container.namelist())
    if "mimetype" in names and "content.xml" in names:
        said = part(container, "mimetype").decode("ascii", "replace").strip()
        said = said.removesuffix("-template")
        if said in {ODT, ODS, ODP}:
            return said
    if "[Content_Types].xml" in names:
        for start, media in (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX)):
            if any(name.startswith(start) for name in names):
                return media
    raise FileKindUnknown


def check_lock(manifest: bytes) -> None:
    """Refuse an OpenDocument whose manifest says that its parts are encrypted.

    Raises:
        FileLocked: they are.
    """
    if b"encryption-data" in manifest:
        raise FileLocked


def _old_office(payload: bytes) -> str:
    """The binary formats before 2007: Excel's is read, the others are not.

    A mail of Outlook's comes first: what is attached to it has the other names, too.
    """
    if _OUTLOOK in payload:
        raise FileOfOutlook
    if _ENCRYPTED in payload:
        raise FileLocked
    if any(name in payload for name in _WORKBOOK):
        return XLS
    if any(name in payload for name in _BEFORE_2007):
        raise FileTooOld
    raise FileKindUnknown


def _is_mail(head: bytes) -> bool:
    fields = head.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    first = fields.partition(b"\n")[0]
    if not _FIELD.match(first):
        return False
    names = {name.lower() for name in _FIELD.findall(fields)}
    return b"from" in names and len(names & _MAIL) >= 3
