# SPDX-License-Identifier: EUPL-1.2
"""``providers.toml`` in the data directory: providers for those who configure by file.

Each ``[[provider]]`` has the fields of ``ProviderConfig`` and ``enabled``, ``world_confirmed``, and ``key``
or ``key_file``; with ``catalogue = "name"`` the rest comes from the catalogue. A file with a key must be
readable by its owner only. A wrong entry is left out with its problem; it never stops the house::

    [[provider]]
    catalogue = "mistral"
    enabled = true
    key_file = "/etc/hausgeist/mistral.key"
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from hausgeist.errors import HausgeistError, InvalidField, NotFound
from hausgeist.gateway.providers.catalogue import acceptable, entry
from hausgeist.gateway.providers.config import ProviderConfig
from hausgeist.gateway.providers.keys import sendable

NAME = "providers.toml"
_OWN = frozenset({"catalogue", "enabled", "world_confirmed", "key", "key_file", "variables"})


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A provider of the file."""

    config: ProviderConfig
    key: str
    enabled: bool
    world_confirmed: bool


def read(home: Path) -> tuple[list[FileEntry], dict[str, str]]:
    """The acceptable entries, and the problems of the others by id (or place in the file)."""
    path = home / NAME
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return [], {}
    except (OSError, UnicodeDecodeError) as error:
        return [], {NAME: f"It cannot be read: {error}"}
    try:
        found = tomllib.loads(text).get("provider", [])
    except tomllib.TOMLDecodeError as error:
        return [], {NAME: str(error)}
    if not isinstance(found, list) or not all(isinstance(raw, dict) for raw in found):
        return [], {NAME: "Each provider begins with [[provider]]."}
    entries: dict[str, FileEntry] = {}
    problems: dict[str, str] = {}
    for place, raw in enumerate(found, 1):
        name = str(raw.get("id") or raw.get("catalogue") or f"#{place}")
        try:
            made = _entry(raw, path)
        except HausgeistError as error:
            problems[name] = error.say()
            continue
        if made.config.id in entries:
            problems[name] = "It is there twice."
        entries[made.config.id] = made
    return [made for name, made in entries.items() if name not in problems], problems


def signature(home: Path) -> tuple[int, int]:
    """What changes when the file does: its time (ns) and size; zeros without one."""
    try:
        state = (home / NAME).stat()
    except OSError:
        return 0, 0
    return state.st_mtime_ns, state.st_size


def _entry(raw: dict[str, Any], path: Path) -> FileEntry:
    fields = {name: value for name, value in raw.items() if name not in _OWN}
    if "catalogue" in raw:
        fields = _from_catalogue(raw) | fields
    try:
        config = msgspec.convert(fields, ProviderConfig)
    except msgspec.ValidationError as error:
        raise InvalidField(field=NAME, reason=str(error)) from error
    key = str(raw.get("key", ""))
    if key:
        _check_mode(path)
    elif raw.get("key_file"):
        key = _key_of(Path(str(raw["key_file"])))
    return FileEntry(
        acceptable(config),
        sendable(key),
        raw.get("enabled") is True,
        raw.get("world_confirmed") is True,
    )


def _from_catalogue(raw: dict[str, Any]) -> dict[str, Any]:
    try:
        known = entry(str(raw["catalogue"]))
    except NotFound:
        raise InvalidField(field="catalogue", reason=f"{raw['catalogue']!r} is not in it") from None
    variables = raw.get("variables", {})
    values = {name: str(value) for name, value in variables.items()} if variables else {}
    fields: dict[str, Any] = msgspec.to_builtins(known.config(**values))
    return fields


def _key_of(path: Path) -> str:
    try:
        key = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidField(field="key_file", reason=f"it cannot be read: {error}") from error
    _check_mode(path)
    return key


def _check_mode(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise InvalidField(
            field="key", reason=f"{path} can be read by others; `chmod 600` it", param="key"
        )
