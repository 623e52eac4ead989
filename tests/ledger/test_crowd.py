# SPDX-License-Identifier: EUPL-1.2
"""Nobody can work out what few people used: an attacker sees every figure of every day, page and month.

The attack: in a second world the calls of fewer than five people were made by somebody else, or not at
all. If everything that can be seen is the same in both, nothing that was seen tells of those people.
"""

import itertools
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select

from hausgeist.gateway.drill import _replayed
from hausgeist.ledger.crowd import FEWEST, OTHERS, OWN, WITHHELD, Member, cells
from hausgeist.ledger.usage import DIMENSIONS, parted, sorted_by, total
from hausgeist.store import drills, usage, what_if
from hausgeist.store.tables import (
    api_keys,
    audit_leaves,
    conversations,
    groups,
    ledger,
    memberships,
    metadata,
    sessions,
    usage_closed,
    usage_days,
    users,
)

TABLES = (
    api_keys, audit_leaves, conversations, groups, ledger, memberships, sessions, usage_closed,
    usage_days, users,
)  # fmt: skip
DAY = usage.DAY
FIRST = 20_000
MODELS = ("small", "large", "law")
PRICES = {"small": (1, 2), "large": (3, 11), "law": (5, 17)}


@st.composite
def houses(draw):
    """People in groups with cost centres, further groups, allowed models, keys of their own; their calls."""
    allowed = st.none() | st.frozensets(st.sampled_from(MODELS), min_size=1)
    count = draw(st.integers(1, 4))
    made = [
        (f"g{n}", draw(st.sampled_from([None, "c1", "c2"])), draw(allowed)) for n in range(count)
    ]
    people = []
    for name, _, _ in made:
        people += [name] * draw(st.integers(0, 8))
    more = [draw(st.none() | st.sampled_from([one[0] for one in made])) for _ in people]
    own = [draw(st.none() | st.just("c3")) if draw(st.booleans()) else None for _ in people]
    calls = draw(
        st.lists(
            st.tuples(
                st.integers(0, 40),
                st.integers(0, 2),
                st.integers(0, 2),
                st.booleans(),
                st.integers(1, 900),
            ),
            max_size=30,
        )
    )
    return made, people, more, own, calls


def house_of(made, people, more, own):
    """The house in a database, without calls."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine, tables=TABLES)
    connection = engine.connect()
    for name, centre, models in made:
        text = None if models is None else "[" + ",".join(f'"{one}"' for one in models) + "]"
        connection.execute(
            insert(groups).values(
                id=name, title=name, cost_centre=centre, created_at=0, models=text
            )
        )
    for n, group in enumerate(people):
        connection.execute(
            insert(users).values(
                id=f"p{n}", login=f"p{n}", name="x", role="member", group_id=group, locale="de",
                active=True, created_at=0,
            )
        )  # fmt: skip
        connection.execute(
            insert(conversations).values(
                id=f"t{n}", owner_id=f"p{n}", title="", model="small", data_class="internal",
                created_at=0, updated_at=(FIRST + 1) * DAY,
            )
        )  # fmt: skip
        if more[n] not in {None, group}:
            connection.execute(insert(memberships).values(user_id=f"p{n}", group_id=more[n]))
        if own[n]:
            connection.execute(
                insert(api_keys).values(
                    id=f"k{n}", hash=f"h{n}", hint="", name="k", user_id=f"p{n}", group_id=group,
                    cost_centre=own[n], max_class="public", created_at=0,
                )
            )  # fmt: skip
    return connection


def book(connection, calls):
    """Calls as (account, day, model, tokens) in the ledger, then every day added up."""
    for n, ((group, centre), day, model, tokens) in enumerate(calls):
        paid, written = PRICES[model]
        connection.execute(
            insert(ledger).values(
                call_id=f"call{n}", at=(FIRST + day) * DAY + 1, group_id=group, cost_centre=centre,
                service_key=None, purpose="chat", model=model, provider="p", zone="house",
                data_class="internal", policy_version="1", input_tokens=tokens, output_tokens=7,
                cached_tokens=0, reasoning_tokens=0, estimated=False,
                micro_eur=tokens * paid + 7 * written, price_source="list", energy_mwh=tokens,
                energy_source="measured:rapl", duration_ms=1, outcome="ok", event=None,
            )
        )  # fmt: skip
    for day in range(3):
        usage.close(connection, usage.add_up(connection, FIRST + day, parted))


def seen(connection):
    """Everything that anybody can be shown: each dimension of each span of days, totals, days."""
    spans = [(a, b) for a, b in itertools.combinations(range(4), 2)]
    shown = []
    for a, b in spans:
        found = usage.between(connection, FIRST + a, FIRST + b)
        shown.append(total(found))
        shown += [sorted_by(found, dimension) for dimension in DIMENSIONS]
        shown.append(usage.by_day(connection, FIRST + a, FIRST + b))
        shown += _decided_again(connection, (FIRST + a) * DAY, (FIRST + b) * DAY)
    return shown


def _decided_again(connection, since, until):
    """What what-ifs and drills read of the ledger, as far as they tell calls apart."""
    sorts, rows = Counter(), Counter()
    for sort in what_if.sorts_between(connection, since, until):
        group = "" if sort.cell == OTHERS else sort.group_id
        sorts[group, sort.model, sort.data_class, sort.assistant_id] += sort.count
    for row in drills.calls_between(connection, since, until, 1_000):
        one = _replayed(*row)
        rows[one.group, one.cost_centre, one.model, one.at, one.input_tokens] += 1
    return [sorts, rows]


def may_use(house, person, model):
    made, people, more, _ = house
    lists = [models for name, _, models in made if name in {people[person], more[person]}]
    return any(models is None or model in models for models in lists)


@settings(max_examples=60, deadline=None)
@given(houses(), st.data())
def test_what_few_people_used_can_be_anything(house, data):
    """Whichever four or fewer people one asks about, everything shown is the same without their calls."""
    made, people, more, own, drawn = house
    centres = {name: centre for name, centre, _ in made}
    real = []
    for who, day, model, by_key, tokens in drawn:
        if not people:
            break
        person, name = who % len(people), MODELS[model]
        if may_use((made, people, more, own), person, name):
            group = people[person]
            centre = own[person] if by_key and own[person] else centres[group]
            real.append((person, (group, centre), day, name, tokens))
    targets = data.draw(
        st.sets(st.sampled_from(range(max(1, len(people)))), min_size=1, max_size=4)
    )
    first = house_of(made, people, more, own)
    book(first, [call[1:] for call in real])
    kinds = {
        ((row.group_id, row.cost_centre), row.model, row.day): row.cell
        for row in first.execute(select(usage_days))
    }
    # the other world: each of their calls is another's of the same cell; what is in no cell never was
    other = []
    for person, account, day, model, tokens in real:
        kind = kinds[(account[0], account[1] or ""), model, FIRST + day]
        if person not in targets:
            other.append((account, day, model, tokens))
        elif kind != WITHHELD:
            other.append((_somebody(house, targets, (account, model, kind)), day, model, tokens))
    second = house_of(made, people, more, own)
    book(second, other)
    assert seen(first) == seen(second)


def _somebody(house, targets, cell):
    """The account of somebody else who could have made the call in the same cell; there must be one."""
    account, model, kind = cell
    made, people, more, own, _ = house
    centres = {name: centre for name, centre, _ in made}
    members = [
        Member(
            frozenset({(group, centres[group] or "")} | ({(group, own[n])} if own[n] else set())),
            frozenset(m for m in MODELS if may_use((made, people, more, own), n, m)),
        )
        for n, group in enumerate(people)
    ]
    pairs = [(one, model) for member in members for one in member.accounts]
    found = cells(members, [*pairs, ((account[0], account[1] or ""), model)])
    for n, member in enumerate(members):
        if n in targets or not member.may_use(model):
            continue
        for one in sorted(member.accounts):
            same = one == (account[0], account[1] or "") if kind == OWN else True
            if same and found[one, model] == kind:
                return one[0], one[1] or None
    raise AssertionError((account, model, kind))


def test_five_stand_for_themselves_and_four_do_not():
    """A group of five is shown; one of four goes together with another of four."""

    def people(name, count):
        return [Member(frozenset({(name, "")})) for _ in range(count)]

    used = [(("a", ""), "m"), (("b", ""), "m"), (("c", ""), "m")]
    found = cells([*people("a", 5), *people("b", 4), *people("c", 4)], used)
    assert [found[one] for one in used] == [OWN, OTHERS, OTHERS]


def test_the_rest_is_never_of_fewer_than_five():
    """Where the others are too few, the smallest group that could be shown goes with them."""

    def people(name, count):
        return [Member(frozenset({(name, "")})) for _ in range(count)]

    used = [(("a", ""), "m"), (("b", ""), "m"), (("c", ""), "m")]
    found = cells([*people("a", 20), *people("b", 6), *people("c", 2)], used)
    assert [found[one] for one in used] == [OWN, OTHERS, OTHERS]


def test_a_house_of_four_is_in_no_figure():
    """Fewer than five people are withheld, whatever their groups."""
    members = [Member(frozenset({(name, "")})) for name in "abcd"]
    found = cells(members, [((name, ""), "m") for name in "abcd"])
    assert set(found.values()) == {WITHHELD}


def test_a_model_that_few_may_use_is_in_no_figure():
    """Many people are no crowd for what only three of them can have done."""
    many = [Member(frozenset({("a", "")}), frozenset({"m"})) for _ in range(20)]
    three = [Member(frozenset({("a", "")}), frozenset({"m", "law"})) for _ in range(3)]
    found = cells([*many, *three], [(("a", ""), "m"), (("a", ""), "law")])
    assert (found[("a", ""), "m"], found[("a", ""), "law"]) == (OWN, WITHHELD)


def test_what_somebody_left_behind_goes_with_the_others():
    """An account that nobody pays to any more is of few people, however large its use."""
    members = [Member(frozenset({("a", "")})) for _ in range(2 * FEWEST)]
    found = cells(members, [(("a", ""), "m"), (("gone", ""), "m")])
    assert set(found.values()) == {OTHERS}


def test_what_is_booked_late_is_counted_once_and_with_a_later_day():
    """A call of a day that was added up changes nothing of it; the next day that is added up has it."""
    connection = house_of([("g0", None, None)], ["g0"] * 6, [None] * 6, [None] * 6)
    book(connection, [(("g0", None), 0, "small", 100)])
    row = dict(connection.execute(select(ledger)).mappings().one())
    connection.execute(insert(audit_leaves).values(seq=5, hash=b"x" * 32))
    late = {"call_id": "late", "event": 5, "input_tokens": 11}
    connection.execute(insert(ledger).values(row | late))
    for day in (3, 4):
        usage.close(connection, usage.add_up(connection, FIRST + day, parted))
    found = usage.by_day(connection, FIRST, FIRST + 5)
    assert {day - FIRST: sum_.input_tokens for day, sum_ in found.items()} == {0: 100, 3: 11}
