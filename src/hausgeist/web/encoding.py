# SPDX-License-Identifier: EUPL-1.2
"""Compressed request bodies: gzip and deflate within the limit of a body, everything else refused.

What a body unpacks to counts against the limit, not what came over the wire.
"""

import zlib
from collections.abc import Mapping

from hausgeist.errors import BadRequest, TooLarge, UnsupportedEncoding

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 47}
"""zlib's window bits: a gzip header, or whichever header is there."""


def encoding_of(headers: Mapping[bytes, bytes]) -> str:
    """The encoding of a body, empty for none; refused before the body is read.

    Raises:
        UnsupportedEncoding: it is neither gzip nor deflate.
    """
    given = headers.get(b"content-encoding")
    if given is None:
        return ""
    name = given.decode("latin-1").strip().lower()
    if name in {"", "identity"}:
        return ""
    if name not in _WINDOW:
        raise UnsupportedEncoding(encoding=name[:60])
    return name


def unpacked(body: bytes, name: str, limit: int) -> bytes:
    """The body behind an encoding; at most ``limit`` bytes are ever held.

    Raises:
        TooLarge, BadRequest: it is more than the limit, or damaged.
    """
    unpacker = zlib.decompressobj(_WINDOW[name])
    try:
        found = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise BadRequest(reason=f"the {name} body is damaged") from error
    if len(found) > limit:
        raise TooLarge(limit=limit)
    if not unpacker.eof or unpacker.unused_data:
        raise BadRequest(reason=f"the {name} body is damaged")
    return found
