# SPDX-License-Identifier: EUPL-1.2
"""A disk that is full while a model is being fetched."""

import asyncio
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hausgeist.errors import DiskFull
from hausgeist.gateway.weights import Fetcher, Manifest, Shelf
from hausgeist.settings import Settings
from hausgeist.testing.gguf import tiny_model
from hausgeist.testing.hub import StandInHub

MODEL = tiny_model()
DIGEST = hashlib.sha256(MODEL).hexdigest()
SPEC = "hf:org/repo/sub/tiny.gguf@main"
NAME = "org/repo/sub/tiny.gguf"


def add(shelf: Shelf, spec: str, **options: object) -> Manifest:
    """Add a model, as the command line does."""
    return asyncio.run(shelf.add(spec, **options))


def partials(shelf: Shelf) -> list[Path]:
    """What lies in quarantine."""
    return sorted(shelf._quarantine.glob("*.partial"))


def test_too_little_room_is_said_before_the_first_byte(
    hub: StandInHub, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
):
    """The size is known from the server, the room from the disk."""
    hub.files[NAME] = MODEL
    monkeypatch.setattr("hausgeist.gateway.weights.partial.RESERVE", 1 << 60)
    with pytest.raises(DiskFull):
        add(shelf, SPEC)
    assert not partials(shelf)


FILL = """
import asyncio, resource, sys
from pathlib import Path
from hausgeist.errors import DiskFull
from hausgeist.gateway.weights import Fetcher, Shelf
from hausgeist.settings import Settings
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
home = Path(sys.argv[1])
shelf = Shelf(home, Fetcher(Settings(home=home, hf_endpoint=sys.argv[2]), pause=0.01))
try:
    asyncio.run(shelf.add(sys.argv[3]))
except DiskFull as error:
    print("full:", error)
"""


def test_a_full_disk_keeps_what_has_arrived(hub: StandInHub, shelf: Shelf, home: Path):
    """The write fails in the middle; with room again the rest is fetched, and only the rest."""
    hub.files[NAME] = MODEL
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(home), hub.url, SPEC],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("full:"), done.stderr
    assert partials(shelf)[0].stat().st_size == 40_000
    assert add(shelf, SPEC).digest == DIGEST
    assert hub.requests[-1].headers["range"] == "bytes=40000-"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")
def test_a_small_file_system_fills_up(hub: StandInHub, tmp_path: Path):
    """The kernel's own ENOSPC, on a file system of one megabyte."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=False
    )
    if mounted.returncode:
        pytest.skip("the kernel does not let us mount here")
    try:
        hub.files[NAME] = tiny_model(general__name="large") + bytes(2_000_000)
        hub.linked = False
        shelf = Shelf(small, Fetcher(Settings(home=small, hf_endpoint=hub.url), pause=0.01))
        with pytest.MonkeyPatch.context() as patch:
            # let the write itself fail, not the check before it
            patch.setattr("hausgeist.gateway.weights.partial.RESERVE", -(1 << 40))
            with pytest.raises(DiskFull):
                add(shelf, SPEC)
        assert partials(shelf)[0].stat().st_size > 500_000
    finally:
        subprocess.run(["umount", str(small)], check=True)
