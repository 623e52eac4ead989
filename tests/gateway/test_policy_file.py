# SPDX-License-Identifier: EUPL-1.2
"""Policies as files: there and back, and every way in which one is not accepted."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.policy import DEFAULT_POLICY, TERMS, Clause, Rule
from hausgeist.errors import InvalidField
from hausgeist.gateway import policy_file

BODY = policy_file.written(DEFAULT_POLICY)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
NAMES = st.frozensets(st.sampled_from(("a", "b-1", "größer", 'mit " und \\')), max_size=3)
CLAUSES = st.builds(
    Clause,
    id=st.sampled_from(("r1", "r2")),
    then=st.sampled_from((Rule.ASK, Rule.REFUSE, Rule.PSEUDONYMISE)),
    data_class=st.sampled_from(DataClass),
    purposes=st.frozensets(st.sampled_from(Purpose)),
    zones=st.frozensets(st.sampled_from((Zone.EU, Zone.WORLD))),
    countries=st.frozensets(st.sampled_from(("DE", "US"))),
    providers=NAMES,
    assistants=NAMES,
    groups=NAMES,
    requires=st.frozensets(st.sampled_from(TERMS)),
    retention_days=st.none() | st.integers(0, 100),
    note=WORDS,
)


def test_the_default_is_a_file_like_any_other():
    """What every house begins with can be written, read and is then the same."""
    found = policy_file.read(BODY, DEFAULT_POLICY.version)
    assert found == DEFAULT_POLICY
    assert policy_file.written(found) == BODY


@given(st.lists(CLAUSES, max_size=2, unique_by=lambda one: one.id), WORDS, WORDS)
@settings(max_examples=60)
def test_what_is_written_is_read_again(clauses, title, note):
    """Any policy goes into a file and comes out of it, whatever people write into it."""
    policy = replace(DEFAULT_POLICY, clauses=tuple(clauses), title=title, note=note)
    body = policy_file.written(policy)
    found = policy_file.read(body, policy.version)
    assert found == policy
    assert policy_file.written(found) == body


def test_a_version_is_its_number_and_its_content():
    """Another content has another name, and so has the same content later."""
    one = policy_file.version_of(1, BODY)
    assert one.startswith("1-")
    assert policy_file.version_of(2, BODY) != one
    assert policy_file.version_of(1, BODY + "#") != one


def test_a_table_with_gaps_is_read_and_refuses():
    """A file that leaves something out is a policy that refuses there."""
    found = policy_file.read('[table.public]\nhouse = "allow"\n')
    assert found.rule(DataClass.PUBLIC, Zone.HOUSE) is Rule.ALLOW
    assert found.rule(DataClass.PUBLIC, Zone.EU) is Rule.REFUSE
    assert found.rule(DataClass.SPECIAL, Zone.HOUSE) is Rule.REFUSE


def clause(text: str) -> str:
    return f"{BODY}\n[[rule]]\n{text}\n"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("", "file"),
        ("no toml at all [", "file"),
        (BODY.replace('"ask"', '"maybe"'), "file"),
        (BODY + '\nsurprise = "x"\n', "file"),
        (BODY.replace("[table.special]", "[table.secret]"), "file"),
        (BODY.replace('eu = "pseudonymise"', 'eu = "allow"'), "personal.eu"),
        (BODY.replace('eu = "pseudonymise"', 'eu = "reroute"'), "personal.eu"),
        (
            BODY.replace(
                '[table.special]\nhouse = "allow"\neu = "refuse"',
                '[table.special]\nhouse = "allow"\neu = "pseudonymise"',
            ),
            "special.eu",
        ),
        (
            BODY.replace(
                '[table.internal]\nhouse = "allow"\neu = "examine"',
                '[table.internal]\nhouse = "allow"\neu = "pseudonymise"',
            ),
            "internal.world",
        ),
        (BODY.replace('house = "allow"', 'house = "ask"', 1), "public.house"),
        (clause('id = "A b"\nthen = "refuse"'), "rules"),
        (clause('id = "contract"\nthen = "refuse"'), "contract"),
        (clause('id = "nothing"'), "nothing"),
        (clause('id = "far"\nthen = "refuse"\ncountries = ["Germany"]'), "far"),
        (clause('id = "days"\nretention_days = -1'), "days"),
        (clause('id = "who"\nthen = "reroute"'), "who"),
        (clause('id = "out"\nrelease = true\nclass = "special"\nthen = "ask"'), "out"),
        (clause('id = "out"\nrelease = true\nthen = "refuse"'), "out"),
        (clause('id = "in"\nzones = ["house"]\nthen = "ask"'), "in"),
        (clause('id = "req"\nrequires = ["examine"]'), "req"),
        (clause('id = "x"\nthen = "refuse"\ngroups = [""]'), "x"),
        ("#" * 200_001, "file"),
    ],
)
def test_what_is_not_right_is_refused_with_its_place(body, place):
    """Every fault says where it is."""
    with pytest.raises(InvalidField) as caught:
        policy_file.read(body)
    assert caught.value.param == place


@pytest.mark.parametrize("body", ["a." * 90_000 + "b = 1", "x = {" + '"a b".' * 30_000 + "c = 1}"])
def test_a_key_of_many_parts_is_not_even_read(body):
    """Reading it would take minutes, and everybody would wait."""
    with pytest.raises(InvalidField, match="too long"):
        policy_file.read(body)
