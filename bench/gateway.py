# SPDX-License-Identifier: EUPL-1.2
"""The gateway's figures beside a bare pass-through, in one run: ``python bench/gateway.py [--seconds 10]``.

Upstream and load run on one core, the server under test on the other. The server is the real
``hausgeist serve`` on a fresh data directory, with a key and a provider of zone ``house``; the whole
pipeline is on: key, policy, reservation, ledger, audit. Ratios count, absolute figures belong to the machine;
each is the median of the rounds' own ratios. On a machine that does other things as well, those of processor
time tell more than those by the clock.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
UPSTREAM, BARE, HOUSE = 9180, 9181, 9182
SERVER_CORE, LOAD_CORE = "0", "1"

PROVIDER = f"""
[[provider]]
id = "bench"
title = "Bench"
dialect = "openai"
base_url = "http://127.0.0.1:{UPSTREAM}/v1"
zone = "house"
needs_key = false
enabled = true
models = [{{ id = "fake" }}, {{ id = "fake-slow" }}]
"""


def pinned(core: str, *command: str) -> list[str]:
    return ["taskset", "-c", core, *command] if shutil.which("taskset") else list(command)


@contextmanager
def running(command: list[str], port: int, env: dict[str, str] | None = None):
    """A process that answers on a port; gives it and the seconds to its first answer."""
    began = time.perf_counter()
    # modules are compiled once and kept, as they are where a package is installed
    kept = {**(os.environ if env is None else env)}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(command, env=kept, stdout=subprocess.DEVNULL)
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - began > 60:
                sys.exit(f"{' '.join(command)} did not start")
            time.sleep(0.005)
        yield process, time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def load(port: int, key: str, model: str, connections: int, seconds: float, *rest: str) -> dict:
    command = [sys.executable, str(HERE / "load.py"), str(port), key, model, str(connections)]
    found = subprocess.run(
        pinned(LOAD_CORE, *command, str(seconds), *rest), check=True, capture_output=True, text=True
    )
    return json.loads(found.stdout)


def memory_mb(pid: int) -> float:
    """Proportional set size of a process, in MB; what is shared with others is shared out."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.split("Pss:")[1].split()[0]) / 1024


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def prepare(home: Path) -> tuple[dict[str, str], str]:
    """A data directory with a provider and a service key; gives the environment and the key."""
    (home / "providers.toml").write_text(PROVIDER)
    (home / "providers.toml").chmod(0o600)
    env = {
        **os.environ,
        "HAUSGEIST_HOME": str(home),
        "HAUSGEIST_STARTER_MODEL": "no",
        "HAUSGEIST_LOG_LEVEL": "warning",
    }
    program = str(Path(sys.executable).parent / "hausgeist")
    made = subprocess.run(
        [program, "key", "create", "bench", "--service", "bench", "--json"],
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    return env, json.loads(made.stdout)["key"]


def compare(name: str, bare: list[float], house: list[float], target: str) -> None:
    """Print two rows of figures, one of each round, as their medians and the median of their ratios."""
    ratio = statistics.median(ours / theirs for ours, theirs in zip(house, bare, strict=True))
    values = f"{statistics.median(bare):>12.1f}{statistics.median(house):>12.1f}"
    print(f"{name:<44}{values}{ratio:>9.2f}   {target}", flush=True)


def asked(process: subprocess.Popen, what: str, *given) -> dict:
    """What ``load`` finds, with the processor time of a request or a chunk in microseconds."""
    before = cpu_seconds(process.pid)
    found = load(*given)
    spent = cpu_seconds(process.pid) - before
    pieces = found["events"] if "stream" in given else found["answers"]
    if found["failed"]:
        print(f"{given[2]} {what}: {found['failed']} failed", file=sys.stderr)
    return found | {"cpu_us": spent / pieces * 1e6}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="hausgeist-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        env, key = prepare(home)
        program = str(Path(sys.executable).parent / "hausgeist")
        serve = pinned(SERVER_CORE, program, "serve", "--port", str(HOUSE))
        bare = pinned(SERVER_CORE, sys.executable, str(HERE / "bare.py"), str(BARE), str(UPSTREAM))
        starts: dict[str, list[float]] = {"bare": [], "house": []}
        spent: dict[str, list[float]] = {"bare": [], "house": []}
        for place in range(options.rounds + 1):
            for who, command, port, given in (
                ("bare", bare, BARE, None),
                ("house", serve, HOUSE, env),
            ):
                with running(command, port, given) as (process, took):
                    if place:  # the first compiles
                        starts[who].append(took * 1e3)
                        spent[who].append(cpu_seconds(process.pid) * 1e3)
        upstream = [sys.executable, str(HERE / "upstream.py"), str(UPSTREAM)]
        stack.enter_context(running(pinned(LOAD_CORE, *upstream), UPSTREAM))
        bare_process, _ = stack.enter_context(running(bare, BARE))
        house_process, _ = stack.enter_context(running(serve, HOUSE, env))
        time.sleep(3)
        idle_bare = memory_mb(bare_process.pid)
        idle_web = memory_mb(house_process.pid)
        idle_all = idle_web + sum(memory_mb(pid) for pid in children(house_process.pid))

        sides = {
            "bare": (bare_process, BARE, "hg-bench", ""),
            "house": (house_process, HOUSE, key, "bench/"),
        }
        results: dict[str, dict[str, list[dict]]] = {"bare": {}, "house": {}}
        for _ in range(options.rounds):
            for what, model, connections, rest in (
                ("whole", "fake", 32, ()),
                ("stream", "fake", 50, ("stream",)),
                ("paced", "fake-slow", 50, ("stream",)),
            ):
                for who, (process, port, secret, prefix) in sides.items():
                    given = (port, secret, prefix + model, connections, options.seconds, *rest)
                    results[who].setdefault(what, []).append(asked(process, what, *given))

        print(f"{'':<44}{'bare':>12}{'hausgeist':>12}{'ratio':>9}   must be")
        for name, what, figure, target in (
            ("requests/s, 32 connections", "whole", "per_second", ">= 0.50"),
            ("processor us a request", "whole", "cpu_us", "<= 2"),
            ("streamed chunks/s, 50 streams", "stream", "events_per_second", ">= 0.50"),
            ("processor us a chunk", "stream", "cpu_us", "<= 2"),
            ("first token ms, 50 paced streams", "paced", "first_p50_ms", "<= 2"),
            ("first token ms, 50 saturating streams", "stream", "first_p50_ms", "(shown)"),
            ("request p50 ms, 32 connections", "whole", "p50_ms", "(shown)"),
        ):
            rows = [[found[figure] for found in results[who][what]] for who in sides]
            compare(name, *rows, target)
        compare("cold start to first answer, ms", starts["bare"], starts["house"], "<= 3")
        compare("processor ms of a cold start", spent["bare"], spent["house"], "<= 3")
        compare("idle memory of the web process, MB", [idle_bare], [idle_web], "<= 3")
        print(f"{'idle memory, web and its children, MB':<56}{idle_all:>12.1f}{'':>12}<= 220")
        print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
