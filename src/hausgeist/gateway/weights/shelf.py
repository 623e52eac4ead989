# SPDX-License-Identifier: EUPL-1.2
"""The models the house keeps: files by their content, names as manifests beside them.

::

    <home>/models/blobs/<sha256>            read-only, shared by all names with the same content
    <home>/models/manifests/<name>.json
    <home>/models/quarantine/               what is being fetched

A source flows in and a manifest flows out. A file leaves quarantine only after its header was read
within limits and its hash is known. Several processes may work on one shelf: each change holds its lock.
It loads no model.
"""

import asyncio
import hashlib
import logging
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from hausgeist.core.models import ModelCard
from hausgeist.errors import HashMismatch, InvalidField, SetupError, UnknownModel, UnsafeModelFile
from hausgeist.gateway.weights.card import card_of
from hausgeist.gateway.weights.download import Progress
from hausgeist.gateway.weights.fetch import Fetched, Fetcher
from hausgeist.gateway.weights.gguf import Header, read_path
from hausgeist.gateway.weights.manifest import (
    Manifest,
    ModelSettings,
    check_settings,
    file_name,
    model_name,
    suggested_name,
)
from hausgeist.gateway.weights.partial import Partial, full
from hausgeist.gateway.weights.sources import WebSource, parse_sha256, parse_source, stem
from hausgeist.gateway.weights.starter import starter
from hausgeist.locks import locked

_log = logging.getLogger(__name__)
_BLOCK = 1024 * 1024


def no_progress(_done: int, _total: int | None) -> None:
    """For callers that do not watch."""


class Shelf:
    """The shelf of a data directory. Reading touches nothing; folders are made at the first change."""

    def __init__(
        self, home: Path, fetcher: Fetcher, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._root = home / "models"
        self._blobs = self._root / "blobs"
        self._manifests = self._root / "manifests"
        self._quarantine = self._root / "quarantine"
        self._fetcher = fetcher
        self._clock = clock

    async def add(
        self,
        spec: str,
        *,
        name: str = "",
        sha256: str = "",
        licence: str = "",
        title: str = "",
        progress: Progress = no_progress,
    ) -> Manifest:
        """Fetch, inspect and keep a model. A name that exists gets the new file and keeps its settings.

        Raises:
            InvalidField: the source, the hash or the name is badly written.
            UnsafeModelFile: the file breaks a limit, or is no model; it was removed.
            HashMismatch: it is not the pinned one; it was removed.
            Conflict: another process is fetching the same source.
            SetupError: the shelf cannot be written.
            SourceNotFound, Upstream, UpstreamRefused, EgressDenied, DiskFull: see ``Fetcher.fetch``.
        """
        source = parse_source(spec, sha256=sha256)
        pinned = source.sha256 if isinstance(source, WebSource) else parse_sha256(sha256)
        chosen = model_name(name or suggested_name(stem(source)))
        await asyncio.to_thread(self._make_folders)
        if pinned and (self._blobs / pinned).exists():
            header = await asyncio.to_thread(read_path, self._blobs / pinned)
            have = Fetched(pinned, "", "pin")
            return self._record(
                None,
                name=chosen,
                spec=source.spec,
                fetched=have,
                header=header,
                licence=licence,
                title=title,
            )
        with Partial(self._quarantine, source.spec) as partial:
            fetched = await self._fetcher.fetch(source, partial, progress, sha256=pinned)
            try:
                header = await asyncio.to_thread(read_path, partial.path)
                _check_kind(header)
            except UnsafeModelFile:
                partial.discard()
                raise
            return self._record(
                partial,
                name=chosen,
                spec=source.spec,
                fetched=fetched,
                header=header,
                licence=licence,
                title=title,
            )

    async def add_starter(self, *, progress: Progress = no_progress) -> Manifest:
        """Fetch and keep the starter model; at once where it is here already. Raises as ``add``."""
        pinned = starter()
        return await self.add(
            pinned.source,
            name=pinned.name,
            sha256=pinned.sha256,
            licence=pinned.licence,
            title=pinned.title,
            progress=progress,
        )

    def models(self) -> list[Manifest]:
        """All models, by name. A manifest that cannot be read is logged and passed over."""
        found = []
        for path in sorted(self._manifests.glob("*.json")):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=Manifest))
            except FileNotFoundError:
                continue  # removed by somebody else meanwhile
            except (OSError, msgspec.DecodeError):
                _log.warning("the manifest %s cannot be read", path.name)
        return sorted(found, key=lambda manifest: manifest.name)

    def cards(self) -> list[ModelCard]:
        """The cards of all models."""
        return [card_of(manifest) for manifest in self.models()]

    def stamp(self) -> int:
        """A number that changes whenever a manifest is written or removed, by any process."""
        try:
            return self._manifests.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def show(self, name: str) -> Manifest:
        """One model.

        Raises:
            UnknownModel: there is none of that name.
        """
        try:
            data = self._path(name).read_bytes()
            return msgspec.json.decode(data, type=Manifest)
        except (FileNotFoundError, InvalidField, msgspec.DecodeError):
            raise UnknownModel(model=name) from None

    def blob(self, manifest: Manifest) -> Path:
        """The model's file.

        Raises:
            UnknownModel: the file is gone.
        """
        path = self._blobs / manifest.digest
        if not path.is_file():
            raise UnknownModel(model=manifest.name)
        return path

    def remove(self, name: str) -> Manifest:
        """Forget a model; its file goes with the last name that refers to it.

        Raises:
            UnknownModel: there is none of that name.
        """
        self.show(name)
        self._make_folders()
        with locked(self._root / "lock"):
            manifest = self.show(name)
            self._path(name).unlink(missing_ok=True)
            self._sweep(manifest.digest)
        return manifest

    def change(self, name: str, settings: ModelSettings) -> Manifest:
        """Replace how a model is run.

        Raises:
            UnknownModel: there is none of that name.
            InvalidField: a setting is out of its limits, or the adapter is none for this model.
        """
        manifest = self.show(name)
        check_settings(settings, manifest.header)
        if settings.lora:
            _check_adapter(Path(settings.lora), manifest.header)
        self._make_folders()
        with locked(self._root / "lock"):
            changed = msgspec.structs.replace(self.show(name), settings=settings)
            self._write(changed)
        return changed

    def verify(self, name: str, *, progress: Progress = no_progress) -> Manifest:
        """Hash a model's file again.

        Raises:
            UnknownModel: there is none of that name, or its file is gone.
            HashMismatch: the file has changed.
        """
        manifest = self.show(name)
        digest, done = hashlib.sha256(), 0
        with self.blob(manifest).open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                done += len(block)
                progress(done, manifest.size)
        if digest.hexdigest() != manifest.digest:
            raise HashMismatch(found=digest.hexdigest(), expected=manifest.digest)
        return manifest

    def _record(
        self,
        partial: Partial | None,
        *,
        name: str,
        spec: str,
        fetched: Fetched,
        header: Header,
        licence: str,
        title: str,
    ) -> Manifest:
        """Move the file to its place and write the manifest: both or, after a crash, neither name."""
        with locked(self._root / "lock"):
            try:
                before: Manifest | None = self.show(name)
            except UnknownModel:
                before = None
            blob = self._blobs / fetched.digest
            if partial is not None and blob.exists():
                partial.discard()
            elif partial is not None:
                partial.move(blob)
            known = before if before and _same(before, fetched.digest, spec) else None
            manifest = Manifest(
                name=name,
                digest=fetched.digest,
                size=header.size,
                source=spec,
                revision=fetched.revision or (known.revision if known else ""),
                vouched_by=fetched.vouched_by,
                licence=licence or header.licence,
                title=title,
                added_at=known.added_at if known else int(self._clock()),
                header=header,
                settings=before.settings if before else ModelSettings(),
            )
            try:
                self._write(manifest)
            except OSError as error:
                self._sweep(fetched.digest)
                raise full(error, self._root) from error
            if before is not None and before.digest != manifest.digest:
                self._sweep(before.digest)
        return manifest

    def _write(self, manifest: Manifest) -> None:
        """Replace a manifest in one step; a reader sees the old or the new one."""
        data = msgspec.json.format(msgspec.json.encode(manifest))
        handle, temporary = tempfile.mkstemp(dir=self._manifests, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path(manifest.name))
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _sweep(self, digest: str) -> None:
        """Remove a file that no name refers to; the lock is held."""
        if all(manifest.digest != digest for manifest in self.models()):
            (self._blobs / digest).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._manifests / file_name(model_name(name))

    def _make_folders(self) -> None:
        """Make what is missing.

        Raises:
            SetupError: the data directory is not ours to write.
        """
        for folder in (self._blobs, self._manifests, self._quarantine):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                writable = os.access(folder, os.W_OK)
            except OSError:
                writable = False
            if not writable:
                raise SetupError(
                    problem=f"The folder {folder} cannot be written.",
                    advice="Check who owns the data directory, and the space on its disk.",
                )


def _same(manifest: Manifest, digest: str, spec: str) -> bool:
    return (manifest.digest, manifest.source) == (digest, spec)


def _check_kind(header: Header) -> None:
    if header.kind != "model":
        raise UnsafeModelFile(
            reason=f"it is of the kind {header.kind[:40]!r}, which is no model of its own"
        )
    if not header.tensors:
        raise UnsafeModelFile(reason="it has a vocabulary and no weights")


def _check_adapter(path: Path, header: Header) -> None:
    """A LoRA adapter is a GGUF too, and passes the same reader."""
    try:
        adapter = read_path(path)
    except OSError:
        raise InvalidField(field="lora", reason="the file cannot be read", param="lora") from None
    if adapter.kind != "adapter" or adapter.architecture != header.architecture:
        raise InvalidField(
            field="lora", reason="the file is no adapter for this model", param="lora"
        )
