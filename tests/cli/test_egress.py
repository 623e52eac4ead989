# SPDX-License-Identifier: EUPL-1.2
"""What left and whether a house is silent, from the command line."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from hausgeist.app import now_ms, open_store
from hausgeist.cli import command_line, doctor, silence
from hausgeist.errors import BadUpload
from hausgeist.net import Connections
from hausgeist.settings import Settings, load


@pytest.fixture
def house(home, monkeypatch) -> Settings:
    """The settings of a house with a database and nothing else."""
    monkeypatch.setenv("HAUSGEIST_HOME", str(home))
    open_store(load()).close()
    return load()


def run(*words):
    return CliRunner().invoke(command_line(words[0]), list(words))


def opened(house, host, *, reason="provider:up"):
    """Note a connection as the client does."""
    store = open_store(house)

    async def note():
        Connections(store, now_ms).note(host, 443, reason, True)
        await store.drain()

    asyncio.run(note())
    store.close()


def test_a_house_that_spoke_with_nobody_is_silent(house):
    """The ledger of the last thirty days is empty, and that is said."""
    (heard,) = silence.ledger(house)
    assert heard.silent
    assert "nobody outside" in heard.what


def test_a_connection_is_named(house):
    """Host, how often and why: silence was broken."""
    opened(house, "ki.example.eu")
    (heard,) = silence.ledger(house)
    assert not heard.silent
    assert "ki.example.eu:443 1 times" in heard.what
    assert "provider:up" in heard.what


def test_this_machine_is_no_outside(house):
    """What leads to loopback breaks no silence."""
    opened(house, "127.0.0.1", reason="engine")
    (heard,) = silence.ledger(house)
    assert heard.silent


@pytest.mark.parametrize(
    ("told", "silent"),
    [
        ({"exit": 0, "lost": 0, "counted": 1}, True),
        ({"exit": 0, "lost": 3, "counted": 1}, False),
        ({"exit": 3, "lost": 0, "counted": 1}, False),
    ],
)
def test_a_trial_is_judged(house, monkeypatch, told, silent):
    """A packet that looked for a way out, or a house that fell, is no silence."""

    def live(home, model, *, alone):
        del model, alone
        line = {"pid": 1, "what": "socket.connect", "where": "127.0.0.1"}
        (home.parent / "connections").write_text(json.dumps(line) + "\n")
        return told

    monkeypatch.setattr(silence, "_live", live)
    monkeypatch.setattr(silence, "_may_be_alone", lambda: True)
    assert all(one.silent for one in silence.trial(house)) is silent


def test_an_attempt_to_reach_somebody_breaks_silence(house, monkeypatch):
    """What a process wanted to reach is named, and the exit code is 1."""

    def live(home, model, *, alone):
        del model, alone
        line = {"pid": 7, "what": "socket.getaddrinfo", "where": "telemetry.example"}
        (home.parent / "connections").write_text(json.dumps(line) + "\n")
        return {"exit": 0}

    monkeypatch.setattr(silence, "_live", live)
    monkeypatch.setattr(silence, "_may_be_alone", lambda: False)
    done = run("doctor", "--silence")
    assert done.exit_code == 1
    assert "Process 7 wanted to reach telemetry.example" in done.output


def test_a_real_house_lives_in_silence(house):
    """The real trial: a house set up, looked at and stopped, and nobody outside was wanted."""
    heard = list(silence.trial(house, quiet=True))
    assert [one.what for one in heard if not one.silent] == []
    assert any("set up, looked at" in one.what for one in heard)


def test_a_report_is_made_and_verified(house, tmp_path):
    """The file of the running month is provisional and genuine; a changed one is not."""
    file = tmp_path / "report.json"
    done = run("egress", "report", "--out", str(file))
    assert done.exit_code == 0, done.output
    assert "provisional" in done.output
    done = run("egress", "verify", str(file))
    assert done.output.startswith("Genuine")
    report = json.loads(file.read_text())
    file.write_text(json.dumps(report | {"month": "2020-01"}))
    assert isinstance(run("egress", "verify", str(file)).exception, BadUpload)


def test_an_auditor_verifies_with_the_key_alone(house, tmp_path, monkeypatch):
    """Without the house's secret, its public key is enough."""
    file = tmp_path / "report.json"
    run("egress", "report", "--out", str(file))
    key = json.loads(file.read_text())["public_key"]
    monkeypatch.setenv("HAUSGEIST_HOME", str(tmp_path / "elsewhere"))
    assert run("egress", "verify", str(file), "--key", key).output.startswith("Genuine")
    other = "A" * 43 + "="
    assert run("egress", "verify", str(file), "--key", other).exception is not None


def test_doctor_says_that_lists_differ(house):
    """A connection that no departure explains is an error of the house."""
    opened(house, "odd.example", reason="x")
    levels = {one.level for one in doctor.egress(house)}
    assert "error" in levels
