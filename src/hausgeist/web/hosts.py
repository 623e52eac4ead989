# SPDX-License-Identifier: EUPL-1.2
"""Which names this server answers to. Against DNS rebinding: a foreign name that points here is refused.

A server on loopback answers to loopback names only; one on an address of the network also to that
address, and one on all addresses to any address, which nobody can rebind, and to the machine's name.
Names beyond that come from ``public_url`` and ``allowed_hosts``.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from starlette.types import Scope

from hausgeist.errors import WrongHost
from hausgeist.settings import Settings

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_KNOWN_MOST = 1000


class Hosts:
    """Checks the Host header of every request; a header seen before costs a look-up."""

    def __init__(self, settings: Settings) -> None:
        names = {name.strip().lower() for name in settings.allowed_hosts.split(",")}
        names.add((urlsplit(settings.public_url).hostname or "").lower())
        self._any_address = settings.host in {"", "0.0.0.0", "::", "*"}  # noqa: S104  compared only
        if not self._any_address:
            names.add(settings.host.lower().strip("[]"))
        if not _is_loopback(settings.host):
            names.add(socket.gethostname().lower())
        self._names = frozenset(names - {""}) | _LOOPBACK
        self._known: set[bytes] = set()

    def check(self, scope: Scope) -> None:
        """Let a request for one of our names pass.

        Raises:
            WrongHost: it is for another name, for several, or for none.
        """
        found = [value for name, value in scope["headers"] if name == b"host"]
        if len(found) == 1 and found[0] in self._known:
            return
        if len(found) != 1 or not self._ours(found[0]):
            raise WrongHost
        if len(self._known) < _KNOWN_MOST:
            self._known.add(found[0])

    def _ours(self, header: bytes) -> bool:
        name = host_name(header)
        if name is None:
            return False
        if name in self._names or name.endswith(".localhost"):
            return True
        return self._any_address and _is_address(name)


def host_name(header: bytes) -> str | None:
    """The name or address of a Host header in lower case, without port; None when it is malformed."""
    try:
        text = header.decode("ascii").lower()
    except UnicodeDecodeError:
        return None
    if not text or any(letter in " \t/\\?#@,%" for letter in text):
        return None
    if text.startswith("["):
        name, closed, rest = text[1:].partition("]")
        if not closed or not _is_address(name):
            return None
        port = rest.removeprefix(":") if rest else "0"
    else:
        name, _, port = text.partition(":") if ":" in text else (text, "", "0")
        name = name.removesuffix(".")
    return name if name and port.isdigit() and int(port) < 65536 else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    name = host.lower().strip("[]")
    return name == "localhost" or (_is_address(name) and ipaddress.ip_address(name).is_loopback)
