# SPDX-License-Identifier: EUPL-1.2
"""Prompts with samples of their calls in a house that runs: a person's and a service's."""

from typing import Any

from hausgeist.core.labels import DataClass
from hausgeist.gateway.tap import Heard
from hausgeist.identity import KeyWish
from hausgeist.workbench.traffic import Masked, Traffic

SYSTEM = (
    "Du sortierst Zuschriften an die Stadt. Ordne jede genau einer Abteilung zu: "
    "Bau, Verkehr, Kita, Gebühren, Grünflächen oder Sonstiges. Antworte mit einem Wort."
)
LABELS = ("Verkehr", "Bau", "Verkehr", "Kita", "Gebühren", "Grünflächen")
THINGS = ("Radweg", "Fassade", "Bus", "Gruppe", "Bescheid", "Baum")
SHORTEN = "Fasse den folgenden Vermerk in höchstens drei Sätzen zusammen.\n\nVermerk:\n"


def heard(key_id: str, at_ms: int, **more: Any) -> Heard:
    """A call as the tap lays it aside."""
    facts = {
        "system": "",
        "schema": "",
        "wanted": "mia-3b",
        "model": "mia-3b",
        "provider": "mia",
        "data_class": DataClass.INTERNAL,
        "micro_eur": 1_450,
        "energy_mwh": 90,
    }
    return Heard(key_id=key_id, at_ms=at_ms, **{**facts, **more})


def furnish(server: Any, owner: str | None, *, by: str, count: int = 90) -> str:
    """A key whose owner agreed, with a prompt that sorts and one that writes; gives the key's id."""
    house = server.house

    async def made() -> str:
        wish = KeyWish(name="Posteingang", service=None if owner else "Posteingang")
        _, key = await house.identity.keys.create(wish, owner, by)
        await house.identity.keys.agree(key.id, owner, by, yes=True)
        return key.id

    key_id: str = server.call(made)
    traffic: Traffic = house.bench.traffic
    now = house.now_ms()
    calls = []
    for n in range(count):
        said = f"{THINGS[n % 6]} {n * 7919} in der Straße {n * 31}{('.', ', bitte!')[n % 2]}"
        calls.append(heard(key_id, now, system=SYSTEM, said=said, answer=LABELS[n % 6]))
    for n in range(24):
        said = f"{SHORTEN}{THINGS[n % 6]} und {n * 7919}."
        answer = f"Im Vermerk {n * 7919} geht es um vieles. " * 8
        calls.append(heard(key_id, now, said=said, answer=answer, micro_eur=None, energy_mwh=None))
    ready = [(one, Masked(one.system, one.said, one.answer, one.data_class)) for one in calls]
    house.store.write_now(lambda c: traffic.keep(c, key_id=key_id, ready=ready))
    return key_id
