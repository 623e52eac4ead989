# SPDX-License-Identifier: EUPL-1.2
"""What a change changed, as flat facts."""

from hausgeist.core.trail import FACT_MOST, differences


def test_only_what_differs_is_told():
    """Equal values are left out; what one side lacks is None there."""
    assert differences({"a": 1, "b": "x"}, {"a": 1, "b": "y", "c": True}) == {
        "before.b": "x",
        "after.b": "y",
        "before.c": None,
        "after.c": True,
    }


def test_lists_are_text_and_long_texts_are_cut():
    """A fact is flat and bounded, whatever a setting holds."""
    facts = differences({"list": ["ä"], "text": ""}, {"list": None, "text": "x" * 1000})
    assert facts["before.list"] == '["ä"]'
    assert facts["after.text"] == "x" * FACT_MOST
