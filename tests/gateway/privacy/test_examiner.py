# SPDX-License-Identifier: EUPL-1.2
"""The examination and its process: fails closed in every way there is, recovers, scans no text twice."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from hausgeist.core.findings import Finding, Kind
from hausgeist.errors import DetectorDown
from hausgeist.gateway.privacy import Examiner, process, windows
from hausgeist.gateway.privacy.frames import OwnEntry
from hausgeist.gateway.privacy.identifiers import Identifiers
from hausgeist.gateway.privacy.remembered import Remembered
from hausgeist.jobs.confined import barriers

BROKEN = (
    """
import hausgeist.gateway.privacy.names as n
def gone(cls): raise FileNotFoundError
n.Names.load = classmethod(gone)
""",
    """
import hausgeist.gateway.privacy.identifiers as i
i.Identifiers.every = lambda self, text: []
""",
    """
import hausgeist.gateway.privacy.detectors as d
old = d.Detectors.find
def broken(self, text, **more):
    if "Mustermann" in text: raise MemoryError
    return old(self, text, **more)
d.Detectors.find = broken
""",
    "raise SystemExit(3)",
    "import os; os.write(1, (5).to_bytes(4) + b'gibts')",
    "import os; os.write(1, bytes([255]) * 9)",
)
TEXT = "Konto DE89 3704 0044 0532 0130 00 von erika@stadt.intern"
PATCHED = """
import importlib.util
spec = importlib.util.spec_from_file_location("inside", {program!r})
inside = importlib.util.module_from_spec(spec)
spec.loader.exec_module(inside)
inside._without_the_gateway()
{patch}
inside.main()
"""


def patched(tmp_path: Path, patch: str) -> Path:
    """The detectors' program with something broken in it."""
    path = tmp_path / "broken.py"
    path.write_text(PATCHED.format(program=str(process.PROGRAM), patch=patch), "utf-8")
    return path


def run(work: Callable[[Examiner], Awaitable[None]], **options: object) -> Examiner:
    """Do something with an examiner, and close it."""

    async def all_of_it() -> Examiner:
        examiner = Examiner(**options)  # type: ignore[arg-type]
        try:
            await work(examiner)
        finally:
            await examiner.close()
        return examiner

    return asyncio.run(all_of_it())


async def refused(examiner: Examiner, text: str = TEXT) -> None:
    """The examination does not succeed."""
    with pytest.raises(DetectorDown):
        await examiner.examine([text])


async def kinds(examiner: Examiner, text: str) -> list[Kind]:
    """What is certainly found in a text; what the model of names takes for one is its own affair."""
    found = await examiner.examine([text])
    return [one.kind for one in found.findings[text] if one.certain]


def pid_of(examiner: Examiner) -> int:
    """The process that examines."""
    assert examiner._process is not None
    return examiner._process.pid


def test_what_is_found_comes_by_text():
    """Each text has its own findings, in its own characters; texts without any have none."""

    async def work(examiner: Examiner) -> None:
        found = (await examiner.examine([TEXT, "Guten Tag", "", TEXT])).findings
        assert [TEXT[one.start : one.end] for one in found[TEXT]] == [
            "DE89 3704 0044 0532 0130 00",
            "erika@stadt.intern",
        ]
        assert found["Guten Tag"] == found[""] == ()

    run(work)


def test_many_examinations_at_once_get_their_own_answers():
    """Forty callers who ask together each hear of their own text."""

    async def work(examiner: Examiner) -> None:
        texts = [f"Steuer-ID 86 095 742 719, Personalnummer 10{number:03}" for number in range(40)]
        found = await asyncio.gather(*(examiner.examine([text]) for text in texts))
        for text, one in zip(texts, found, strict=True):
            assert [text[at.start : at.end] for at in one.findings[text]][-1] == text[-5:]
        assert examiner.health.starts == 1

    run(work)


def test_a_killed_process_fails_the_call_and_is_started_again():
    """Killed with -9 while a text is being examined: that call fails closed, the next one is answered."""

    async def work(examiner: Examiner) -> None:
        await examiner.start()
        os.kill(pid_of(examiner), signal.SIGSTOP)
        asked = asyncio.create_task(refused(examiner))
        await asyncio.sleep(0.05)
        os.kill(pid_of(examiner), signal.SIGKILL)
        await asked
        assert not examiner.health.up
        assert await kinds(examiner, TEXT) == [Kind.IBAN, Kind.EMAIL]
        assert examiner.health.starts == 2

    run(work)


def test_a_process_whose_pipe_is_closed_fails_the_call_and_is_started_again():
    """Its end is known by its pipe before by its exit; uvloop says it in its own way."""

    async def work() -> None:
        examiner = Examiner()
        try:
            await examiner.start()
            pipe = examiner._process._process.stdin
            pipe.transport.abort()
            await asyncio.sleep(0)
            await refused(examiner)
            assert await kinds(examiner, TEXT) == [Kind.IBAN, Kind.EMAIL]
        finally:
            await examiner.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


def test_a_hung_process_fails_the_call_in_time(monkeypatch):
    """A process that is stopped answers nobody; after the patience it is ended and replaced."""
    monkeypatch.setattr(process, "PATIENCE", 0.3)

    async def work(examiner: Examiner) -> None:
        await examiner.start()
        hung = pid_of(examiner)
        os.kill(hung, signal.SIGSTOP)
        await asyncio.gather(refused(examiner), refused(examiner, "Herr Müller"))
        with pytest.raises(ProcessLookupError):
            os.kill(hung, 0)
        monkeypatch.setattr(process, "PATIENCE", 5.0)
        assert await kinds(examiner, TEXT) == [Kind.IBAN, Kind.EMAIL]

    run(work)


@pytest.mark.parametrize(
    "patch",
    BROKEN,
    ids=["model missing", "canary silent", "crash", "exit", "garbage", "endless"],
)
def test_a_broken_detector_lets_nothing_leave(tmp_path, patch: str):
    """Whatever is wrong with the process from the start, every examination fails, and soon without trying."""

    async def work(examiner: Examiner) -> None:
        for _ in range(4):
            await refused(examiner)
        assert not examiner.health.up
        assert examiner.health.reason
        assert examiner.health.starts < 4
        assert TEXT not in examiner.health.reason

    run(work, program=patched(tmp_path, patch))


@pytest.mark.parametrize(
    "answer",
    ["frames.Answer(order.id, [frames.Found(0, 10**6, 'iban', 'x', True, 1.0)])", "b'no struct'"],
)
def test_an_answer_that_cannot_be_is_none(tmp_path, answer: str):
    """A span beyond the text, or bytes that are no frame, end the process and the call."""
    patch = (
        "import hausgeist.gateway.privacy.frames as frames\nold = frames.packed\n"
        "def packed(message):\n"
        "    if isinstance(message, frames.Answer) and message.id > 1:\n"
        "        order = message\n"
        f"        message = {answer}\n"
        "    return message if isinstance(message, bytes) else old(message)\nframes.packed = packed"
    )

    async def work(examiner: Examiner) -> None:
        await examiner.start()
        await refused(examiner)
        assert not examiner.health.up

    if "no struct" in answer:
        patch = patch.replace("b'no struct'", "(5).to_bytes(4) + b'gibts'")
    run(work, program=patched(tmp_path, patch))


def test_a_text_on_which_a_detector_fails_keeps_only_itself_in_the_house(tmp_path):
    """That text does not leave; others do, from the same process, once the canary has been found."""
    patch = (
        "import hausgeist.gateway.privacy.detectors as d\nold = d.Detectors.find\n"
        "def broken(self, text, **more):\n    if text == 'poison': raise RecursionError\n"
        "    return old(self, text, **more)\nd.Detectors.find = broken"
    )

    async def work(examiner: Examiner) -> None:
        await refused(examiner, "poison")
        assert await kinds(examiner, TEXT) == [Kind.IBAN, Kind.EMAIL]
        assert (examiner.health.up, examiner.health.starts) == (True, 1)

    run(work, program=patched(tmp_path, patch))


def test_the_canary_is_asked_again_after_an_hour(tmp_path):
    """A detector that has gone blind since is found out before the next text."""
    patch = (
        "import hausgeist.gateway.privacy.detectors as d\nold, seen = d.Detectors.find, []\n"
        "def blind(self, text, **more):\n    seen.append(1)\n"
        "    return old(self, text, **more) if len(seen) < 4 else ()\nd.Detectors.find = blind"
    )

    async def work(examiner: Examiner) -> None:
        assert await kinds(examiner, TEXT) == [Kind.IBAN, Kind.EMAIL]
        examiner._checked_at -= 3600
        await refused(examiner, TEXT + "!")
        assert examiner.health.reason == "the canary was not found"

    run(work, program=patched(tmp_path, patch))


def test_the_process_has_every_barrier_of_this_machine():
    """It gives up what the children that read foreign files give up."""
    examiner = run(lambda examiner: examiner.start())
    assert set(asyncio.run(barriers())) <= set(examiner.health.barriers)


def test_the_process_opens_no_connection_and_no_file(tmp_path):
    """Code in it that asks for a socket, a program or the house's files is refused."""
    secret = tmp_path / "secret"
    secret.write_text("x", "utf-8")
    patch = (
        "import socket, os, hausgeist.gateway.privacy.detectors as d\n"
        "from hausgeist.core.findings import Finding, Kind\nold = d.Detectors.find\n"
        "def tries(self, text, **more):\n"
        "    if text != 'try': return old(self, text, **more)\n"
        "    got = 0\n"
        f"    for what in (socket.socket, os.fork, lambda: open({str(secret)!r}).read()):\n"
        "        try: what()\n        except OSError: got += 1\n"
        "    return (Finding(0, 3, Kind.OWN, 'own', True),) if got == 3 else ()\n"
        "d.Detectors.find = tries"
    )

    async def work(examiner: Examiner) -> None:
        assert await kinds(examiner, "try") == [Kind.OWN]

    run(work, program=patched(tmp_path, patch))


def test_a_conversation_is_scanned_once():
    """Of fifty turns, each sent with all before it, every text is scanned once."""

    async def work(examiner: Examiner) -> None:
        turns: list[str] = []
        for number in range(50):
            turns.append(f"Frage {number}: Was wird aus Personalnummer 47{number:03}?")
            turns.append(f"Antwort {number}: Sie bleibt.")
            found = await examiner.examine(turns)
            assert len(found.findings) == len(turns)
        assert examiner.health.scanned == 100
        assert examiner.health.recalled == sum(range(0, 100, 2))

    run(work)


def test_own_words_are_hidden_or_spared_and_a_change_empties_the_memory():
    """The list is the one of now: a new list is used for texts that were examined before."""
    lists = [
        (),
        (OwnEntry("own", "Blau", hide=True),),
        (OwnEntry("email", "erika@stadt.intern", hide=False),),
    ]
    words = [lists[0]]

    async def work(examiner: Examiner) -> None:
        text = "bitte blau streichen, schreibt erika@stadt.intern"
        assert await kinds(examiner, text) == [Kind.EMAIL]
        words[0] = lists[1]
        assert await kinds(examiner, text) == [Kind.OWN, Kind.EMAIL]
        words[0] = lists[2]
        assert await kinds(examiner, text) == []
        assert examiner.health.scanned == 3
        examiner._checked_at -= 3600  # the canary does not depend on them
        assert await kinds(examiner, text + "?") == []

    run(work, words=lambda: words[0])


def test_without_the_own_words_nothing_leaves():
    """Before the list has been read, nobody knows what must be hidden."""
    run(refused, words=lambda: None)


def test_nothing_is_remembered_beyond_its_room():
    """The least recently used is forgotten first, and the room is counted in characters."""
    memory = Remembered(1_000)
    keys = [memory.key(text) for text in ("a", "b", "c")]
    for key in keys[:2]:
        memory.put(key, 400, ())
    assert memory.get(keys[0]) == ()
    memory.put(keys[2], 400, (Finding(0, 1, Kind.OWN, "own"),))
    assert (memory.get(keys[1]), len(memory)) == (None, 2)
    memory.put(memory.key("d"), 2_000, ())
    assert len(memory) == 2
    assert Remembered().key("a") != keys[0]


@pytest.mark.parametrize("shift", range(0, 70, 7))
def test_what_lies_across_a_seam_is_found_whole(shift: int, monkeypatch):
    """A long text in windows has the findings of the same text in one."""
    monkeypatch.setattr(windows, "WINDOW", 4_000)
    identifiers = Identifiers()
    line = (
        "IBAN DE89 3704 0044 0532 0130 00, Tel. 030 23125 000; erika@stadt.intern und B-AB 1234.\n"
    )
    text = "x" * shift + " " + line * 300

    async def look(part: str, persons: list[str] | None) -> list[Finding]:
        return [] if persons else list(identifiers.find(part))

    found = asyncio.run(windows.look_through(text, look))
    spans = [(one.start, one.end, one.kind) for one in found]
    assert spans == [(one.start, one.end, one.kind) for one in identifiers.find(text)]


def test_a_private_key_across_a_seam_stays_hidden():
    """A block that begins in one window and ends in the next is hidden from its first line to its last."""
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkq\n" * 800 + "-----END PRIVATE KEY-----"
    text = "wort " * 9_000 + key + " wort" * 2_000
    identifiers = Identifiers()

    async def look(part: str, persons: list[str] | None) -> list[Finding]:
        return [] if persons else list(identifiers.find(part))

    (one,) = asyncio.run(windows.look_through(text, look))
    assert text[one.start : one.end] == key


def test_a_person_of_one_window_is_found_in_all():
    """Who is named in full at the end of a long text is hidden by the surname at its beginning."""
    text = "Meier hat angerufen. " + "Es geht um den Antrag. " * 4_000 + "Herr Karl Meier dankt."

    async def work(examiner: Examiner) -> None:
        found = (await examiner.examine([text])).findings[text]
        assert {text[one.start : one.end] for one in found} >= {"Meier", "Karl Meier"}

    run(work)


def test_too_much_at_once_is_refused():
    """More characters than can be examined in time are not taken on, and the detectors stay up."""

    async def work(examiner: Examiner) -> None:
        await examiner.start()
        await refused(examiner, "x " * 10_000_001)
        assert examiner.health.up

    run(work)


def test_the_process_ends_with_its_parent(tmp_path):
    """Who started it is killed without a word: nothing is left running."""
    program = tmp_path / "parent.py"
    program.write_text(
        "import asyncio\nfrom hausgeist.gateway.privacy import Examiner\n"
        "async def main():\n    examiner = Examiner()\n    await examiner.start()\n"
        "    print(examiner._process.pid, flush=True)\n    await asyncio.sleep(60)\nasyncio.run(main())\n",
        "utf-8",
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait(10)
        until = time.monotonic() + 20
        while _alive(child) and time.monotonic() < until:
            time.sleep(0.02)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_the_web_process_loads_none_of_it():
    """Importing the gateway brings in no rules, plans or models."""
    heavy = "phonenumbers stdnum pycrfsuite hausgeist.gateway.privacy.identifiers"
    program = (
        f"import sys, hausgeist.gateway; print(*[m for m in {heavy.split()} if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == ""


def test_no_content_in_counters():
    """What operators read has numbers only."""

    async def work(examiner: Examiner) -> None:
        await examiner.examine([TEXT])
        lines = examiner.health.metrics()
        assert "hausgeist_detectors_up 1\n" in lines
        assert "hausgeist_detectors_texts_total 1\n" in lines
        assert "erika" not in lines

    run(work)
