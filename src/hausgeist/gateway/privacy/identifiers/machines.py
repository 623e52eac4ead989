# SPDX-License-Identifier: EUPL-1.2
"""Numbers of devices and vehicles: IP, MAC, IMEI, VIN. Loopback, masks and versions are none."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.identifiers import checks
from hausgeist.gateway.privacy.identifiers.page import Page, pattern
from hausgeist.gateway.privacy.identifiers.rule import STRICT, Detector, Rule

_FOUR = pattern(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}")
_SIX = pattern(r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,34}(?::[0-9]{1,3}(?:\.[0-9]{1,3}){3})?")
_USUAL = frozenset({10, 127, 172, 192, 169})


@dataclass(frozen=True, slots=True)
class Addresses:
    """IPv4 and IPv6 addresses of some device."""

    name: ClassVar[str] = "ip"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.IP})
    anchors: ClassVar[tuple[str, ...]] = (
        *("ip", "ip-adresse", "ip-adressen", "ipv4", "ipv6", "ip address", "host", "server"),
        *("client", "rechner", "ip:"),
    )

    def find(self, page: Page) -> Iterator[Finding]:
        """Addresses."""
        place = 0
        while (match := _FOUR.search(page.data, place)) is not None:
            start, end = match.span()
            place = start + 1
            if self._four(page, start, end):
                place = end
                yield Finding(start, end, Kind.IP, self.name, certain=True)
        for match in _SIX.finditer(page.data):
            start, end = match.span()
            while (
                end > start
                and page.data[end - 1 : end] == b":"
                and page.data[end - 2 : end] != b"::"
            ):
                end -= 1
            if page.alone(start, end) and _six(page.plain(start, end)):
                yield Finding(start, end, Kind.IP, self.name, certain=True)

    def _four(self, page: Page, start: int, end: int) -> bool:
        around = page.plain(max(0, start - 1), start), page.plain(end, end + 2)
        if not page.alone(start, end) or around[0] in {".", "-"}:
            return False
        if around[1][:1] == "." and around[1][1:].isdecimal():
            return False
        octets = [int(one) for one in page.plain(start, end).split(".")]
        if max(octets) > 255 or octets[0] in {0, 127, 255}:
            return False
        if page.behind(self.name, start, STRICT):
            return True
        # 1.2.3.4 is a heading or a version; addresses have larger parts, or a network's first one
        return not page.behind("veto", start, 24) and (
            octets[0] in _USUAL or (max(octets[1:]) >= 30 and octets[0] >= 2)
        )


def _six(text: str) -> bool:
    if "::" not in text and text.count(":") != 7:
        return False
    try:
        found = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    groups = [group for group in text.split(":") if group]
    telling = len(groups) >= 3 or (groups and len(groups[0]) == 4)
    return (
        bool(telling)
        and any(letter.isdecimal() for letter in text)
        and not (found.is_loopback or found.is_unspecified)
    )


def _device(value: str) -> bool:
    """No broadcast, no placeholder."""
    return len(set(checks.bare(value))) > 1


MACHINES: tuple[Detector, ...] = (
    Addresses(),
    Rule(
        "mac",
        Kind.MAC,
        r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}"
        r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}",
        check=_device,
        anchors=("mac", "mac-adresse", "mac address", "hardwareadresse", "ethernet"),
        loose=r"[0-9A-Fa-f]{2}(?:[:. -]?[0-9A-Fa-f]{2}){5}",
    ),
    Rule(
        "imei",
        Kind.IMEI,
        r"[0-9]{2}-[0-9]{6}-[0-9]{6}-[0-9]|[0-9]{6}-[0-9]{2}-[0-9]{6}-[0-9]",
        check=checks.imei,
        anchors=("imei", "imei-nummer", "imeisv", "gerätenummer", "imei1", "imei2"),
        loose=r"[0-9]{2}[ /-]?[0-9]{6}[ /-]?[0-9]{6}[ /-]?[0-9]{1,2}"
        r"|[0-9]{6}[ /-]?[0-9]{2}[ /-]?[0-9]{6}[ /-]?[0-9]",
        gap=40,
    ),
    Rule(
        "vehicle",
        Kind.PLATE,
        r"[A-HJ-NPR-Z0-9]{17}",
        alone=False,  # its check digit is used in North America alone
        anchors=(
            *("fahrgestellnummer", "fahrgestell-nr", "fahrgestellnr", "fin", "vin"),
            *("fahrzeug-identifizierungsnummer", "fahrzeugidentifizierungsnummer"),
            *("fahrzeug-identifikationsnummer", "fahrzeugidentifikationsnummer", "fz-id-nr"),
        ),
        loose=r"(?i:[A-HJ-NPR-Z0-9]{3}[ -]?[A-HJ-NPR-Z0-9]{6}[ -]?[A-HJ-NPR-Z0-9]{8})",
        fits=lambda value: sum(letter.isdigit() for letter in value) >= 4,
        gap=40,
    ),
)
