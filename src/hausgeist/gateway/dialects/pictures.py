# SPDX-License-Identifier: EUPL-1.2
"""Bare pictures in base64 in, ``data:`` URIs out; the type is read from the first bytes, never decoded."""

import base64
import binascii
import re

from hausgeist.core.messages import Image
from hausgeist.errors import InvalidField

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")

_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)


def picture(data: str, where: str) -> Image:
    """A picture; ``where`` is the field it stands in.

    Raises:
        InvalidField: it is none, or of a kind that no model takes.
    """
    if data.startswith("data:image/"):
        return Image(data)
    reason = "must be a PNG, JPEG, GIF, WebP or BMP picture in base64"
    if not _BASE64.fullmatch(data):
        raise InvalidField(field=where, reason=reason, param=where)
    try:
        head = base64.b64decode(data[:24] + "=" * (-len(data[:24]) % 4))
    except binascii.Error:
        head = b""
    kind = next((kind for magic, kind in _PICTURES if head.startswith(magic)), None)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        kind = "image/webp"
    if kind is None:
        raise InvalidField(field=where, reason=reason, param=where)
    return Image(f"data:{kind};base64,{data}")
