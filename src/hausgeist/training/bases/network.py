# SPDX-License-Identifier: EUPL-1.2
"""The encoders as PyTorch computes them: numbers of tokens in, one vector a token out.

``Classic`` is BERT and its kin (Devlin and others 2019; Liu and others 2019; Sanh and others 2019; Clark and
others 2020), ``Modern`` is ModernBERT (Warner and others 2024). They say what ``transformers`` says of the
same weights; a test compares. Loaded in the students' children only.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from hausgeist.training.bases.shape import Shape
from hausgeist.training.bases.tensors import named

DROPPED = 0.1
"""The share of numbers that are left out while it learns, as in BERT's own training."""


def opened(path: Path, shape: Shape) -> tuple["Classic | Modern", dict[str, str]]:
    """The encoder whose weights lie in a ``.safetensors`` file, and its tensors' names there by ours.

    Raises:
        BaseRefused: the file and the shape do not fit each other.
    """
    names = named(path, shape)
    found = load_file(path)
    network = empty(shape)
    network.load_state_dict({ours: found[hub].float() for ours, hub in names.items()})
    return network, names


def empty(shape: Shape) -> "Classic | Modern":
    """An encoder of this shape, its weights of chance."""
    return Modern(shape) if shape.family == "modernbert" else Classic(shape)


def activated(name: str, values: Tensor) -> Tensor:
    """The function between the two halves of a layer."""
    if name == "relu":
        return functional.relu(values)
    if name == "silu":
        return functional.silu(values)
    return functional.gelu(values, approximate="tanh" if name == "tanh" else "none")


class Classic(nn.Module):
    """BERT, RoBERTa, DistilBERT, ELECTRA: positions have vectors, each half of a layer ends in a norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        narrow = shape.embedded
        self.words = nn.Embedding(shape.vocabulary, narrow)
        self.places = nn.Embedding(shape.positions + shape.first, narrow)
        self.types = nn.Embedding(shape.types, narrow) if shape.family != "distilbert" else None
        self.norm = nn.LayerNorm(narrow, shape.eps)
        self.widen = nn.Linear(narrow, shape.width) if narrow != shape.width else None
        self.layers = nn.ModuleList(_ClassicLayer(shape) for _ in range(shape.layers))
        self.drop = nn.Dropout(DROPPED)

    def forward(self, tokens: Tensor, there: Tensor) -> Tensor:
        """Tokens (texts x places) and which are there (bool); vectors (texts x places x width)."""
        places = torch.arange(tokens.shape[1], device=tokens.device) + self.shape.first
        found = self.words(tokens) + self.places(places)
        if self.types is not None:
            found = found + self.types.weight[0]
        found = self.drop(self.norm(found))
        if self.widen is not None:
            found = self.widen(found)
        mask = there[:, None, None, :]
        for layer in self.layers:
            found = layer(found, mask)
        return cast("Tensor", found)


class _ClassicLayer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        wide = shape.width
        self.heads, self.activation = shape.heads, shape.activation
        self.query, self.key, self.value = (nn.Linear(wide, wide) for _ in range(3))
        self.joined = nn.Linear(wide, wide)
        self.joined_norm = nn.LayerNorm(wide, shape.eps)
        self.inner = nn.Linear(wide, shape.inner)
        self.outer = nn.Linear(shape.inner, wide)
        self.outer_norm = nn.LayerNorm(wide, shape.eps)
        self.drop = nn.Dropout(DROPPED)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        query, key, value = (
            _split(one(values), self.heads) for one in (self.query, self.key, self.value)
        )
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        values = self.joined_norm(values + self.drop(self.joined(_merged(seen))))
        more = self.outer(activated(self.activation, self.inner(values)))
        found: Tensor = self.outer_norm(values + self.drop(more))
        return found


class Modern(nn.Module):
    """ModernBERT: positions turn the vectors, most layers look at their neighbourhood alone."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width)
        self.norm = nn.LayerNorm(shape.width, shape.eps, bias=False)
        self.layers = nn.ModuleList(_ModernLayer(shape, at) for at in range(shape.layers))
        self.last = nn.LayerNorm(shape.width, shape.eps, bias=False)

    def forward(self, tokens: Tensor, there: Tensor) -> Tensor:
        """Tokens (texts x places) and which are there (bool); vectors (texts x places x width)."""
        found = self.norm(self.words(tokens))
        at = torch.arange(tokens.shape[1], device=tokens.device)
        wide = there[:, None, None, :]
        close = (at[:, None] - at[None, :]).abs() <= self.shape.window // 2
        narrow = wide & close[None, None]
        size = self.shape.width // self.shape.heads
        turns = {base: _turns(at, size, base) for base in {self.shape.far, self.shape.near}}
        for layer in self.layers:
            whole = layer.whole
            base = self.shape.far if whole else self.shape.near
            found = layer(found, wide if whole else narrow, turns[base])
        last: Tensor = self.last(found)
        return last


class _ModernLayer(nn.Module):
    def __init__(self, shape: Shape, at: int) -> None:
        super().__init__()
        wide = shape.width
        self.heads, self.activation = shape.heads, shape.activation
        self.whole = at % shape.every == 0
        self.before = nn.LayerNorm(wide, shape.eps, bias=False) if at else nn.Identity()
        self.three = nn.Linear(wide, 3 * wide, bias=False)
        self.joined = nn.Linear(wide, wide, bias=False)
        self.between = nn.LayerNorm(wide, shape.eps, bias=False)
        self.inner = nn.Linear(wide, 2 * shape.inner, bias=False)
        self.outer = nn.Linear(shape.inner, wide, bias=False)

    def forward(self, values: Tensor, mask: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        split = [_split(one, self.heads) for one in self.three(self.before(values)).chunk(3, -1)]
        query, key = (_turned(one, turns) for one in split[:2])
        # what is nothing sees nothing in its neighbourhood: no number may come of it
        mask = mask | ~mask.any(-1, keepdim=True)
        seen = functional.scaled_dot_product_attention(query, key, split[2], attn_mask=mask)
        values = values + self.joined(_merged(seen))
        inner, gate = self.inner(self.between(values)).chunk(2, -1)
        found: Tensor = values + self.outer(activated(self.activation, inner) * gate)
        return found


def _split(values: Tensor, heads: int) -> Tensor:
    """(texts x places x width) as (texts x heads x places x part)."""
    texts, places, wide = values.shape
    return values.view(texts, places, heads, wide // heads).transpose(1, 2)


def _merged(values: Tensor) -> Tensor:
    return values.transpose(1, 2).flatten(2)


def _turns(at: Tensor, size: int, base: float) -> tuple[Tensor, Tensor]:
    """Cosine and sine of each place's angles (Su and others 2021)."""
    steps = 1.0 / base ** (torch.arange(0, size, 2, dtype=torch.float32) / size)
    angles = at.float()[:, None] * steps[None, :]
    angles = torch.cat((angles, angles), -1)
    return angles.cos(), angles.sin()


def _turned(values: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    first, second = values.chunk(2, -1)
    return values * turns[0] + torch.cat((-second, first), -1) * turns[1]


def kept(network: nn.Module, names: Mapping[str, str]) -> dict[str, Any]:
    """Its weights under the names that they had, in half precision."""
    state = network.state_dict()
    return {hub: state[ours].half().contiguous() for ours, hub in names.items()}
