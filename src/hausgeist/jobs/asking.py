# SPDX-License-Identifier: EUPL-1.2
"""The asker of a worker: asks the house over HTTP, with a token of the job; what it refuses is raised here.

In: calls and where the house is. Out: answers, or the error the house told, as the class of that code. A
house that is away for a moment, because it is being started again, is waited for.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import cache
from urllib.parse import urlsplit

import msgspec

from hausgeist.core.asked import Asked
from hausgeist.core.calls import Call
from hausgeist.errors import HausgeistError, Internal, SetupError, Upstream, UpstreamAway
from hausgeist.jobs.wire import PATH, body_of, read_answer
from hausgeist.jobs.work import JobCancelled
from hausgeist.net import AllowList, Destination, Outbound
from hausgeist.net.client import Response

PATIENCE = 120.0
"""Seconds for which a house that takes no connection is waited for."""
LONGEST = 3_600.0
"""Seconds an answer may take: the house has its own time-outs."""
_REASON = "the house itself"


class _Fault(msgspec.Struct):
    message: str = ""
    code: str = ""


class _Faulty(msgspec.Struct):
    error: _Fault = msgspec.field(default_factory=_Fault)


class HouseAsker:
    """Asks the house at ``url``; ``token`` makes one for each call."""

    def __init__(self, outbound: Outbound, url: str, token: Callable[[], str]) -> None:
        self._outbound = outbound
        self._url = url.rstrip("/") + PATH
        self._token = token

    async def ask(self, call: Call) -> Asked:
        """Ask; who asks is the person who started the job, whatever the call says.

        Raises:
            HausgeistError: the house refused, or the call failed; as the house's own error.
            JobCancelled: the job is over, or its starter may no longer log in.
        """
        body = body_of(call)
        until = time.monotonic() + PATIENCE
        pause = 0.25
        while True:
            try:
                return await self._asked(body)
            except UpstreamAway:  # nothing was sent
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(pause)
            pause = min(5.0, pause * 2)

    async def _asked(self, body: bytes) -> Asked:
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        async with self._outbound.stream(
            "POST", self._url, headers=headers, body=body, idle_timeout=LONGEST
        ) as response:
            said = await response.read()
            if response.status != 200:
                raise _refused(response, said)
        try:
            return read_answer(said)
        except msgspec.DecodeError as error:
            raise Upstream(provider=_REASON, reason=type(error).__name__) from error


def way_in(url: str) -> AllowList:
    """What a worker may connect to: the house at ``url``, and nothing else.

    Raises:
        SetupError: it is no address.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        port = 0
    if not parts.hostname or not port:
        raise SetupError(
            problem=f"HAUSGEIST_GATEWAY_URL has the value {url!r}, which is no address of a house.",
            advice="Use the address of `hausgeist serve`, such as http://10.0.0.5:8421.",
        )
    allow = AllowList()
    allow.allow(Destination(parts.hostname, port, _REASON, private=True, zone="house"))
    return allow


def _refused(response: Response, said: bytes) -> Exception:
    """What the house told, as the error it was there."""
    if response.status == 401:
        return JobCancelled()
    try:
        fault = msgspec.json.decode(said, type=_Faulty).error
    except msgspec.DecodeError:
        fault = _Fault()
    wait = response.headers.get("Retry-After", "")
    error = _as_told(fault.code)(fault.message, retry_after=int(wait) if wait.isdigit() else None)
    error.code, error.status = fault.code or error.code, response.status
    return error


class _Told(HausgeistError):
    """An error that the house has put into words already; mixed into the class of its code."""

    def __init__(self, words: str, *, retry_after: int | None) -> None:
        HausgeistError.__init__(self, retry_after=retry_after)
        self._words = words

    def say(self, translate: Callable[[str], str] | None = None) -> str:
        """As the house said it."""
        del translate
        return self._words or self.text


@cache
def _as_told(code: str) -> type[_Told]:
    """The class of a code, as of an error that was told: whoever looks for the former catches it."""
    kind = _kinds().get(code, Internal)
    return type(kind.__name__, (_Told, kind), {})


@cache
def _kinds() -> dict[str, type[HausgeistError]]:
    """Each error by its code; of several with one code, the most general."""
    found: dict[str, type[HausgeistError]] = {}
    for kind in _below(HausgeistError):
        found.setdefault(kind.code, kind)
    return found


def _below(kind: type[HausgeistError]) -> Iterator[type[HausgeistError]]:
    level = [kind]
    while level:
        yield from level
        level = [one for above in level for one in above.__subclasses__()]
