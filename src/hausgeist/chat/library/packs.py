# SPDX-License-Identifier: EUPL-1.2
"""Many plain files in one ZIP, and files from outside into items: bounded, and nothing is trusted.

The same items give the same bytes. What comes in is read member by member up to a limit, whatever the
archive says about itself; names in it are shown and never used as paths.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

from hausgeist.chat.library.bodies import Body, PromptBody, one_line
from hausgeist.chat.library.plain import FILE_MOST, Fault, NotPlain, read, written
from hausgeist.core.archives import DAMAGED
from hausgeist.errors import N_, BadUpload

UPLOAD_MOST = 8 * 1024 * 1024
"""Bytes of one upload."""
UNPACKED_MOST = 8 * 1024 * 1024
"""Bytes of all files in one archive, unpacked."""
ITEMS_MOST = 300
"""Files of one import."""
_THEN = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1
_HOSTS = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file of an import: what it would make, or why it makes nothing."""

    name: str
    body: Body | None = None
    faults: tuple[Fault, ...] = ()


def file_name(body: Body) -> str:
    """A file name that every system takes: small letters, digits and hyphens."""
    words = body.name.casefold().translate({0xE4: "ae", 0xF6: "oe", 0xFC: "ue"})  # ß is ss by now
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    kind = "prompt" if isinstance(body, PromptBody) else "assistant"
    return f"{re.sub(r'[^a-z0-9]+', '-', plain).strip('-')[:60].strip('-') or kind}.md"


def pack(bodies: Iterable[Body]) -> bytes:
    """A ZIP with one file an item, in ``assistants/`` and ``prompts/``; the same bytes every time."""
    taken: set[str] = set()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for body in bodies:
            folder = "prompts" if isinstance(body, PromptBody) else "assistants"
            stem = f"{folder}/{file_name(body)[:-3]}"
            name, number = f"{stem}.md", 2
            while name in taken:
                name, number = f"{stem}-{number}.md", number + 1
            taken.add(name)
            member = zipfile.ZipInfo(name, _THEN)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, written(body))
    return target.getvalue()


def unpack(name: str, content: bytes) -> list[Found]:
    """What an upload would make: one Markdown file, or a ZIP of them.

    Raises:
        BadUpload: it is too large, or an archive that cannot be trusted as a whole.
    """
    if len(content) > UPLOAD_MOST:
        raise BadUpload(reason=TOO_LARGE, most=UPLOAD_MOST // 2**20)
    if not content.startswith(b"PK"):
        return [_found(name, content)]
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except DAMAGED:
        raise BadUpload(reason=BROKEN) from None
    members = [
        one for one in archive.infolist() if not one.is_dir() and not _HOSTS.search(one.filename)
    ]
    if not members:
        raise BadUpload(reason=EMPTY)
    if len(members) > ITEMS_MOST:
        raise BadUpload(reason=TOO_MANY)
    found, size = [], 0
    for member in members:
        fault, content = _member(archive, member)
        size += len(content)
        if size > UNPACKED_MOST:
            raise BadUpload(reason=BOMB)
        shown = _shown(member.filename)
        found.append(Found(name=shown, faults=(fault,)) if fault else _found(shown, content))
    return found


TOO_LARGE = N_("It is too large.")
BROKEN = N_("It is no ZIP archive that can be read.")
EMPTY = N_("There are no files in the archive.")
TOO_MANY = N_("There are too many files in the archive; one import takes 300.")
BOMB = N_("Unpacked, the archive is too large.")
ODD_PATH = N_("The file's path leads out of the archive.")
ENCRYPTED = N_("The file is protected by a password.")
NOT_MARKDOWN = N_("This is no Markdown file (.md).")
BROKEN_MEMBER = N_("The file cannot be unpacked.")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[Fault | None, bytes]:
    path = member.filename.replace("\\", "/")
    if path.startswith("/") or ":" in path.split("/")[0] or ".." in path.split("/"):
        return Fault(text=ODD_PATH, values={}), b""
    if member.flag_bits & _ENCRYPTED:
        return Fault(text=ENCRYPTED, values={}), b""
    if not path.lower().endswith(".md"):
        return Fault(text=NOT_MARKDOWN, values={}), b""
    if member.file_size > FILE_MOST:
        return Fault(text=BROKEN_MEMBER, values={}), b""
    try:
        with archive.open(member) as source:
            return None, source.read(FILE_MOST + 1)  # never more, whatever the head promises
    except DAMAGED:
        return Fault(text=BROKEN_MEMBER, values={}), b""


def _found(name: str, content: bytes) -> Found:
    try:
        return Found(name=_shown(name), body=read(content))
    except NotPlain as error:
        return Found(name=_shown(name), faults=error.faults)


def _shown(name: str) -> str:
    """A file's name as it is shown; it is never a path of ours."""
    tidy = one_line("".join(letter if letter.isprintable() else " " for letter in name))
    return tidy[-120:] or "?"
