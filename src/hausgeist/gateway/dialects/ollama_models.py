# SPDX-License-Identifier: EUPL-1.2
"""Ollama's words about models: lists, cards, what is loaded, and the progress of a fetch.

Shows what a card says and nothing else: what is unknown stays empty. The context length is the effective one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from hausgeist.core.models import Capability, ModelCard
from hausgeist.errors import InvalidField
from hausgeist.gateway.dialects.ollama_answer import rfc3339
from hausgeist.gateway.dialects.reading import read_json

_text = msgspec.json.Encoder().encode

FOREVER_MS = 32_503_680_000_000
"""The year 3000: what ``expires_at`` says of a model that stays."""

_WORDS = (  # in the order Ollama gives them
    Capability.COMPLETION,
    Capability.VISION,
    Capability.TOOLS,
    Capability.INSERT,
    Capability.THINKING,
    Capability.EMBEDDING,
)


class NameRequest(msgspec.Struct):
    """A body that names a model, in the newer or the older word."""

    model: str | None = None
    name: str | None = None
    stream: bool | None = None
    verbose: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A model in memory. Sizes are bytes; ``expires_ms`` is since the epoch, None: it stays."""

    model: str
    size: int
    vram: int = 0
    context: int | None = None
    expires_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullStep:
    """How far a fetch is. ``digest`` is SHA-256 in hexadecimal; ``completed`` of ``total`` bytes."""

    status: str
    digest: str = ""
    total: int | None = None
    completed: int | None = None


def named(body: bytes) -> tuple[str, NameRequest]:
    """The model a body names, and the rest of it.

    Raises:
        InvalidJSON, InvalidField: there is no name.
    """
    found = read_json(body, NameRequest)
    name = found.model or found.name
    if not name:
        raise InvalidField(field="model", reason="is missing", param="model")
    return name, found


def tags_body(cards: Iterable[ModelCard]) -> bytes:
    """The list of models."""
    return _text({"models": [_entry(card) for card in cards]})


def show_body(card: ModelCard) -> bytes:
    """A model's card. Editors read ``model_info`` and ``capabilities`` and stumble without them."""
    return _text(
        {
            "modelfile": "",
            "parameters": "",
            "template": "",
            "details": _details(card),
            "model_info": _model_info(card),
            "capabilities": _capabilities(card),
            "modified_at": rfc3339(card.created * 1000),
        }
    )


def loaded_body(loaded: Iterable[Loaded], cards: Iterable[ModelCard]) -> bytes:
    """What is in memory, of the models a caller may use."""
    by_id = {card.id: card for card in cards}
    return _text(
        {
            "models": [
                {
                    "name": found.model,
                    "model": found.model,
                    "size": found.size,
                    "size_vram": found.vram,
                    "digest": by_id[found.model].digest,
                    "details": _details(by_id[found.model]),
                    "expires_at": rfc3339(found.expires_ms or FOREVER_MS),
                    "context_length": found.context or by_id[found.model].context or 0,
                }
                for found in loaded
                if found.model in by_id
            ]
        }
    )


def pull_line(step: PullStep) -> bytes:
    """A line of a fetch's progress."""
    fields: dict[str, object] = {"status": step.status}
    if step.digest:
        fields["digest"] = f"sha256:{step.digest}"
    if step.total is not None:
        fields["total"] = step.total
    if step.completed is not None:
        fields["completed"] = step.completed
    return _text(fields) + b"\n"


def _entry(card: ModelCard) -> dict[str, object]:
    return {
        "name": card.id,
        "model": card.id,
        "modified_at": rfc3339(card.created * 1000),
        "size": card.size_bytes,
        "digest": card.digest,
        "details": _details(card),
        "capabilities": _capabilities(card),
    }


def _details(card: ModelCard) -> dict[str, Any]:
    family = card.family or _architecture(card)
    details: dict[str, Any] = {
        "parent_model": "",
        "format": "gguf" if card.quantisation else "",
        "family": family,
        "families": [family] if family else [],
        "parameter_size": card.parameters,
        "quantization_level": card.quantisation,
    }
    if card.context is not None:
        details["context_length"] = card.context
    return details


def _capabilities(card: ModelCard) -> list[str]:
    return [word.value for word in _WORDS if card.can(word)]


def _model_info(card: ModelCard) -> dict[str, str | int | float | bool]:
    architecture = _architecture(card) or card.family or "unknown"
    info = {
        key: value for key, value in card.details if not key.startswith("tokenizer.chat_template")
    }
    info |= {"general.architecture": architecture}
    info.setdefault("general.basename", card.name)
    if card.context is not None:
        info[f"{architecture}.context_length"] = card.context
    return info


def _architecture(card: ModelCard) -> str:
    return next((str(value) for key, value in card.details if key == "general.architecture"), "")
