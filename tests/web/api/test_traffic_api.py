# SPDX-License-Identifier: EUPL-1.2
"""Calls of programs become prompts, whatever dialect they speak, once the key's owner has agreed."""

import time

import pytest

from hausgeist.store import traffic
from hausgeist.testing.served import Served

SYSTEM = "Sag, wie alt jemand ist, und wie er heißt. Antworte als JSON."


def chat(text):
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
    return "/v1/chat/completions", {"messages": messages}


def streamed_chat(text):
    path, body = chat(text)
    return path, {**body, "stream": True}


def response(text):
    return "/v1/responses", {"instructions": SYSTEM, "input": text, "store": False}


def message(text):
    messages = [{"role": "user", "content": text}]
    return "/v1/messages", {"system": SYSTEM, "max_tokens": 99, "messages": messages}


def ollama(text):
    return "/api/chat", {"messages": chat(text)[1]["messages"], "stream": False}


DIALECTS = (chat, streamed_chat, response, message, ollama)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A house with its real detectors."""
    with Served(tmp_path_factory.mktemp("traffic") / "home") as found:
        yield found


def _key(served, *, agreed):
    keys = served.house.identity.keys
    token = served.new_key(name="agreed" if agreed else "silent")
    listed = served.run(keys.of(served.member.id))
    key_id = next(one.id for one in listed if token.endswith(one.hint[-4:]))
    if agreed:
        served.run(keys.agree(key_id, served.member.id, served.member.id, yes=True))
    return token, key_id


def _ask_all(served, token):
    for dialect in DIALECTS:
        for text in ("Ada, geboren im Dezember.", "Eine Kollegin aus dem Bauamt."):
            path, body = dialect(text)
            reply = served.request("POST", path, {"model": "json", **body}, key=token)
            assert reply.status == 200, reply.body


def _worked_off(served, key_id, calls):
    """The key's prompts, once the house's own rounds have counted so many calls."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        rows = served.house.store.read_now(lambda c: traffic.of_key(c, key_id))
        if sum(row.calls for row in rows) >= calls:
            return rows
        time.sleep(0.1)
    raise AssertionError("the rounds did not work it off")


def test_every_dialect_leads_to_the_same_prompt(served):
    """Five dialects with the same instructions are one prompt: the tap hangs on the call."""
    token, key_id = _key(served, agreed=True)
    _ask_all(served, token)
    rows = _worked_off(served, key_id, 2 * len(DIALECTS))
    assert {row.kin for row in rows} == {rows[0].kin}
    assert sum(row.calls for row in rows) == 2 * len(DIALECTS)
    vault = served.house.bench.traffic.vault
    assert {vault.prompt(row.body, row.id).system for row in rows} == {SYSTEM}


def test_a_silent_key_leaves_nothing(served):
    """Without the word nothing even waits; a person's own chat has no key at all."""
    token, key_id = _key(served, agreed=False)
    taken = served.house.gateway.tap.taken
    _ask_all(served, token)
    assert served.house.gateway.tap.taken == taken
    assert served.house.store.read_now(lambda c: traffic.of_key(c, key_id)) == []


def test_the_word_holds_from_the_next_call_on(served):
    """The key's holder is remembered for seconds; a changed word counts at once all the same."""
    token, key_id = _key(served, agreed=False)
    path, body = chat("Erst nein.")
    served.request("POST", path, {"model": "json", **body}, key=token)
    taken = served.house.gateway.tap.taken
    keys = served.house.identity.keys
    served.run(keys.agree(key_id, served.member.id, served.member.id, yes=True))
    served.request("POST", path, {"model": "json", **body}, key=token)
    assert served.house.gateway.tap.taken == taken + 1
    served.run(keys.agree(key_id, served.member.id, served.member.id, yes=False))
    served.request("POST", path, {"model": "json", **body}, key=token)
    assert served.house.gateway.tap.taken == taken + 1
