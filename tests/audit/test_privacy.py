# SPDX-License-Identifier: EUPL-1.2
"""The trail lets nobody follow one person's use of the house."""

import asyncio
import json
from collections import defaultdict

from auditing import SECRET, House
from sqlalchemy import select

from hausgeist.audit import Trail
from hausgeist.store.tables import audit_payloads

PEOPLE = ("anna", "bernd", "carla")


def lived(house: House):
    """Three people's calls, logins and shares; whose each event is, by number."""
    whose = {}

    async def work():
        number = 0
        for turn in range(4):
            for person in PEOPLE:
                for kind, subject in (
                    ("session.opened", person),
                    ("call.finished", f"chat-{person}-{turn}"),
                    ("share.created", f"talk-of-{person}"),
                ):
                    await house.trail.record(
                        kind, actor=person, subject=subject, model="m", tokens=100 + turn
                    )
                    whose[number] = person
                    number += 1

    asyncio.run(work())
    return whose


def bodies(house):
    query = select(audit_payloads.c.seq, audit_payloads.c.body, audit_payloads.c.salt)
    rows = house.store.read_now(lambda c: c.execute(query.order_by(audit_payloads.c.seq)).all())
    return {row.seq: (json.loads(row.body), bytes(row.salt)) for row in rows}


def test_no_field_links_two_uses_of_one_person(house):
    """A value that two events of one person share is shared by everybody's; none singles anybody out."""
    whose = lived(house)
    people_of = defaultdict(set)
    times = defaultdict(int)
    for seq, (event, salt) in bodies(house).items():
        facts = event.pop("facts")
        event.pop("at")  # the clock's, not the person's
        for name, value in [*event.items(), *facts.items(), ("salt", salt.hex())]:
            people_of[name, value].add(whose[seq])
            times[name, value] += 1
    linking = [key for key, people in people_of.items() if times[key] > 1 and people != set(PEOPLE)]
    assert linking == []


def test_no_name_of_a_thing_is_in_it(house):
    """Neither a person's id nor the id of a call or a conversation is in an event of use."""
    lived(house)
    text = json.dumps([event for event, _ in bodies(house).values()])
    for word in (*PEOPLE, "chat-", "talk-of"):
        assert word not in text


def test_who_knows_an_event_can_show_whose_it_was(house):
    """With the house's secret, person and call: this event and no other; without the secret nothing."""
    whose = lived(house)
    for seq, (event, _) in bodies(house).items():
        for person in PEOPLE:
            assert house.trail.belongs(event, person) is (whose[seq] == person)
    call = bodies(house)[1][0]
    assert house.trail.belongs(call, "anna", "chat-anna-0")
    assert not house.trail.belongs(call, "anna", "chat-anna-1")
    assert not Trail(house.store, b"x" * 32, house.clock).belongs(call, "anna")
    assert SECRET


def test_what_changes_the_house_has_one_hand(house):
    """Changes of one administrator can be seen as such."""

    async def work():
        for subject in ("one", "two"):
            await house.trail.record("group.changed", actor="anna", subject=subject)

    asyncio.run(work())
    assert len({event["actor"] for event, _ in bodies(house).values()}) == 1
