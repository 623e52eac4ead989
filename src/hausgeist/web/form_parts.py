# SPDX-License-Identifier: EUPL-1.2
"""Forms with files, as browsers send them: a body flows in, its parts flow out, one piece at a time.

Nothing is kept: who reads a part to its end has had it. Parts that nobody reads are passed over.
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from hausgeist.errors import N_, BadRequest

HEAD_MOST = 8 * 1024
"""Bytes of the headers of a part."""


@dataclass(frozen=True, slots=True)
class Part:
    """A field of the form; ``filename`` is None where it is no file."""

    name: str
    filename: str | None


class Parts:
    """The parts of a multipart body. ``kind`` is the request's content type.

    Raises:
        BadRequest: the body is none, or is broken.
    """

    def __init__(self, kind: str, body: AsyncIterator[bytes]) -> None:
        from python_multipart.multipart import (  # noqa: PLC0415  only for forms with files
            MultipartParser,
            parse_options_header,
        )

        self._options = parse_options_header
        media, options = parse_options_header(kind)
        if media != b"multipart/form-data" or not options.get(b"boundary"):
            raise BadRequest(reason=N_("a form with files is expected (multipart/form-data)"))
        self._body = body
        self._events: deque[tuple[str, bytes]] = deque()
        self._over = False
        noted = {
            name: self._noting(name.removeprefix("on_"))
            for name in ("on_header_field", "on_header_value", "on_part_data")
        }
        marks = {
            name: self._marking(name.removeprefix("on_"))
            for name in ("on_part_begin", "on_header_end", "on_headers_finished", "on_part_end")
        }
        self._parser = MultipartParser(options[b"boundary"], {**noted, **marks})  # type: ignore[arg-type]

    async def __aiter__(self) -> AsyncIterator[Part]:
        """The parts in their order."""
        while True:
            event = await self._event()
            if event is None:
                return
            if event[0] == "part_begin":
                yield await self._head()

    async def content(self) -> AsyncIterator[bytes]:
        """The content of the part that came last."""
        while (event := await self._event()) is not None:
            if event[0] == "part_end":
                return
            if event[0] == "part_data":
                yield event[1]
        raise BadRequest(reason=N_("the form is not complete"))

    async def text(self, most: int) -> str:
        """The content of a short part, at most so many bytes.

        Raises:
            BadRequest: it is longer, or not UTF-8.
        """
        content = b""
        async for piece in self.content():
            content += piece
            if len(content) > most:
                raise BadRequest(reason=N_("a field of the form is too long"))
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadRequest(reason=N_("the form is not readable")) from error

    async def _head(self) -> Part:
        name, filename = "", None
        size = 0
        field = value = b""
        while (event := await self._event()) is not None:
            kind, data = event
            size += len(data)
            if size > HEAD_MOST:
                raise BadRequest(reason=N_("the form is not readable"))
            if kind == "header_field":
                field += data
            elif kind == "header_value":
                value += data
            elif kind == "header_end":
                if field.lower() == b"content-disposition":
                    _, options = self._options(value)
                    name = options.get(b"name", b"").decode("utf-8", "replace")
                    given = options.get(b"filename")
                    filename = None if given is None else given.decode("utf-8", "replace")
                field = value = b""
            elif kind == "headers_finished":
                return Part(name, filename)
        raise BadRequest(reason=N_("the form is not complete"))

    async def _event(self) -> tuple[str, bytes] | None:
        from python_multipart.exceptions import (  # noqa: PLC0415  as above
            MultipartParseError,
        )

        while not self._events:
            if self._over:
                return None
            piece = await anext(self._body, b"")
            self._over = not piece
            try:
                self._parser.write(piece)
            except MultipartParseError as error:
                raise BadRequest(reason=N_("the form is not readable")) from error
        return self._events.popleft()

    def _noting(self, kind: str) -> Any:
        return lambda data, start, end: self._events.append((kind, bytes(data[start:end])))

    def _marking(self, kind: str) -> Any:
        return lambda: self._events.append((kind, b""))
