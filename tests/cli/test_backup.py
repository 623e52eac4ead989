# SPDX-License-Identifier: EUPL-1.2
"""Backup and restore through the command line, as an operator scripts them."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).parent / "hausgeist"


def run(home, *words, ok=True, **env):
    found = subprocess.run(
        [PROGRAM, *words],
        env={**os.environ, "HAUSGEIST_HOME": str(home), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (found.returncode == 0) is ok, found.stderr
    return found


@pytest.fixture
def furnished(home):
    run(home, "user", "create", "anna", "--name", "Anna", "--json")
    return home


def logins(home, **env):
    return [row["login"] for row in json.loads(run(home, "user", "list", "--json", **env).stdout)]


def test_a_backup_restores_into_an_empty_house(furnished, tmp_path):
    """What was in the house is there again, the secret included, and only its owner can read it."""
    run(furnished, "backup", str(tmp_path / "b.tar"))
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0
    other = tmp_path / "other"
    run(other, "restore", str(tmp_path / "b.tar"))
    assert logins(other) == ["anna"]
    assert (other / "secret.key").read_bytes() == (furnished / "secret.key").read_bytes()


def test_students_and_classifiers_come_along(furnished, tmp_path):
    """What was trained in the house is in every backup; bases and models where they are asked for."""
    kept = ["students/t1/s1/manifest.json", "students/t1/s1/deep/weights.npz", "guards/own.hgc"]
    large = ["bases/tiny/model.safetensors", "models/blobs/sha256-1"]
    for name in [*kept, *large, "students/t1/.at-work-1/half"]:
        (furnished / name).parent.mkdir(parents=True, exist_ok=True)
        (furnished / name).write_text(name)
    (furnished / "students/t1/s1/link").symlink_to(furnished / "secret.key")
    for words, wanted in ((["--with-models"], [*kept, *large]), ([], kept)):
        file = tmp_path / f"{len(wanted)}.tar"
        run(furnished, "backup", str(file), *words)
        other = tmp_path / file.stem
        run(other, "restore", str(file))
        found = [
            one
            for folder in ("students", "guards", "bases", "models/blobs")
            for one in (other / folder).rglob("*")
        ]
        assert sorted(str(one.relative_to(other)) for one in found if one.is_file()) == sorted(
            wanted
        )
        assert all((other / name).read_text() == name for name in wanted)


@pytest.mark.parametrize("name", ["students/../../evil", "students/./x", "/etc/evil", "jobs.db"])
def test_a_backup_that_wants_to_lie_elsewhere_is_refused(furnished, tmp_path, name):
    """Only names that a backup of ours has are put into place, and only inside the data directory."""
    good, bad = tmp_path / "b.tar", tmp_path / "bad.tar"
    run(furnished, "backup", str(good))
    with tarfile.open(good) as source, tarfile.open(bad, "w") as target:
        manifest = json.load(source.extractfile("manifest.json"))
        manifest["files"][name] = hashlib.sha256(b"x").hexdigest()
        for one, data in (("manifest.json", json.dumps(manifest).encode()), (name, b"x")):
            info = tarfile.TarInfo(one)
            info.size = len(data)
            target.addfile(info, io.BytesIO(data))
        for member in source.getmembers()[1:]:
            target.addfile(member, source.extractfile(member))
    assert "no backup" in run(tmp_path / "other", "restore", str(bad), ok=False).stderr
    assert not (tmp_path / "evil").exists()
    assert not (tmp_path / "other" / "hausgeist.db").exists()


def test_a_backup_restores_into_postgres(furnished, tmp_path, postgres_url):
    """A backup of SQLite comes back on PostgreSQL."""
    run(furnished, "backup", str(tmp_path / "b.tar"))
    env = {"HAUSGEIST_DATABASE_URL": postgres_url}
    run(tmp_path / "other", "restore", str(tmp_path / "b.tar"), **env)
    assert logins(tmp_path / "other", **env) == ["anna"]


def test_an_existing_database_is_put_aside_only_when_told(furnished, tmp_path):
    """Restoring over a house is refused; with --replace the old database stays beside the new one."""
    run(furnished, "backup", str(tmp_path / "b.tar"))
    run(furnished, "user", "create", "bert", "--name", "Bert", "--json")
    assert "--replace" in run(furnished, "restore", str(tmp_path / "b.tar"), ok=False).stderr
    run(furnished, "restore", "--replace", str(tmp_path / "b.tar"))
    assert logins(furnished) == ["anna"]
    assert list(furnished.glob("hausgeist.db.before-restore-*"))


def test_a_damaged_backup_is_refused_by_name(furnished, tmp_path):
    """One changed byte is found before anything is put into place."""
    good, bad = tmp_path / "b.tar", tmp_path / "bad.tar"
    run(furnished, "backup", str(good))
    data = bytearray(good.read_bytes())
    with tarfile.open(good) as tar:
        data[tar.getmember("hausgeist.db").offset_data + 100] ^= 1
    bad.write_bytes(data)
    found = run(tmp_path / "other", "restore", str(bad), ok=False)
    assert "damaged" in found.stderr
    assert not (tmp_path / "other" / "hausgeist.db").exists()


def test_db_move_takes_the_house_to_postgres(furnished, postgres_url):
    """After the move the same house answers from the other database."""
    assert "users" in run(furnished, "db", "move", postgres_url).stdout
    assert logins(furnished, HAUSGEIST_DATABASE_URL=postgres_url) == ["anna"]
