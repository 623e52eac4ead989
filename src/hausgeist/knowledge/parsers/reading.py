# SPDX-License-Identifier: EUPL-1.2
"""The door of the parsers, inside the child: a content flows in, what was read out of it flows out.

``read`` speaks bytes, as ``jobs.confined`` needs it: a line of JSON (media, text, pages, notes), then a
picture or nothing. Which parser is called is decided by the content alone; each is imported when needed.
"""

import importlib
import json
from collections.abc import Callable

from hausgeist.errors import FileWithoutText
from hausgeist.knowledge.parsers import kinds
from hausgeist.knowledge.parsers.read import Read
from hausgeist.knowledge.parsers.zipped import opened, part


def read(payload: bytes) -> bytes:
    """Read a content. Raises as ``read_content``."""
    found = read_content(payload)
    head = {
        "media": found.media,
        "text": found.text.replace("\x00", "").encode("utf-8", "replace").decode(),
        "pages": found.pages,
        "notes": found.notes,
    }
    return json.dumps(head, ensure_ascii=False, default=str).encode() + b"\n" + found.picture


def read_content(payload: bytes, *, nested: bool = False) -> Read:
    """Read a content; within another one (``nested``) a mail's attachments are only named.

    Raises:
        FileKindUnknown, FileLocked, FileBomb, FileUnreadable, FileWithoutText: as their names say.
    """
    if not payload:
        raise FileWithoutText
    media = kinds.kind_of(payload)
    if not media:
        return _contained(payload)
    if media == kinds.MAIL:
        inner = None if nested else lambda content: read_content(content, nested=True)
        return _parser("mail")(payload, inner)
    if media == kinds.XLS:
        return _parser("sheets")(payload, media)
    if media in {kinds.TEXT, kinds.SVG}:
        return _parser("text")(payload, media)
    if media.startswith("image/"):
        return _parser("picture")(payload)
    name = {kinds.PDF: "pdf", kinds.HTML: "html", kinds.RTF: "rtf"}[media]
    return _parser(name)(payload)


def _contained(payload: bytes) -> Read:
    """What lies in a ZIP container."""
    container = opened(payload)
    media = kinds.kind_in(container)
    if "META-INF/manifest.xml" in container.namelist():
        kinds.check_lock(part(container, "META-INF/manifest.xml"))
    if media == kinds.DOCX:
        return _parser("word")(payload)
    if media == kinds.PPTX:
        return _parser("slides")(payload, container)
    if media in {kinds.XLSX, kinds.ODS}:
        return _parser("sheets")(payload, media, container)
    return _parser("opendocument")(container, media)


def _parser(name: str) -> Callable[..., Read]:
    parser: Callable[..., Read] = importlib.import_module(
        f"hausgeist.knowledge.parsers.{name}"
    ).read
    return parser
