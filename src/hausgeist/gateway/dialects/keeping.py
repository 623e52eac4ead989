# SPDX-License-Identifier: EUPL-1.2
"""How long a model shall stay loaded: Ollama's ``keep_alive`` in, seconds out. Only a hint to the engine."""

import re

from hausgeist.errors import InvalidField

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_DURATION = re.compile(r"(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})(ns|us|µs|μs|ms|s|m|h)")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,9})?")


def keep_alive_seconds(found: float | str | None) -> float | None:
    """How long to keep a model loaded, in seconds; -1 for ever; None: nothing was wished.

    A number is seconds; a text is a duration as Go writes them (``1h30m``, ``-1s``).

    Raises:
        InvalidField: it is no duration.
    """
    if found is None:
        return None
    seconds = float(found) if isinstance(found, int | float) else _duration(found.strip())
    if seconds is None:
        raise InvalidField(
            field="keep_alive", reason="use seconds or a duration such as 1h30m", param="keep_alive"
        )
    return -1.0 if seconds < 0 else seconds


def _duration(text: str) -> float | None:
    if _NUMBER.fullmatch(text):
        return float(text)
    sign = -1 if text.startswith("-") else 1
    rest = text.lstrip("+-") if text[:2] not in {"--", "++", "-+", "+-"} else ""
    total, at = 0.0, 0
    while at < len(rest):
        match = _DURATION.match(rest, at)
        if match is None:
            return None
        total += float(match[1]) * _UNITS[match[2]]
        at = match.end()
    return sign * total if at else None
