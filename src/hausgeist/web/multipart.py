# SPDX-License-Identifier: EUPL-1.2
"""A multipart form that fits into memory: a bounded body in, its fields and files out."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from hausgeist.errors import N_, BadRequest, InvalidField
from hausgeist.web.visit import Visit

FIELDS_MOST = 50


@dataclass(slots=True)
class Parts:
    """What came: texts by name (all that were given), and files by name as bytes with their own names."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def file(self, name: str) -> tuple[str, bytes]:
        """A file: what it calls itself, and its bytes.

        Raises:
            InvalidField: it is missing.
        """
        found = self.files.get(name)
        if found is None:
            raise InvalidField(field=name, reason=N_("this field is missing"), param=name)
        return found


async def read_parts(visit: Visit) -> Parts:
    """The visit's form.

    Raises:
        BadRequest: it is no multipart form, or has too many fields.
        TooLarge: as the route's limit says.
    """
    kind = visit.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await visit.body()
    if kind != "multipart/form-data":
        raise BadRequest(reason=N_("a form is expected (multipart/form-data)"))
    parser = MultiPartParser(
        visit.headers, _once(body), max_files=5, max_fields=FIELDS_MOST, max_part_size=len(body)
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:  # KeyError: no boundary
        raise BadRequest(reason=N_("the form is not readable")) from error
    found = Parts()
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            found.files[name] = (value.filename or "", await value.read())
        else:
            found.texts.setdefault(name, []).append(value)
    await form.close()
    return found


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
