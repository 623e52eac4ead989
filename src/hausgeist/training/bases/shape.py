# SPDX-License-Identifier: EUPL-1.2
"""How an encoder is built: a hub's ``config.json`` in, numbers within limits and the tensors they mean out.

Known are BERT, RoBERTa (XLM-R and CamemBERT are the same), DistilBERT, ELECTRA's discriminator and
ModernBERT. Whatever else a configuration asks for is refused, and so is a program it brings along.

Source of the names: the checkpoints that ``transformers`` writes; of the numbers its configurations.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hausgeist.errors import N_, BaseRefused

FAMILIES = {
    "bert": "bert",
    "roberta": "roberta",
    "xlm-roberta": "roberta",
    "camembert": "roberta",
    "distilbert": "distilbert",
    "electra": "electra",
    "modernbert": "modernbert",
}
"""``model_type`` of a configuration, and how it is built."""
ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_new": "tanh",
    "gelu_pytorch_tanh": "tanh",
    "relu": "relu",
    "silu": "silu",
}
LIMITS = {
    "vocabulary": (4, 500_000),
    "width": (8, 4_096),
    "layers": (1, 64),
    "heads": (1, 64),
    "inner": (8, 16_384),
    "positions": (16, 32_768),
    "types": (1, 16),
    "embedded": (8, 4_096),
    "every": (1, 64),
    "window": (2, 32_768),
}
_USUAL = {
    "vocabulary": ("vocab_size",),
    "width": ("hidden_size", "dim"),
    "layers": ("num_hidden_layers", "n_layers"),
    "heads": ("num_attention_heads", "n_heads"),
    "inner": ("intermediate_size", "hidden_dim"),
    "positions": ("max_position_embeddings",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The numbers of an encoder. ``positions``: tokens of a text, special ones included.

    ``first``: the number of the first position. ``every``: each so-many-th layer looks at the whole text,
    the others at ``window`` tokens to both sides together (ModernBERT). ``far`` and ``near``: the bases of
    the rotation of positions in these layers.
    """

    family: str
    vocabulary: int
    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    activation: str
    eps: float
    padding: int
    embedded: int
    types: int = 1
    first: int = 0
    every: int = 1
    window: int = 0
    far: float = 160_000.0
    near: float = 10_000.0


@dataclass(frozen=True, slots=True)
class Part:
    """A tensor: its name with us, its name in a checkpoint (without a prefix), its size."""

    ours: str
    hub: str
    size: tuple[int, ...]


def shape_of(config: Mapping[str, Any]) -> Shape:
    """The numbers of a configuration.

    Raises:
        BaseRefused: it brings a program, is of no known kind, or a number is missing or out of its limits.
    """
    if config.get("auto_map") or config.get("custom_pipelines"):
        raise BaseRefused(
            reason=N_(
                "{file} asks for a program of its own (auto_map), which the house does not run."
            ),
            file="config.json",
        )
    family = _family(config)
    numbers = {name: _number(config, name, keys) for name, keys in _USUAL.items()}
    activation = _activation(config, family)
    if numbers["width"] % numbers["heads"]:
        raise _wrong("num_attention_heads")
    padding = config.get("pad_token_id")
    padding = 0 if padding is None else padding
    if type(padding) is not int or not 0 <= padding < numbers["vocabulary"]:
        raise _wrong("pad_token_id")
    more = _more(config, family, numbers, padding)
    eps = config.get("norm_eps" if family == "modernbert" else "layer_norm_eps")
    eps = (1e-5 if family == "modernbert" else 1e-12) if eps is None else eps
    return Shape(
        family=family,
        activation=activation,
        eps=_share(eps, "layer_norm_eps", 1e-16, 1e-2),
        padding=padding,
        **numbers,
        **more,
    )


def parts(shape: Shape) -> list[Part]:
    """Every tensor of such an encoder; heads that were trained for another purpose are none of it."""
    return list(_modern_parts(shape) if shape.family == "modernbert" else _classic_parts(shape))


def weights(shape: Shape) -> int:
    """How many numbers it has."""
    return sum(math.prod(one.size) for one in parts(shape))


def trained(shape: Shape) -> int:
    """How many of them a training changes: all but those of the vocabulary."""
    return weights(shape) - shape.vocabulary * shape.embedded


def _family(config: Mapping[str, Any]) -> str:
    kind = str(config.get("model_type", ""))[:40]
    if kind not in FAMILIES:
        raise BaseRefused(
            reason=N_("it is built like “{kind}”; known are: {known}."),
            kind=kind or "?",
            known=", ".join(FAMILIES),
        )
    return FAMILIES[kind]


def _activation(config: Mapping[str, Any], family: str) -> str:
    said = config.get(
        "hidden_act", config.get("activation", config.get("hidden_activation", "gelu"))
    )
    how = str(config.get("position_embedding_type") or "absolute")
    if said not in ACTIVATIONS or (family != "modernbert" and how != "absolute"):
        raise BaseRefused(
            reason=N_("{file} asks for something that is not known here: {what}."),
            file="config.json",
            what=str(said if said not in ACTIVATIONS else how)[:60],
        )
    return ACTIVATIONS[said]


def _more(
    config: Mapping[str, Any], family: str, numbers: dict[str, int], padding: int
) -> dict[str, Any]:
    """What one family has and another has not."""
    more: dict[str, Any] = {"embedded": numbers["width"]}
    if family == "modernbert":
        more |= _modern(config, numbers)
    elif family != "distilbert":
        more["types"] = _number(config, "types", ("type_vocab_size",), usual=2)
    if family == "electra":
        more["embedded"] = _number(config, "embedded", ("embedding_size",), usual=numbers["width"])
    if family == "roberta":
        more["first"] = padding + 1
        numbers["positions"] -= padding + 1
        if numbers["positions"] < 1:
            raise _wrong("max_position_embeddings")
    return more


def _modern(config: Mapping[str, Any], numbers: Mapping[str, int]) -> dict[str, Any]:
    for name in ("attention_bias", "mlp_bias", "norm_bias"):
        if config.get(name):
            raise BaseRefused(
                reason=N_("{file} asks for something that is not known here: {what}."),
                file="config.json",
                what=name,
            )
    if (numbers["width"] // numbers["heads"]) % 2:
        raise _wrong("num_attention_heads")
    ropes = config.get("rope_parameters")
    ropes = ropes if isinstance(ropes, dict) else {}
    bases = {}
    for name, key, kind, usual in (
        ("far", "global_rope_theta", "full_attention", 160_000.0),
        ("near", "local_rope_theta", "sliding_attention", 10_000.0),
    ):
        one = ropes.get(kind)
        found = one.get("rope_theta") if isinstance(one, dict) else config.get(key)
        bases[name] = _share(usual if found is None else found, key, 10.0, 1e9)
    window = _number(config, "window", ("local_attention",), usual=128)
    every = _number(config, "every", ("global_attn_every_n_layers",), usual=3)
    kinds = config.get("layer_types")
    ours = [
        "sliding_attention" if at % every else "full_attention" for at in range(numbers["layers"])
    ]
    if kinds is not None and kinds != ours:
        raise _wrong("layer_types")
    return {"every": every, "window": window, **bases}


def _classic_parts(shape: Shape) -> Iterator[Part]:
    wide, narrow = shape.width, shape.embedded
    yield Part("words.weight", "embeddings.word_embeddings.weight", (shape.vocabulary, narrow))
    rows = shape.positions + shape.first
    yield Part("places.weight", "embeddings.position_embeddings.weight", (rows, narrow))
    if shape.family != "distilbert":
        hub = "embeddings.token_type_embeddings.weight"
        yield Part("types.weight", hub, (shape.types, narrow))
    yield from _both("norm", "embeddings.LayerNorm", (narrow,))
    if narrow != wide:
        yield from _both("widen", "embeddings_project", (wide, narrow))
    if shape.family == "distilbert":
        names, before = _DISTILBERT, "transformer.layer"
    else:
        names, before = _BERT, "encoder.layer"
    sizes = {"inner": (shape.inner, wide), "outer": (wide, shape.inner)}
    for at in range(shape.layers):
        for ours, hub in names.items():
            size = (wide,) if "norm" in ours else sizes.get(ours, (wide, wide))
            yield from _both(f"layers.{at}.{ours}", f"{before}.{at}.{hub}", size)


def _modern_parts(shape: Shape) -> Iterator[Part]:
    wide = shape.width
    yield Part("words.weight", "embeddings.tok_embeddings.weight", (shape.vocabulary, wide))
    yield Part("norm.weight", "embeddings.norm.weight", (wide,))
    sizes = {
        "attn_norm": (wide,),
        "attn.Wqkv": (3 * wide, wide),
        "attn.Wo": (wide, wide),
        "mlp_norm": (wide,),
        "mlp.Wi": (2 * shape.inner, wide),
        "mlp.Wo": (wide, shape.inner),
    }
    for at in range(shape.layers):
        for hub, ours in _MODERN.items():
            if at or hub != "attn_norm":  # the first layer's is none
                yield Part(f"layers.{at}.{ours}.weight", f"layers.{at}.{hub}.weight", sizes[hub])
    yield Part("last.weight", "final_norm.weight", (wide,))


_BERT = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "joined": "attention.output.dense",
    "joined_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}
_DISTILBERT = {
    "query": "attention.q_lin",
    "key": "attention.k_lin",
    "value": "attention.v_lin",
    "joined": "attention.out_lin",
    "joined_norm": "sa_layer_norm",
    "inner": "ffn.lin1",
    "outer": "ffn.lin2",
    "outer_norm": "output_layer_norm",
}
_MODERN = {
    "attn_norm": "before",
    "attn.Wqkv": "three",
    "attn.Wo": "joined",
    "mlp_norm": "between",
    "mlp.Wi": "inner",
    "mlp.Wo": "outer",
}


def _both(ours: str, hub: str, size: tuple[int, ...]) -> Iterator[Part]:
    yield Part(f"{ours}.weight", f"{hub}.weight", size)
    yield Part(f"{ours}.bias", f"{hub}.bias", size[:1])


def _number(
    config: Mapping[str, Any], name: str, keys: tuple[str, ...], usual: int | None = None
) -> int:
    found = next((config[key] for key in keys if config.get(key) is not None), usual)
    least, most = LIMITS[name]
    if type(found) is not int or not least <= found <= most:
        raise _wrong(keys[0])
    return found


def _share(found: Any, key: str, least: float, most: float) -> float:
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not least <= found <= most:
        raise _wrong(key)
    return float(found)


def _wrong(key: str) -> BaseRefused:
    return BaseRefused(
        reason=N_("the number {key} in {file} is missing or beyond every limit."),
        key=key,
        file="config.json",
    )
