# SPDX-License-Identifier: EUPL-1.2
"""Where the house may connect to: hosts and ports somebody configured, checked again after DNS.

A destination is allowed by name; the addresses it resolves to must be global ones, unless the
destination was configured as one of the organisation's own (``private``): a public name that
resolves to a private address is the classic way into an internal network.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from hausgeist.errors import EgressDenied


@dataclass(frozen=True, slots=True)
class Destination:
    """A host and port, why it is allowed, and whether private addresses are expected there."""

    host: str
    port: int
    reason: str
    private: bool = False


class AllowList:
    """The destinations of this process. Empty at a fresh install."""

    def __init__(self) -> None:
        self._table: dict[tuple[str, int], Destination] = {}

    def allow(self, destination: Destination) -> None:
        """Add a destination; a second one for the same host and port replaces the first."""
        self._table[(plain_host(destination.host), destination.port)] = destination

    def revoke(self, reason: str) -> None:
        """Remove every destination that was allowed for a reason."""
        self._table = {key: entry for key, entry in self._table.items() if entry.reason != reason}

    def find(self, host: str, port: int) -> Destination:
        """The destination for a host and port.

        Raises:
            EgressDenied: nobody configured it.
        """
        found = self._table.get((plain_host(host), port))
        if found is None:
            raise EgressDenied(host=f"{host}:{port}", provider="")
        return found

    def check_address(self, destination: Destination, address: str) -> None:
        """Check an address the host resolved to.

        Raises:
            EgressDenied: the address is private, and the destination is not.
        """
        if not destination.private and not is_global(address):
            raise EgressDenied(host=f"{destination.host} ({address})", provider="")


def plain_host(host: str) -> str:
    """A host as it is compared: lower case, without brackets and trailing dot."""
    return host.lower().strip("[]").rstrip(".")


def is_global(address: str) -> bool:
    """Whether an address is a public one, with IPv4 hidden in IPv6 unwrapped.

    Mapped (``::ffff:``), NAT64 (``64:ff9b::/96``), 6to4 (``2002::/16``) and Teredo carry an IPv4 address.
    """
    ip = ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, IPv6Address):
        inner = _inner(ip)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


def _inner(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    number = int(ip)
    if number >> 32 == 0x0064_FF9B_0000_0000_0000_0000:
        return IPv4Address(number & 0xFFFFFFFF)
    return None
