# SPDX-License-Identifier: EUPL-1.2
"""Until when a conversation is kept, in words for its page, where that is soon."""

from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.web.moments import day_text
from hausgeist.web.visit import Visit

SOON_MS = 30 * 86_400_000
"""Further ahead nothing is said."""
KEPT = N_("Kept until {day}, unless it goes on.")


async def kept_words(visit: Visit, talk_id: str, language: str) -> str:
    """A sentence; empty where it is kept longer, or held."""
    until = await visit.house.lifecycle.retention.kept_until(visit.principal.id, talk_id)
    if until is None or until > visit.house.now_ms() + SOON_MS:
        return ""
    return translator(language)(KEPT).format(day=day_text(until, language))
