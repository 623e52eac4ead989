# SPDX-License-Identifier: EUPL-1.2
"""What an engine is to run, as a value: two equal specs can share one process.

A manifest of the shelf, or the built-in encoder, flows in. Sizes are bytes, contexts tokens per slot.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.models import Capability, ModelCard
from hausgeist.gateway.weights import Fit, Manifest, fit

KEEP_ALIVE = 300.0
"""Seconds a model stays loaded after its last call, unless somebody set another time."""

ENCODER = "hausgeist-embed"
ENCODER_CONTEXT = 4096
ENCODER_BYTES = 256 * 1024 * 1024
"""Measured with one text of the longest length: 230 MB resident; 150 MB with short ones."""

ENCODER_THREADS = 4
"""More do not help: the matrices are small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """One model with its settings. ``fit`` answers for a budget in bytes, None: unknown."""

    name: str
    kind: Literal["llama", "encoder"]
    path: str
    digest: str
    context: int
    slots: int
    threads: int
    needed: int
    """Memory in bytes, estimated from above."""
    keep_alive: float = KEEP_ALIVE
    lora: str = ""
    lora_scale: float = 1.0
    template: str = ""
    embedding: bool = False
    fit: Callable[[int | None], Fit] = field(compare=False, repr=False)


def cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spec_of(manifest: Manifest, blob: Path, *, threads: int = 0) -> EngineSpec:
    """The spec of a model on the shelf; ``threads`` is the house's setting, 0: all cores."""
    settings, header = manifest.settings, manifest.header

    def fits(budget: int | None) -> Fit:
        return fit(
            header, manifest.size, context=manifest.context, slots=settings.slots, budget=budget
        )

    return EngineSpec(
        name=manifest.name,
        kind="llama",
        path=str(blob),
        digest=manifest.digest,
        context=manifest.context,
        slots=settings.slots,
        threads=settings.threads or threads or cores(),
        needed=fits(None).needed,
        keep_alive=KEEP_ALIVE if settings.keep_alive is None else settings.keep_alive,
        lora=settings.lora,
        lora_scale=settings.lora_scale,
        template=settings.chat_template,
        embedding=header.embeds,
        fit=fits,
    )


def encoder_spec(*, threads: int = 0) -> EngineSpec:
    """The built-in encoder's spec."""

    def fits(budget: int | None) -> Fit:
        return Fit(
            fits=budget is None or budget >= ENCODER_BYTES,
            needed=ENCODER_BYTES,
            available=budget,
            largest_context=0,
        )

    return EngineSpec(
        name=ENCODER,
        kind="encoder",
        path="",
        digest="",
        context=ENCODER_CONTEXT,
        slots=4,
        threads=min(threads or cores(), ENCODER_THREADS),
        needed=ENCODER_BYTES,
        embedding=True,
        fit=fits,
    )


def encoder_card() -> ModelCard:
    """The built-in encoder as the gateway offers it."""
    return ModelCard(
        id=ENCODER,
        provider="house",
        upstream=ENCODER,
        zone=Zone.HOUSE,
        title="Universal Sentence Encoder",
        capabilities=frozenset({Capability.EMBEDDING}),
        context=ENCODER_CONTEXT,
        cleared_for=DataClass.SPECIAL,
        family="use-multilingual-3",
        details=(("embedding_length", 512), ("general.license", "apache-2.0")),
    )
