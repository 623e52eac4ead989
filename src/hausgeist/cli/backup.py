# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist backup``, ``restore`` and ``db move``: you can leave, and come back, any day.

A backup is a tar file: the database as SQLite (whatever the house runs on), the house's secret, the
providers' file, the students, the guards' classifiers, the models' manifests and, if asked, their files and
the bases; ``manifest.json`` names each with its SHA-256. It can be made while the house runs. It holds
secrets: keep it as you keep passwords.
"""

import hashlib
import io
import json
import tarfile
import tempfile
import time
from pathlib import Path

import typer

from hausgeist import __version__, settings
from hausgeist.errors import SetupError
from hausgeist.locks import try_lock
from hausgeist.settings import Settings
from hausgeist.store import schema, transfer
from hausgeist.store.db import Store, sqlite_url

DATABASE = "hausgeist.db"
PLAIN_FILES = ("secret.key", "providers.toml")
OWN_FOLDERS = ("students", "guards")
MODEL_FOLDERS = ("models/manifests", "models/blobs", "bases")
MANIFEST = "manifest.json"

db = typer.Typer(help="The database.", no_args_is_help=True)


def backup(
    file: Path | None = typer.Argument(
        None, help="Where to; default: backups/ in the data directory."
    ),
    with_models: bool = typer.Option(
        False, "--with-models", help="Include the models' files and the bases."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON for scripts."),
) -> None:
    """Write a backup; the house may be running."""
    config = settings.load()
    folder = config.home / "backups"
    target = file or folder / time.strftime("hausgeist-%Y%m%d-%H%M%S.tar")
    if target.exists():
        raise SetupError(problem=f"{target} exists already.", advice="Choose another name.")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        copy = Path(scratch) / DATABASE
        store = _store(config)
        try:
            transfer.snapshot(store, copy)
        finally:
            store.close()
        partial = Path(scratch) / "backup.tar"
        partial.touch(mode=0o600)
        _pack(partial, copy, config.home, with_models=with_models)
        partial.rename(target)
    size = target.stat().st_size
    if as_json:
        typer.echo(json.dumps({"file": str(target), "bytes": size}))
    else:
        typer.echo(f"{target} ({size / 1e6:.1f} MB). It holds the house's secrets: keep it safe.")


def restore(
    file: Path = typer.Argument(help="The backup."),
    replace: bool = typer.Option(
        False, "--replace", help="Put the present database aside first (SQLite only)."
    ),
) -> None:
    """Put a backup into an empty house; every file is checked against its hash first."""
    config = settings.load()
    config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_stopped(config)
    with tempfile.TemporaryDirectory(dir=config.home) as scratch:
        found = _unpack(file, Path(scratch))
        database = config.home / DATABASE
        if not config.database_url and database.exists():
            if not replace:
                raise SetupError(
                    problem=f"{database} exists already.",
                    advice="Use --replace to put it aside, or restore into an empty directory.",
                )
            database.rename(database.with_suffix(f".db.before-restore-{int(time.time())}"))
            for extra in ("-wal", "-shm"):
                Path(f"{database}{extra}").unlink(missing_ok=True)
        if config.database_url:
            _fill(config, Path(scratch) / DATABASE)
            found.remove(DATABASE)
        for name in found:
            target = config.home / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (Path(scratch) / name).replace(target)
    store = _store(config)
    try:
        schema.prepare(store)
    finally:
        store.close()
    typer.echo(f"Restored {file.name}. Start the house with `hausgeist serve`.")


@db.command()
def move(
    target: str = typer.Argument(help="postgresql://… or sqlite:///path: an empty database."),
) -> None:
    """Copy everything from the present database to another one; the house must be stopped."""
    config = settings.load()
    _check_stopped(config)
    source, other = _store(config), Store(target)
    try:
        schema.prepare(source)
        schema.prepare(other)
        rows = transfer.move(source, other)
    finally:
        source.close()
        other.close()
    for name, count in rows.items():
        typer.echo(f"{name:<20}{count:>10}")
    typer.echo("Done. Set HAUSGEIST_DATABASE_URL to the new database; the old one was not changed.")


def _store(config: Settings) -> Store:
    return Store(config.database_url or sqlite_url(config.home / DATABASE))


def _check_stopped(config: Settings) -> None:
    with (config.home / "serve.lock").open("a") as lock:
        if not try_lock(lock):
            raise SetupError(problem="The house is running.", advice="Stop it first.")


def _pack(archive: Path, database: Path, home: Path, *, with_models: bool) -> None:
    names = {DATABASE: database}
    names |= {name: home / name for name in PLAIN_FILES if (home / name).exists()}
    for folder in (*OWN_FOLDERS, *(MODEL_FOLDERS if with_models else MODEL_FOLDERS[:1])):
        names |= {path.relative_to(home).as_posix(): path for path in _files(home / folder)}
    manifest = {
        "hausgeist": __version__,
        "revision": schema.HEAD,
        "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "files": {name: _sha256(path) for name, path in names.items()},
    }
    with tarfile.open(archive, "w") as tar:
        data = json.dumps(manifest, indent=2).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
        for name, path in names.items():
            tar.add(path, name, recursive=False)


def _files(folder: Path) -> list[Path]:
    """The files in a folder and below, without what is only being made (its name begins with a dot)."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _unpack(archive: Path, scratch: Path) -> list[str]:
    """Unpack exactly the files the manifest names, and check each.

    Raises:
        SetupError: it is no backup of ours, it is damaged, or from a newer version.
    """
    try:
        with tarfile.open(archive) as tar:
            listed = tar.extractfile(MANIFEST)
            manifest = json.load(listed) if listed else {}
            if manifest["revision"] not in schema.REVISIONS:
                raise SetupError(
                    problem=f"The backup was made by Hausgeist {manifest['hausgeist']}, a newer version.",
                    advice="Install that version first.",
                )
            for name, digest in manifest["files"].items():
                tar.extract(_plain_member(tar, name), scratch, filter="data")
                if _sha256(scratch / name) != digest:
                    raise SetupError(
                        problem=f"{name} in {archive} is damaged.", advice="Use another backup."
                    )
            return list(manifest["files"])
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise SetupError(
            problem=f"{archive} is no backup of Hausgeist.",
            advice="Name a file made by `hausgeist backup`.",
        ) from error


def _plain_member(tar: tarfile.TarFile, name: str) -> tarfile.TarInfo:
    member = tar.getmember(name)
    places = tuple(f"{folder}/" for folder in (*OWN_FOLDERS, *MODEL_FOLDERS))
    expected = name in {DATABASE, *PLAIN_FILES} or name.startswith(places)
    if not member.isreg() or not expected or {"", ".", ".."} & set(name.split("/")):
        raise ValueError(name)
    return member


def _fill(config: Settings, copy: Path) -> None:
    source, target = Store(sqlite_url(copy)), _store(config)
    try:
        schema.prepare(source)
        schema.prepare(target)
        transfer.move(source, target)
    finally:
        source.close()
        target.close()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
