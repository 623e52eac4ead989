# SPDX-License-Identifier: EUPL-1.2
"""How ``hausgeist model`` says things: a progress bar, a table, a sheet of facts.

Manifests and cards flow in; dictionaries for JSON and text on the terminal flow out.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

if TYPE_CHECKING:
    from hausgeist.core.models import ModelCard
    from hausgeist.gateway.weights import Fit, Manifest

Report = Callable[[int, int | None], None]


@contextmanager
def progress(what: str, *, quiet: bool) -> Iterator[Report]:
    """A bar on standard error for as long as the context lasts; two lines where it is no terminal."""
    console = Console(stderr=True, quiet=quiet)
    if not console.is_terminal or quiet:
        console.print(f"{what} …", markup=False, highlight=False)
        yield lambda _done, _total: None
        return
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def facts(
    manifest: "Manifest", card: "ModelCard", fit: "Fit", path: Path, *, whole: bool
) -> dict[str, Any]:
    """A model as JSON has it. Sizes are bytes, contexts tokens, times ISO 8601."""
    header = manifest.header
    found: dict[str, Any] = {
        "name": manifest.name,
        "title": card.name,
        "digest": manifest.digest,
        "size": manifest.size,
        "path": str(path),
        "source": manifest.source,
        "revision": manifest.revision,
        "vouched_by": manifest.vouched_by,
        "licence": manifest.licence,
        "added_at": datetime.fromtimestamp(manifest.added_at, UTC).isoformat(),
        "architecture": header.architecture,
        "parameters": header.size_label,
        "quantisation": header.quantisation,
        "context": manifest.context,
        "trained_context": header.context_length,
        "capabilities": sorted(card.capabilities),
        "settings": msgspec.to_builtins(manifest.settings),
        "memory": {
            "fits": fit.fits,
            "needed": fit.needed,
            "available": fit.available,
            "largest_context": fit.largest_context,
            "advice": fit.advice(),
        },
    }
    if whole:
        found["metadata"] = dict(card.details)
        found["chat_template"] = manifest.chat_template
    return found


def print_model(model: dict[str, Any]) -> None:
    """A sheet of what is known of one model."""
    sheet = Table.grid(padding=(0, 2))
    sheet.add_column()
    sheet.add_column(overflow="fold")
    memory = model["memory"]
    needed = f"{size(memory['needed'])} with {model['context']} tokens of context"
    rows = {
        "Name": model["name"],
        "Model": f"{model['title']} ({model['parameters']}, {model['quantisation']})",
        "Size": size(model["size"]),
        "SHA-256": model["digest"],
        "Source": model["source"],
        "Revision": model["revision"],
        "Hash from": model["vouched_by"],
        "Licence": model["licence"] or "unknown",
        "Can do": ", ".join(model["capabilities"]),
        "Context": f"{model['context']} tokens (trained: {model['trained_context'] or 'unknown'})",
        "Memory": f"{needed}: {_fits(memory)}",
        "File": model["path"],
    }
    for key, value in rows.items():
        if value:
            sheet.add_row(key, str(value))
    _console().print(sheet, markup=False)


def print_table(models: list[dict[str, Any]]) -> None:
    """A table of models."""
    table = Table("Name", "Size", "Weights", "Context", "Licence", "Memory", box=None)
    for model in models:
        table.add_row(
            model["name"],
            size(model["size"]),
            f"{model['parameters']} {model['quantisation']}",
            str(model["context"]),
            model["licence"] or "unknown",
            _fits(model["memory"]),
        )
    _console().print(table, markup=False)


def size(count: int) -> str:
    """Bytes as people read them, in decimal units."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _fits(memory: dict[str, Any]) -> str:
    if memory["available"] is None:
        return "unknown whether it fits"
    if memory["fits"]:
        return "fits"
    return f"does not fit into {size(memory['available'])}. {memory['advice']}"


def _console() -> Console:
    """Standard output; wide where it is no terminal, so that nothing is cut in a pipe."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)
