# SPDX-License-Identifier: EUPL-1.2
"""Where a model comes from: a text that a person writes becomes a value.

::

    file:/path/model.gguf
    hf:org/repo/folder/model.gguf@revision              revision: main where none is given
    pypi:package==version#folder/model.gguf
    https://host/path/model.gguf   with --sha256, or #sha256=… behind it

No disk and no network here; nothing is looked up.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from hausgeist.errors import N_, InvalidField
from hausgeist.gateway.weights.content import GGUF_MAGIC

MAX_SPEC = 1000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9._+=,-]*"
_PATH = rf"{_SEGMENT}(?:/{_SEGMENT})*"
_HUB: Final = re.compile(
    rf"(?P<repo>[A-Za-z0-9][A-Za-z0-9._-]{{0,95}}/[A-Za-z0-9][A-Za-z0-9._-]{{0,95}})"
    rf"/(?P<path>{_PATH})(?:@(?P<revision>[A-Za-z0-9][A-Za-z0-9._/-]{{0,150}}))?"
)
_PACKAGE: Final = re.compile(
    r"(?P<package>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?)"
    rf"==(?P<version>[0-9][A-Za-z0-9.!+_-]{{0,60}})#(?P<member>{_PATH})"
)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file on this machine."""

    path: Path

    @property
    def spec(self) -> str:
        """The text it is written as."""
        return f"file:{self.path}"


@dataclass(frozen=True, slots=True)
class HubSource:
    """A file in a repository of a hub that speaks Hugging Face's protocol; ``magic``: how it must begin."""

    repo: str
    path: str
    revision: str = "main"
    magic: bytes = GGUF_MAGIC

    @property
    def spec(self) -> str:
        """The text it is written as."""
        return f"hf:{self.repo}/{self.path}@{self.revision}"


@dataclass(frozen=True, slots=True)
class PackageSource:
    """A file inside a Python wheel on the package index."""

    package: str
    version: str
    member: str

    @property
    def spec(self) -> str:
        """The text it is written as."""
        return f"pypi:{self.package}=={self.version}#{self.member}"


@dataclass(frozen=True, slots=True)
class WebSource:
    """A file at an address; only with the SHA-256 it must have."""

    url: str
    sha256: str

    @property
    def spec(self) -> str:
        """The text it is written as, without the hash."""
        return self.url


Source: TypeAlias = FileSource | HubSource | PackageSource | WebSource


def parse_source(spec: str, *, sha256: str = "") -> Source:
    """Read a source as a person writes it.

    Raises:
        InvalidField: it is none of the four forms, leads out of its place, or lacks its hash.
    """
    spec = spec.strip()
    if not spec.isprintable() or len(spec) > MAX_SPEC:
        raise _bad("it has unusual characters or is too long")
    scheme, colon, rest = spec.partition(":")
    if not colon:
        raise _bad(N_("it must begin with file:, hf:, pypi: or https:"))
    if scheme == "file":
        return _file(rest)
    if scheme == "hf":
        return _hub(rest)
    if scheme == "pypi":
        return _package(rest)
    if scheme in ("https", "http"):
        return _web(spec, sha256)
    raise _bad(N_("it must begin with file:, hf:, pypi: or https:"))


def parse_sha256(text: str) -> str:
    """A SHA-256 in lower-case hexadecimal; empty stays empty.

    Raises:
        InvalidField: it is something else.
    """
    text = text.strip().lower().removeprefix("sha256:")
    if text and not _SHA256.fullmatch(text):
        raise InvalidField(field="sha256", reason="64 hexadecimal digits are expected")
    return text


def stem(source: Source) -> str:
    """The name of the file, without its ending."""
    if isinstance(source, FileSource):
        return source.path.stem
    if isinstance(source, WebSource):
        return PurePosixPath(urlsplit(source.url).path).stem
    return PurePosixPath(source.path if isinstance(source, HubSource) else source.member).stem


def _file(rest: str) -> FileSource:
    if not rest or rest.startswith("//"):
        raise _bad("a path is expected behind file:")
    return FileSource(Path(rest).expanduser().absolute())


def _hub(rest: str) -> HubSource:
    found = _HUB.fullmatch(rest)
    if found is None or ".." in rest:
        raise _bad("the form is hf:org/repo/file.gguf@revision")
    if not found["path"].lower().endswith(".gguf"):
        raise _bad("only .gguf files are fetched from a hub")
    return HubSource(found["repo"], found["path"], found["revision"] or "main")


def _package(rest: str) -> PackageSource:
    found = _PACKAGE.fullmatch(rest)
    if found is None or ".." in rest or not found["member"].lower().endswith(".gguf"):
        raise _bad("the form is pypi:package==version#folder/file.gguf")
    return PackageSource(found["package"], found["version"], found["member"])


def _web(spec: str, sha256: str) -> WebSource:
    url, _, fragment = spec.partition("#")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad("the address cannot be read") from None
    if not parts.hostname or parts.username is not None or port == 0 or " " in url or "\\" in url:
        raise _bad("the address needs a host, and no user name or password")
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise _bad("only https: is fetched")
    pinned = parse_sha256(sha256 or fragment.removeprefix("sha256="))
    if not pinned:
        raise InvalidField(
            field="sha256", reason="a file from the web is fetched only with its SHA-256"
        )
    return WebSource(url, pinned)


def _bad(reason: str) -> InvalidField:
    return InvalidField(field="source", reason=reason, param="source")
