# SPDX-License-Identifier: EUPL-1.2
"""What an upstream's refusal means: a status and a body in, one of our errors out.

Too many requests and overload are a matter of time (another route may be tried, and the caller learns
when to come back); a context that is too long and a wrong request are the caller's; the rest is a fault.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from hausgeist.core.models import ModelCard
from hausgeist.errors import (
    ContextOverflow,
    HausgeistError,
    Upstream,
    UpstreamBusy,
    UpstreamRefused,
)
from hausgeist.net import Response

LONGEST_WAIT = 3600
_BUSY = frozenset({429, 503, 529})
_TOO_LONG = re.compile(
    r"context[_ ](?:length|size|window)|exceed\w*[^.]{0,40}\bcontext|prompt is too long"
    r"|too many (?:input )?tokens|input (?:is )?too long",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\b\d{3,9}\b")


async def refusal(response: Response, provider: str, card: ModelCard | None) -> HausgeistError:
    """The error for an answer with a status of 400 or above."""
    data = await response.read(1024 * 1024)
    try:
        reason = error_words(msgspec.json.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        reason = f"status {response.status}"
    return refused(response.status, reason, provider, card, response.headers)


def refused(
    status: int,
    reason: str,
    provider: str,
    card: ModelCard | None,
    headers: Mapping[str, str] | None = None,
) -> HausgeistError:
    """The error for a status and the words that came with it."""
    if card is not None and status in {400, 413, 422} and _TOO_LONG.search(reason):
        numbers = [int(number) for number in _NUMBER.findall(reason)]
        return ContextOverflow(
            needed=max(numbers, default="?"),
            model=card.id,
            context=card.context or min(numbers, default="?"),
            param="messages",
        )
    if status in _BUSY:
        wait = retry_after(headers or {})
        return UpstreamBusy(provider=provider, reason=f"{status}: {reason}", retry_after=wait)
    if status >= 500 or status == 408:
        return Upstream(provider=provider, reason=f"{status}: {reason}")
    if card is not None and status in {401, 403}:  # about our key, which is no affair of callers
        reason = f"status {status}"
    return UpstreamRefused(provider=provider, reason=reason, upstream_status=status)


def fault(reason: str, provider: str, card: ModelCard, status: int = 500) -> HausgeistError:
    """The error for one that came after the head of the answer, where the status was 200 already."""
    return refused(400 if _TOO_LONG.search(reason) else status, reason, provider, card)


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Seconds to wait, from ``Retry-After`` in either of its forms (RFC 9110, 10.2.3); an hour at most."""
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            then = parsedate_to_datetime(value)
        except ValueError:
            return None
        now = datetime.now(UTC)
        seconds = (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    if not 0 <= seconds < float("inf"):
        return None
    return min(int(seconds + 0.999), LONGEST_WAIT)


def error_words(found: Any) -> str:
    """The message in an error body of any of the shapes in use, at most 300 characters."""
    for _ in range(8):  # some wrap an error in an error
        if isinstance(found, list) and found:
            found = found[0]
            continue
        inner = next((key for key in _WORDS if isinstance(found, dict) and found.get(key)), None)
        if inner is None:
            break
        found = found[inner]
    return str(found)[:300]


_WORDS = ("error", "message", "detail", "msg")
