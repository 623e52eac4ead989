# SPDX-License-Identifier: EUPL-1.2
"""The one reader of addresses: a URL goes in, what will be connected to comes out, or a refusal.

Configuration, the allow list and the client all use it, so that no two parsers can disagree about the
host. Whatever has more than one reading (user names, backslashes, white space, numbers that some systems
take for an IPv4 address) is refused instead of interpreted.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from yarl import URL

_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")
"""A last label that makes the whole host a number (WHATWG URL, "ends in a number checker")."""
LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class Target:
    """What a URL leads to. ``host`` is lower case, ASCII, without brackets and trailing dot."""

    url: URL
    host: str
    port: int
    secure: bool
    literal: bool
    """The host is an IP address, in its canonical spelling."""

    @property
    def path(self) -> str:
        """Path and query as a request's first line has them."""
        return self.url.raw_path_qs or "/"

    @property
    def authority(self) -> str:
        """Host and port as a request's head has them; the scheme's own port is left out."""
        return self.url.host_port_subcomponent or self.host


@lru_cache(maxsize=512)
def locate(url: str) -> Target:
    """Read an ``http:`` or ``https:`` URL.

    Raises:
        ValueError: it is no such URL, or its host has more than one reading; the text says why.
    """
    if _ODD.search(url):
        raise ValueError("white space, control characters and backslashes have no place in it")
    parsed = URL(url)
    if parsed.scheme not in {"http", "https"}:
        raise ValueError("it must begin with http:// or https://")
    if parsed.raw_user is not None or parsed.raw_password is not None:
        raise ValueError("a user name or password has no place in it")
    if not parsed.raw_host or not parsed.port:
        raise ValueError("it names no host or port")
    host = plain_host(parsed.raw_host)
    literal = is_address(host)
    if not literal and not _is_name(host):
        raise ValueError("its host is neither a name nor an IP address in the usual spelling")
    return Target(parsed, host, parsed.port, parsed.scheme == "https", literal)


def plain_host(host: str) -> str:
    """A host as it is compared: lower case, no brackets, no trailing dot; addresses canonical."""
    plain = host.lower().strip("[]").rstrip(".")
    return str(ip_address(plain)) if is_address(plain) else plain


def is_address(host: str) -> bool:
    """Whether a host (without brackets) is an IP address; scoped ones (``%eth0``) are not taken."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _is_name(host: str) -> bool:
    last = host.rsplit(".", maxsplit=1)[-1]
    return (
        len(host) <= LONGEST_NAME
        and _NAME.fullmatch(host) is not None
        and _NUMBER.fullmatch(last) is None
    )
