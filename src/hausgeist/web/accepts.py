# SPDX-License-Identifier: EUPL-1.2
"""What a client would like to read, where one address serves people and programs."""

from hausgeist.web.visit import Visit


def wants_html(visit: Visit) -> bool:
    """Whether a browser asks. Programs send no ``Accept``, or one that takes anything."""
    return "text/html" in visit.headers.get("accept", "").lower()
