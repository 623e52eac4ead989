# SPDX-License-Identifier: EUPL-1.2
"""A multipart form that fits into memory: a bounded body in, its fields and files out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from hausgeist.errors import N_, BadRequest, InvalidField
from hausgeist.web import form_parts
from hausgeist.web.visit import Visit

FIELDS_MOST = 50
_PIECE = 256 * 1024


@dataclass(slots=True)
class Parts:
    """What came, by name, all that were given: texts, and files as bytes with their own names."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)

    def file(self, name: str) -> tuple[str, bytes]:
        """A file: what it calls itself, and its bytes.

        Raises:
            InvalidField: it is missing.
        """
        found = self.files.get(name)
        if not found:
            raise InvalidField(field=name, reason=N_("this field is missing"), param=name)
        return found[-1]


async def read_parts(visit: Visit, most: int = FIELDS_MOST) -> Parts:
    """The visit's form, of at most ``most`` fields.

    Raises:
        BadRequest: it is no multipart form, is broken, or has too many fields.
        TooLarge: as the route's limit says.
    """
    body = await visit.body()
    arriving = form_parts.Parts(visit.headers.get("content-type", ""), _pieces(body))
    found = Parts()
    async for part in arriving:
        most -= 1
        if most < 0:
            raise BadRequest(reason=N_("the form is not readable"))
        if part.filename is None:
            text = await arriving.text(len(body))
            found.texts.setdefault(part.name, []).append(text)
        else:
            content = b"".join([piece async for piece in arriving.content()])
            found.files.setdefault(part.name, []).append((part.filename, content))
    return found


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]
        await asyncio.sleep(0)  # reading a large form holds nobody up
