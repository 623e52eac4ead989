# SPDX-License-Identifier: EUPL-1.2
"""Pictures in messages, taken apart for dialects that want media type and data separately."""

import re

from hausgeist.core.messages import Image

_DATA = re.compile(r"data:(?P<kind>[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,", re.IGNORECASE)


def inline(image: Image) -> tuple[str, str] | None:
    """Media type and base64 text of a ``data:`` URI; None for an address."""
    found = _DATA.match(image.url)
    if found is None:
        return None
    return (found["kind"] or "image/png").lower(), image.url[found.end() :]
