# SPDX-License-Identifier: EUPL-1.2
"""Where the house may connect to: hosts and ports somebody configured, checked again after DNS.

A destination is allowed by name; the addresses it resolves to must be global ones, unless the
destination was configured as one of the organisation's own (``private``): a public name that
resolves to a private address is the classic way into an internal network.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from hausgeist.errors import EgressDenied, SetupError
from hausgeist.net.target import plain_host

OWN_SUFFIXES = (".internal", ".local", ".lan", ".localhost", ".home.arpa")


@dataclass(frozen=True, slots=True)
class Destination:
    """A host and port, why it is allowed, and whether private addresses are expected there.

    ``zone`` and ``country`` are what its provider was configured with; empty where nobody said.
    """

    host: str
    port: int
    reason: str
    private: bool = False
    zone: str = ""
    country: str = ""
    outside: bool = field(init=False, compare=False)
    """Whether what goes there leaves the house. Where nobody said, all does but the plainly own network."""

    def __post_init__(self) -> None:
        """Find out, once, whether it is outside: every request asks."""
        leads_out = self.zone != "house" if self.zone else not plainly_own(self.host)
        object.__setattr__(self, "outside", leads_out)


class AllowList:
    """The destinations of this process. Empty at a fresh install.

    Several reasons may allow one host and port; it stays allowed until the last of them is revoked.
    """

    def __init__(self, own_networks: str = "") -> None:
        """``own_networks``: public networks that are the organisation's own, comma-separated.

        Raises:
            SetupError: one of them is none.
        """
        self._own = tuple(map(_network, filter(None, map(str.strip, own_networks.split(",")))))
        self._table: dict[tuple[str, int], tuple[Destination, ...]] = {}

    def allow(self, destination: Destination) -> None:
        """Add a destination; it replaces one for the same host, port and reason."""
        key = plain_host(destination.host), destination.port
        others = [d for d in self._table.get(key, ()) if d.reason != destination.reason]
        found = [*others, destination]
        # of two reasons for one place, the one that leads out counts: what goes there is written down
        self._table[key] = tuple(sorted(found, key=lambda one: one.outside))

    def revoke(self, reason: str) -> None:
        """Remove every destination that was allowed for a reason."""
        kept = {
            key: tuple(entry for entry in entries if entry.reason != reason)
            for key, entries in self._table.items()
        }
        self._table = {key: entries for key, entries in kept.items() if entries}

    def find(self, host: str, port: int) -> Destination:
        """The destination for a host and port, the one allowed last; one that is outside before others.

        Raises:
            EgressDenied: nobody configured it.
        """
        found = self._table.get((host, port)) or self._table.get((plain_host(host), port))
        if found is None:
            raise EgressDenied(host=f"{host}:{port}", provider="")
        return found[-1]

    def all(self) -> list[Destination]:
        """Every destination there is, by host and port."""
        return [one for key in sorted(self._table) for one in self._table[key]]

    def leads_out(self) -> bool:
        """Whether anything outside is allowed at all."""
        return any(one.outside for entries in self._table.values() for one in entries)

    def check_address(self, destination: Destination, address: str) -> None:
        """Check an address the host resolved to.

        Raises:
            EgressDenied: the address is private, and the destination is not; or it is one where no
                server can be (link-local with the clouds' metadata services, multicast, 0.0.0.0); or
                it is said to be in the house, and is a public one that is not the organisation's: what
                stays in the house is neither examined nor written down, so no page decides that alone.
        """
        if destination.zone == "house" and is_global(address) and not self._is_own(address):
            raise EgressDenied(host=f"{destination.host} ({address})", provider="")
        if is_global(address) or (destination.private and not is_never(address)):
            return
        raise EgressDenied(host=f"{destination.host} ({address})", provider="")

    def _is_own(self, address: str) -> bool:
        ip = _unwrapped(address)
        return any(ip in network for network in self._own)


def _network(word: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(word, strict=False)
    except ValueError as error:
        raise SetupError(
            problem=f"{word[:100]} in HAUSGEIST_OWN_NETWORKS is no network.",
            advice="Write networks such as 198.51.100.0/24, separated by commas.",
        ) from error


def plainly_own(host: str) -> bool:
    """Whether a host is of the own network by its looks: its address or name is no public one."""
    try:
        return not is_global(host)
    except ValueError:
        return "." not in host or host.endswith(OWN_SUFFIXES)


@lru_cache(maxsize=1024)
def is_global(address: str) -> bool:
    """Whether an address is a public one, with IPv4 hidden in IPv6 unwrapped.

    Mapped (``::ffff:``), NAT64 (``64:ff9b::/96``), 6to4 (``2002::/16``) and Teredo carry an IPv4 address.
    """
    ip = _unwrapped(address)
    return ip.is_global and not ip.is_multicast


@lru_cache(maxsize=1024)
def is_never(address: str) -> bool:
    """Whether no destination may have the address, not even one of the organisation's own."""
    ip = _unwrapped(address)
    if ip.is_loopback:
        return False
    return ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved


def _unwrapped(address: str) -> IPv4Address | IPv6Address:
    ip = ip_address(address.split("%", maxsplit=1)[0])
    if not isinstance(ip, IPv6Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    number = int(ip)
    if number >> 32 == 0x0064_FF9B_0000_0000_0000_0000:
        return IPv4Address(number & 0xFFFFFFFF)
    return ip
