# SPDX-License-Identifier: EUPL-1.2
"""Makes the card of a model in the house from its manifest.

A ``Manifest`` flows in, a ``core.models.ModelCard`` flows out. What a model can do is read from its file:
the chat template, the vocabulary, the pooling; never from its name.
"""

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.models import Capability, ModelCard
from hausgeist.gateway.weights.manifest import Manifest

PROVIDER = "house"
_LONGEST = 1024


def card_of(manifest: Manifest) -> ModelCard:
    """The card: zone house, cleared for every class of data, because nothing leaves the machine."""
    header = manifest.header
    return ModelCard(
        id=manifest.name,
        provider=PROVIDER,
        upstream=manifest.name,
        zone=Zone.HOUSE,
        title=manifest.title or header.name,
        capabilities=capabilities(manifest),
        context=manifest.context,
        cleared_for=DataClass.SPECIAL,
        created=manifest.added_at,
        digest=manifest.digest,
        size_bytes=manifest.size,
        family=header.architecture,
        parameters=header.size_label,
        quantisation=header.quantisation,
        details=details(manifest),
    )


def capabilities(manifest: Manifest) -> frozenset[Capability]:
    """What the file says the model can do. JSON by schema and logprobs come from the engine."""
    header = manifest.header
    if header.embeds:
        return frozenset({Capability.EMBEDDING})
    found = {Capability.COMPLETION, Capability.JSON_SCHEMA, Capability.LOGPROBS}
    template = manifest.chat_template
    if "tools" in template:
        found.add(Capability.TOOLS)
    if "<think>" in template or "enable_thinking" in template:
        found.add(Capability.THINKING)
    if header.fills_in:
        found.add(Capability.INSERT)
    return frozenset(found)


def details(manifest: Manifest) -> tuple[tuple[str, str | int | float | bool], ...]:
    """The file's metadata as Ollama's ``model_info`` has them; long texts are left out."""
    header = manifest.header
    kept = {
        key: value
        for key, value in header.metadata.items()
        if not isinstance(value, str) or len(value) <= _LONGEST
    }
    kept.pop("tokenizer.chat_template", None)
    kept["general.parameter_count"] = header.parameters
    if manifest.licence:
        kept.setdefault("general.license", manifest.licence)
    return tuple(sorted(kept.items()))
