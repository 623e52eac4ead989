# SPDX-License-Identifier: EUPL-1.2
"""A start that cannot work ends at once, with one sentence that names the trouble and what to do."""

import ctypes
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress

import pytest
from ports import free_port
from running import command, made, serving

from hausgeist import __version__
from hausgeist.testing.gguf import tiny_model
from hausgeist.testing.hub import StandInHub

PR_CAPBSET_DROP = 24
OVERRIDES = (1, 2)
"""root's rights to write and to read what it may not (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""

linux = pytest.mark.skipif(
    sys.platform != "linux", reason="takes rights away from root by Linux' means"
)


def _ordinary() -> None:
    """Before a program begins: it obeys permissions, even if it is root's."""
    if os.geteuid() == 0:
        for right in OVERRIDES:
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, right, 0, 0, 0)


def _refused(home, **options) -> str:
    """What a start says that is refused."""
    settings = {"starter_model": "no", "port": free_port(), **options.pop("settings", {})}
    done = command(home, "serve", settings=settings, **options)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert "running at" not in done.stdout
    return done.stderr


def test_two_houses_do_not_share_a_data_directory(home):
    """The second says that there is a first; the first goes on."""
    with serving(home, starter_model="no") as house:
        said = _refused(home)
        assert f"already running on the data directory {home}" in said
        assert "HAUSGEIST_HOME" in said
        assert house.ask("GET", "/readyz").status == 200
        assert house.stop() == 0


def test_a_taken_port_is_named(home):
    """Whoever else listens there stays; the house says which address, and how to choose another."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = _refused(home, settings={"port": port})
    assert f"127.0.0.1:{port} cannot be used" in said
    assert "HAUSGEIST_PORT" in said


def test_a_newer_database_is_refused_and_untouched(home):
    """The version that wrote it is named, and ours; nothing in the file changes."""
    made(home, "key", "create", "test", "--service", "wiki")
    file = home / "hausgeist.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.execute("UPDATE meta SET value = '7.5.3' WHERE key = 'app_version'")
        database.commit()
        before = list(database.iterdump())
    said = _refused(home)
    assert "written by Hausgeist 7.5.3" in said
    assert __version__ in said
    with closing(sqlite3.connect(file)) as database:
        assert list(database.iterdump()) == before


def test_a_broken_database_is_refused(home):
    """A file that is no database is said to be none, and is left alone."""
    (home / "hausgeist.db").write_bytes(b"this was a database once\n" * 400)
    assert "cannot be opened" in _refused(home)
    assert (home / "hausgeist.db").read_bytes().startswith(b"this was a database once")


@linux
def test_a_data_directory_that_cannot_be_written_is_named(home):
    """The directory, and who should own it."""
    home.chmod(0o500)
    try:
        said = _refused(home, preexec_fn=_ordinary)
    finally:
        home.chmod(0o700)
    assert f"{home} cannot be written" in said


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path):
    """Where a file is in the way, that is said."""
    (tmp_path / "file").write_text("")
    assert f"{tmp_path / 'file' / 'home'} cannot be made" in _refused(tmp_path / "file" / "home")


@linux
@pytest.mark.parametrize("name", ["secret.key", "hausgeist.db", "serve.lock"])
def test_a_file_that_cannot_be_read_is_named(home, name):
    """After a restore by another user: one sentence, and the secret is never made anew over it."""
    with serving(home, starter_model="no") as house:
        house.stop()
    secret = (home / "secret.key").read_bytes()
    (home / name).chmod(0)
    try:
        said = _refused(home, preexec_fn=_ordinary)
    finally:
        (home / name).chmod(0o600)
    assert name in said
    assert (home / "secret.key").read_bytes() == secret


def test_a_secret_that_was_cut_off_is_refused(home):
    """An empty secret would seal nothing: the house does not start with one."""
    (home / "secret.key").write_bytes(b"")
    assert "secret.key" in _refused(home)


def test_a_setting_that_is_none_is_named(home):
    """A misspelt setting is not passed over in silence."""
    assert "HAUSGEIST_PROT" in _refused(home, settings={"prot": 1})
    assert "HAUSGEIST_SHUTDOWN_GRACE" in _refused(home, settings={"shutdown_grace": "long"})


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")
def test_a_full_disk_is_said_and_a_fetch_waits_for_room(tmp_path):
    """The command says that there is no room and what to do; with room the same command succeeds."""
    home = tmp_path / "small"
    home.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", str(home)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("the kernel does not let us mount here")
    try:
        with StandInHub() as hub:
            hub.files["org/repo/tiny.gguf"] = tiny_model()
            settings = {"hf_endpoint": hub.url}
            fetch = ("model", "add", "hf:org/repo/tiny.gguf@main", "--name", "tiny")
            ballast = home / "ballast"
            with suppress(OSError), ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
            full = command(home, *fetch, settings=settings)
            assert full.returncode == 1
            assert "Traceback" not in full.stderr
            assert "disk is full" in full.stderr, full.stderr
            ballast.unlink()
            subprocess.run(
                ["mount", "-o", "remount,size=200m", str(home)], check=True, capture_output=True
            )
            assert made(home, *fetch, settings=settings)["name"] == "tiny"
    finally:
        subprocess.run(["umount", str(home)], check=True)
