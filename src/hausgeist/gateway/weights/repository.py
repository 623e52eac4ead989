# SPDX-License-Identifier: EUPL-1.2
"""Fetches the files of a whole repository of a hub that a base of students is made of.

``hf:org/repo@revision`` flows in, files in a folder flow out, all of one commit. What they are is not looked
at here; nothing but the files that are named below is asked for, so no program and no pickle comes along.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hausgeist.errors import InvalidField, SourceNotFound
from hausgeist.gateway.weights.fetch import Fetcher
from hausgeist.gateway.weights.partial import Partial
from hausgeist.gateway.weights.sources import HubSource

FILES = ("config.json", "tokenizer.json", "model.safetensors")
PERHAPS = ("tokenizer_config.json", "README.md", "LICENSE")
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_REPO = re.compile(
    rf"hf:(?P<repo>{_NAME}/{_NAME})(?:@(?P<revision>[A-Za-z0-9][A-Za-z0-9._/-]{{0,150}}))?"
)


async def fetch_base(
    fetcher: Fetcher, spec: str, folder: Path, progress: Callable[[int, int | None], None]
) -> str:
    """Fetch the files into ``folder``; the source with the commit that they are of.

    Raises:
        InvalidField: it is no repository of a hub.
        SourceNotFound: there is none, or it lacks one of the three files.
        HashMismatch, Upstream, UpstreamRefused, EgressDenied, DiskFull: see ``Fetcher.fetch``.
    """
    found = _REPO.fullmatch(spec.strip())
    if found is None or ".." in spec:
        raise InvalidField(
            field="source", reason="the form is hf:org/repo@revision", param="source"
        )
    source = HubSource(found["repo"], "", found["revision"] or "main", b"")
    for name in (*FILES, *PERHAPS):
        one = replace(source, path=name)
        with Partial(folder / "quarantine", one.spec) as partial:
            try:
                fetched = await fetcher.fetch(one, partial, progress)
            except SourceNotFound:
                if name in FILES:
                    raise
                continue
            partial.move(folder / name)
            source = replace(source, revision=fetched.revision)  # all of the same commit
    return f"hf:{source.repo}@{source.revision}"
