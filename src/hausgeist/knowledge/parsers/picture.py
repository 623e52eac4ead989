# SPDX-License-Identifier: EUPL-1.2
"""PNG, JPEG, WebP and GIF: bytes in, the same picture encoded anew out, by Pillow.

What a camera writes beside the picture (place, device, owner) does not survive, nor does anything that
only looks like a picture. Of a moving one the first frame is taken.
"""

import io
import struct

from PIL import Image, ImageOps, UnidentifiedImageError

from hausgeist.errors import N_, FileBomb, FileUnreadable
from hausgeist.knowledge.parsers.read import CLEANED, MOVING, SHRUNK, Read

LONGEST = 2048
"""Pixels of the longer side, at most."""
PIXELS_MOST = 64_000_000

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_BESIDE = frozenset({"exif", "xmp", "photoshop", "comment", "XML:com.adobe.xmp"})


def read(payload: bytes) -> Read:
    """A picture as PNG or JPEG.

    Raises:
        FileUnreadable: it is broken or none.
        FileBomb: it has more than ``PIXELS_MOST`` pixels.
    """
    try:
        source = Image.open(io.BytesIO(payload), formats=_FORMATS)
        if source.width * source.height > PIXELS_MOST:
            raise FileBomb(reason=N_("it has too many pixels"))
        moving = getattr(source, "n_frames", 1) > 1
        beside = bool(_BESIDE & set(source.info)) or bool(source.getexif())
        source.draft("RGB", (LONGEST, LONGEST))  # JPEG: decode no more than is needed
        full = Image.open(io.BytesIO(payload), formats=_FORMATS).size
        source.load()
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise FileUnreadable(reason=N_("it is no picture")) from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError) as error:
        raise FileUnreadable(reason=N_("the picture is not complete")) from error
    upright = ImageOps.exif_transpose(source)
    see_through = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    picture = upright.convert("RGBA" if see_through else "RGB")
    picture.thumbnail((LONGEST, LONGEST))
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    as_png = see_through or source.format in {"PNG", "GIF"}
    out = io.BytesIO()
    if as_png:
        bare.save(out, "PNG", compress_level=6)
    else:
        bare.save(out, "JPEG", quality=88, optimize=True)
    result = Read(media="image/png" if as_png else "image/jpeg", picture=out.getvalue())
    if max(full) > LONGEST:
        values = {"width": full[0], "height": full[1], "now_width": bare.width}
        result.note(SHRUNK, **values, now_height=bare.height)
    if beside:
        result.note(CLEANED)
    if moving:
        result.note(MOVING)
    return result
