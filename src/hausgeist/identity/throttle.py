# SPDX-License-Identifier: EUPL-1.2
"""Login attempts in, a wait out: per login name and per network, in the database, never for good.

The first attempts are free; then the wait doubles up to a few minutes, and an hour of quiet forgets all.
Names and networks are stored as keyed pseudonyms: what people type into the wrong field stays unread.
"""

import ipaddress
import unicodedata

from hausgeist.audit import Trail
from hausgeist.errors import LoginThrottled
from hausgeist.store import throttles
from hausgeist.store.db import Store

FREE = {"login": 5, "network": 30}
"""Attempts in a row without a wait. Behind one address there may be a whole office."""
LONGEST_MS = 300_000
FORGET_MS = 3_600_000


class Throttle:
    """Charges attempts before the password is looked at."""

    def __init__(self, store: Store, trail: Trail) -> None:
        self._store = store
        self._trail = trail

    async def charge(self, login: str, address: str, now_ms: int) -> None:
        """Charge an attempt for a login from a client's address.

        Raises:
            LoginThrottled: too many before; it says how many seconds to wait.
        """
        scopes = self._scopes(login, address)
        wait = await self._store.write(
            lambda connection: throttles.charge(connection, scopes, now_ms, FORGET_MS, wait_ms)
        )
        if wait > 0:
            seconds = -(-wait // 1000)
            raise LoginThrottled(seconds=seconds, retry_after=seconds)

    async def succeeded(self, login: str, address: str, now_ms: int) -> None:
        """The attempt was right: the login starts anew, the network gets its attempt back."""
        by_login, by_network = self._scopes(login, address)

        def give_back(connection: object) -> None:
            throttles.clear(connection, by_login)  # type: ignore[arg-type]  # the store's own
            throttles.refund(connection, by_network, now_ms)  # type: ignore[arg-type]

        await self._store.write(give_back)

    def _scopes(self, login: str, address: str) -> tuple[str, str]:
        return (
            f"login:{self._trail.pseudonym(f'login {skeleton(login)}')}",
            f"network:{self._trail.pseudonym(f'network {network(address)}')}",
        )


def wait_ms(scope: str, failures: int) -> int:
    """The wait after so many attempts: 1 s, 2 s, 4 s … once the free ones are used up."""
    beyond = failures - FREE[scope.partition(":")[0]]
    return 0 if beyond < 0 else min(1000 << min(beyond, 20), LONGEST_MS)


def skeleton(login: str) -> str:
    """What is left of a login name for a directory that compares as loosely as any does.

    Directories take no notice of case, accents, spaces and what cannot be seen (RFC 4518, and more): an
    attempt counts for all spellings that may find one entry, or each of them would have its own waits.
    """
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", login).casefold())
    kept = (letter for letter in apart if unicodedata.category(letter)[0] in "LNPS")
    return unicodedata.normalize("NFKC", "".join(kept)).casefold()


def network(address: str) -> str:
    """The network that one person is likely to hold: the address in IPv4, its /64 in IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
