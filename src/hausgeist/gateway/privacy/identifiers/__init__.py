# SPDX-License-Identifier: EUPL-1.2
"""Identifiers: numbers and addresses that point at a person, by shapes, check digits and anchor words.

A text flows in, findings flow out. Its rules are loaded with the first text and live in the detectors'
child process; the web process imports none of them.
"""

from hausgeist.core.findings import Finding
from hausgeist.gateway.privacy.identifiers.page import Page
from hausgeist.gateway.privacy.identifiers.table import DETECTORS, ELSEWHERE, VERSION, VETO
from hausgeist.gateway.privacy.identifiers.words import Anchors
from hausgeist.gateway.privacy.overlap import settle

__all__ = ["DETECTORS", "ELSEWHERE", "VERSION", "Identifiers", "settle"]


class Identifiers:
    """The rules, ready to be used."""

    def __init__(self) -> None:
        self._anchors = Anchors({one.name: one.anchors for one in DETECTORS} | {"veto": VETO})

    def find(self, text: str) -> tuple[Finding, ...]:
        """Identifiers of a text, in order, apart from each other."""
        return settle(self.every(text))

    def every(self, text: str) -> list[Finding]:
        """What each rule finds; it may overlap."""
        page = Page.of(text, self._anchors)
        return [found for detector in DETECTORS for found in detector.find(page)]
