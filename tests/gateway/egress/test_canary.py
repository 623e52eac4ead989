# SPDX-License-Identifier: EUPL-1.2
"""The canary goes through the real border; what of her arrives is found, however it is written."""

import asyncio
import json
import time
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from hausgeist.audit import Trail
from hausgeist.core.findings import Examination, Finding, Kind
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.policy import DEFAULT_POLICY, Rule
from hausgeist.errors import DetectorDown
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.gateway.border import Border
from hausgeist.gateway.egress import Canary
from hausgeist.gateway.egress.canary import VALUES, found_in
from hausgeist.gateway.privacy import Examiner
from hausgeist.gateway.privacy.veils import Veils
from hausgeist.ledger import Book
from hausgeist.store import departures as rows
from hausgeist.store.tables import audit_payloads, departures, ledger

NOW = 1_790_000_000_000


class Sees:
    """Detectors that find a person in everything."""

    async def examine(self, texts):
        return Examination({text: (Finding(0, len(text), Kind.PERSON, "test"),) for text in texts})


class Blind:
    """Detectors that find nothing."""

    async def examine(self, texts):
        return Examination(dict.fromkeys(texts, ()))


class Down:
    """Detectors that do not work."""

    async def examine(self, texts):
        raise DetectorDown


@pytest.fixture
def gateway(store):
    directory = Directory()
    return Gateway(
        directory=directory,
        routes=Routes(directory, time.monotonic),
        book=Book(store, lambda: NOW),
        trail=Trail(store, b"k" * 32, lambda: NOW),
        now_ms=lambda: NOW,
        veils=Veils(store, b"k" * 32, lambda: NOW),
    )


def flown(store, gateway):
    canary = Canary(store, gateway.trail, gateway, lambda: NOW)

    async def run():
        try:
            return await canary.fly()
        finally:
            await store.drain()
            if isinstance(gateway.border.examiner, Examiner):
                await gateway.border.examiner.close()

    return asyncio.run(run())


def counted(store, table):
    return store.read_now(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one())


def test_she_passes_under_a_pseudonym(store, gateway):
    """Hidden on the way out, restored on the way back: the border held."""
    found = flown(store, gateway)
    assert (found.outcome, found.detail) == ("passed", "")
    assert {"person", "iban", "id_card", "tax_id"} <= dict(found.hidden).keys()
    assert found.bytes_out > 0


def test_a_refusal_is_a_pass_of_its_own_kind(store, gateway):
    """Without anybody who makes pseudonyms, the border lets nothing go, and that is said."""
    gateway.veils = None
    found = flown(store, gateway)
    assert (found.outcome, found.good, found.bytes_out) == ("refused", True, 0)
    assert found.detail


def test_blind_detectors_are_a_leak(store, gateway):
    """What the detectors miss arrives, and the flight says which kinds."""
    gateway.border = replace(gateway.border, examiner=Blind())
    found = flown(store, gateway)
    assert (found.outcome, found.good) == ("leaked", False)
    assert set(found.detail.split(", ")) == set(VALUES)


def test_rules_that_let_her_go_are_a_leak(store, gateway):
    """A policy that lets personal data out in the clear is found out."""
    matrix = {**DEFAULT_POLICY.matrix}
    for data_class in DataClass:
        matrix[data_class, Zone.EU] = Rule.ALLOW
    gateway.border = Border(replace(DEFAULT_POLICY, matrix=matrix), examiner=Sees())
    assert flown(store, gateway).outcome == "leaked"


def test_detectors_that_are_down_break_the_flight(store, gateway):
    """What could not be tried is no pass."""
    gateway.border = replace(gateway.border, examiner=Down())
    found = flown(store, gateway)
    assert (found.outcome, found.good) == ("broken", False)


def test_she_costs_nothing_and_counts_nowhere(store, gateway):
    """No ledger row, no departure, no model in anybody's list; the flight itself is kept."""
    found = flown(store, gateway)
    assert counted(store, ledger) == 0
    assert counted(store, departures) == 0
    assert gateway.directory.everything() == []
    assert store.read_now(lambda c: rows.flights(c, 0)) == {found.outcome: 1}


def test_a_flight_is_in_the_trail(store, gateway):
    """What came of it can be looked up by an auditor, without her values."""
    gateway.border = replace(gateway.border, examiner=Blind())
    flown(store, gateway)
    texts = store.read_now(lambda c: c.execute(select(audit_payloads.c.body)).scalars().all())
    assert any("egress.canary_leaked" in text for text in texts)
    assert not any("Mustermann" in text or "L01X00T47" in text for text in texts)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"content": "IBAN DE02 1203 0000 0000 2020 51"}', "iban"),
        (b'{"content": "IBAN DE02-1203-0000-0000-2020-51"}', "iban"),
        (json.dumps({"a": [{"b": "Heidestraße 17"}]}).encode(), "address"),
        (b"frau MUSTERMANN", "person"),
        (b'{"arguments": "{\\"nummer\\": \\"l01x 00t47\\"}"}', "id_card"),
    ],
)
def test_a_value_is_found_however_it_is_written(body, kind):
    """Spaces, signs, capital letters and escapes hide nothing from the listener."""
    assert found_in(body) == [kind]


def test_a_veiled_body_has_nothing_of_her():
    """Pseudonyms alone are no leak."""
    assert found_in(b'{"content": "[[PERSON_1]], [[IBAN_1]], 51147 [[ADDRESS_1]]"}') == []
