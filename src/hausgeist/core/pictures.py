# SPDX-License-Identifier: EUPL-1.2
"""The head of a small picture: what it is and how large. Bytes flow in; nothing is decoded.

PNG (ISO/IEC 15948), JPEG (ITU-T T.81) and WebP (RFC 9649). A file that does not end where its own
structure says is refused: what hangs behind a picture is no part of it.
"""

from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
_LONE = {0x01, *range(0xD0, 0xD9)}  # markers of JPEG without a length
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


class NoPictureError(ValueError):
    """The bytes are none of the three kinds, or are broken."""


@dataclass(frozen=True, slots=True)
class Picture:
    """``media`` as in a Content-Type; sizes in pixels."""

    media: str
    width: int
    height: int


def measure(data: bytes) -> Picture:
    """What the bytes are.

    Raises:
        NoPictureError: no PNG, JPEG or WebP, or broken.
    """
    try:
        if data.startswith(_PNG):
            return _png(data)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except IndexError as error:
        raise NoPictureError from error
    raise NoPictureError


def _number(data: bytes, at: int, size: int, order: str = "big") -> int:
    if at + size > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + size], "big" if order == "big" else "little")


def _png(data: bytes) -> Picture:
    if data[12:16] != b"IHDR":
        raise NoPictureError
    at = len(_PNG)
    while True:
        kind = data[at + 4 : at + 8]
        at += 12 + _number(data, at, 4)
        if kind == b"IEND":
            break
    if at != len(data):
        raise NoPictureError
    return Picture("image/png", _number(data, 16, 4), _number(data, 20, 4))


def _jpeg(data: bytes) -> Picture:
    if not data.endswith(b"\xff\xd9"):
        raise NoPictureError
    at = 2
    while True:
        if data[at] != 0xFF:
            raise NoPictureError
        marker = data[at + 1]
        if marker == 0xFF or marker in _LONE:  # fill bytes, markers without a length
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES:
            return Picture("image/jpeg", _number(data, at + 7, 2), _number(data, at + 5, 2))
        length = _number(data, at + 2, 2)
        if marker == 0xDA or length < 2:  # the picture itself begins, and there was no size
            raise NoPictureError
        at += 2 + length


def _webp(data: bytes) -> Picture:
    if _number(data, 4, 4, "little") + 8 != len(data):
        raise NoPictureError
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (_number(data, at, 3, "little") + 1 for at in (24, 27))
    elif kind == b"VP8L" and data[20] == 0x2F:
        bits = _number(data, 21, 4, "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = (_number(data, at, 2, "little") & 0x3FFF for at in (26, 28))
    else:
        raise NoPictureError
    return Picture("image/webp", width, height)
