# SPDX-License-Identifier: EUPL-1.2
"""Model files in the house: read within limits, fetch, keep by content, say whether they fit.

::

    shelf = Shelf(settings.home, Fetcher(settings))
    manifest = await shelf.add("hf:org/repo/model.gguf@main")      # fetched, inspected, kept
    card = card_of(manifest)                                       # what the gateway offers
    fit(manifest.header, manifest.size, context=manifest.context,
        slots=manifest.settings.slots, budget=available()).check(manifest.name)
"""

from hausgeist.gateway.weights.card import card_of
from hausgeist.gateway.weights.fetch import Fetcher
from hausgeist.gateway.weights.fit import Fit, fit
from hausgeist.gateway.weights.gguf import Header, read_header, read_path
from hausgeist.gateway.weights.manifest import Manifest, ModelSettings, model_name
from hausgeist.gateway.weights.memory import available, budget, total
from hausgeist.gateway.weights.shelf import Shelf
from hausgeist.gateway.weights.starter import Starter, starter

__all__ = [
    "Fetcher",
    "Fit",
    "Header",
    "Manifest",
    "ModelSettings",
    "Shelf",
    "Starter",
    "available",
    "budget",
    "card_of",
    "fit",
    "model_name",
    "read_header",
    "read_path",
    "starter",
    "total",
]
