# SPDX-License-Identifier: EUPL-1.2
"""Headers that say that a student answered in a model's place; none where a model did."""

import asyncio
from collections.abc import Mapping

from hausgeist.core.events import Burst, Started


def answered_by(first: Burst | asyncio.Future[Burst]) -> Mapping[str, str] | None:
    """From the first burst of an answer."""
    if not isinstance(first, list) or not first:
        return None
    started = first[0]
    if not isinstance(started, Started) or started.judged is None:
        return None
    judged = started.judged
    return {
        "x-answered-by": f"{judged.by}@v{judged.version}",
        "x-hausgeist-confidence": f"{judged.score:.4f}",
        "x-hausgeist-version": f"v{judged.version}",
    }
