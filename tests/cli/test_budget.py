# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist budget`` and ``hausgeist price``, called as a script calls them."""

import json

import pytest

from hausgeist.errors import InvalidField, NotFound


def test_a_budget_is_set_listed_and_removed(run):
    """Few people's use is no number on the command line either."""
    key = json.loads(run("key", "create", "wiki", "--service", "wiki", "--json").stdout)["id"]
    made = json.loads(run("budget", "set", "group:everyone", "--eur", "20", "--json").stdout)
    assert (made["limit_eur"], made["limit_tokens"], made["shown"]) == (20.0, None, False)
    assert made["spent_eur"] is None
    run("budget", "set", f"key:{key}", "--tokens", "500")
    listed = json.loads(run("budget", "list", "--json").stdout)
    assert [one["scope"] for one in listed] == ["group:everyone", f"key:{key}"]
    assert listed[1]["spent_tokens"] == 0
    run("budget", "remove", f"key:{key}")
    with pytest.raises(NotFound):
        run("budget", "remove", f"key:{key}")
    with pytest.raises(InvalidField):
        run("budget", "set", "group:everyone")
    for mistyped in ("group:everyon", "key:wiki"):
        with pytest.raises(InvalidField):
            run("budget", "set", mistyped, "--tokens", "500")


def test_a_price_is_entered_from_a_day_on(run):
    """In dollars with their rate; a day that is none is refused."""
    words = ("price", "set", "mistral/small", "--input", "0.2", "--output", "0.6")
    made = json.loads(run(*words, "--usd-rate", "0.5", "--from", "2026-11-01", "--json").stdout)
    assert (made["input_eur"], made["valid_from"]) == (0.1, "2026-11-01")
    assert "mistral/small" in run("price", "list").stdout
    with pytest.raises(InvalidField):
        run(*words, "--from", "morgen")
