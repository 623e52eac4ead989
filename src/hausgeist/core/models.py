# SPDX-License-Identifier: EUPL-1.2
"""What a user picks: a model's card, as values.

Quirks of a model are data here, never a test of its name in code.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.prices import Energy, Price, Tier
from hausgeist.core.terms import UNKNOWN, Terms

__all__ = ["Capability", "Energy", "ModelCard", "Price", "Tier"]


class Capability(StrEnum):
    """What a model can do. The values are Ollama's words where Ollama has one."""

    COMPLETION = "completion"
    TOOLS = "tools"
    VISION = "vision"
    EMBEDDING = "embedding"
    THINKING = "thinking"
    INSERT = "insert"
    """Fill in the middle: takes a prompt and a suffix."""
    TRANSCRIPTION = "transcription"
    """Writes down what a recording says."""
    SPEECH = "speech"
    """Reads a text aloud."""
    JSON_SCHEMA = "json_schema"
    LOGPROBS = "logprobs"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model as the gateway serves it.

    ``id`` is what callers write; ``upstream`` is what the provider calls it. ``context`` is the effective
    window in tokens, None when unknown. ``price`` of None means unknown, never free.
    ``cleared_for`` is the highest class the organisation has released its provider for.
    """

    id: str
    provider: str
    upstream: str
    zone: Zone
    title: str = ""
    country: str | None = None
    capabilities: frozenset[Capability] = frozenset({Capability.COMPLETION})
    context: int | None = None
    max_output: int | None = None
    price: Price | None = None
    energy: Energy | None = None
    """What a call takes; None means unknown."""
    cleared_for: DataClass = DataClass.PUBLIC
    terms: Terms = UNKNOWN
    """What its provider has promised; without meaning in the house."""
    created: int = 0
    """Seconds since the epoch at which the house first offered it."""
    description: str = ""
    """What people read of it when they choose."""
    digest: str = ""
    size_bytes: int = 0
    family: str = ""
    parameters: str = ""
    """Words such as ``135M``."""
    quantisation: str = ""
    details: tuple[tuple[str, str | int | float | bool], ...] = field(default=())
    """Further metadata, such as a GGUF's ``general.architecture``."""
    only_for: frozenset[str] | None = None
    """Persons and groups who may use it; None: everyone in the house."""
    in_chat: bool = True
    """Whether people are offered it for a conversation."""

    @property
    def name(self) -> str:
        """What a person reads: the title, else the id."""
        return self.title or self.id

    def can(self, capability: Capability) -> bool:
        """Whether the model has the capability."""
        return capability in self.capabilities
