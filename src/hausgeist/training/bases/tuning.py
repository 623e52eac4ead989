# SPDX-License-Identifier: EUPL-1.2
"""An encoder with a head learns from samples, pass by pass, and keeps the best pass.

In: samples (pieces, what is right, a weight) and a judge who looks at examples held back. Out: the network as
it was best, its numbers rounded to what is kept on disk. The vectors of the vocabulary stay as they are:
they are most of a multilingual base, a few hundred examples touch hardly any of them, and a third of the
memory and time is saved.

AdamW (Loshchilov and Hutter 2019), a rate that rises and falls (Devlin and others 2019), early stopping.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hausgeist.training.bases.minutes import BATCH, passes
from hausgeist.training.bases.network import DROPPED, Classic, Modern
from hausgeist.training.rows import Floats

PATIENCE = 3
"""Passes without a better result after which it ends."""
RATE, RATE_MOST, WIDTH = 5e-5, 2e-3, 768
"""Of a base of the usual width, as in BERT's own tasks; narrower ones take greater steps."""
WIDE = 256
"""Width from which threads share the work of a step; below they would wait more than they compute."""
HEAD_FASTER = 10.0
"""How much faster the head learns, which begins with nothing."""
DECAY, RISING, STRETCH = 0.01, 0.1, 1.0
TOKENS_AT_ONCE, TEXTS_AT_ONCE = 4_096, 64
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Sample:
    """Pieces, special ones included. ``right``: a number, a row of 0 and 1, or a number a piece."""

    pieces: list[int]
    right: Any
    weight: float = 1.0


class Network(nn.Module):
    """An encoder and a head. ``many``: of what the head says; ``by_piece``: for each piece, or the text."""

    def __init__(self, encoder: Classic | Modern, many: int, *, by_piece: bool) -> None:
        super().__init__()
        self.encoder, self.by_piece = encoder, by_piece
        self.drop = nn.Dropout(DROPPED)
        self.head = nn.Linear(encoder.shape.width, many)

    def outcomes(self, many: int) -> None:
        """Give it a head for so many outcomes, which knows nothing."""
        self.head = nn.Linear(self.encoder.shape.width, many)

    def forward(self, tokens: Tensor, there: Tensor) -> Tensor:
        """Texts x outcomes, or texts x places x outcomes."""
        seen = self.encoder(tokens, there)
        if not self.by_piece:
            mask = there[:, :, None].to(seen.dtype)
            seen = (seen * mask).sum(1) / mask.sum(1).clamp(min=1.0)
        found: Tensor = self.head(self.drop(seen))
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast. ``exclusive``: one label of several; ``held``: whether a judge may stop it."""

    seed: int
    threads: int
    exclusive: bool
    held: bool
    rounds: int
    rate: float


def plan(
    options: Any, *, seed: int, threads: int, exclusive: bool, held: bool, samples: int, width: int
) -> Plan:
    """The usual plan for so many samples and a base of this width; ``options`` change it."""
    usual = passes(samples)
    if not held:  # nobody says when it is enough
        usual = max(3, usual // 2)
    return Plan(
        seed=seed,
        threads=threads,
        exclusive=exclusive,
        held=held,
        rounds=max(1, min(int(options.get("rounds", usual)), 200)),
        rate=float(options.get("rate", min(RATE_MOST, RATE * (WIDTH / width) ** 1.5))),
    )


def tune(
    network: Network,
    samples: Sequence[Sample],
    made: Plan,
    judge: Callable[[], tuple[float, float]],
    step: Callable[[float], None],
) -> None:
    """Learn; the network is the best pass's afterwards. ``judge`` gives figures of which more is better."""
    wide = network.encoder.shape.width >= WIDE
    torch.set_num_threads(made.threads if wide else 1)
    torch.manual_seed(made.seed)
    chance = Random(made.seed)  # noqa: S311  an order, no secret
    nn.init.normal_(network.head.weight, std=0.02)
    nn.init.zeros_(network.head.bias)
    network.encoder.words.weight.requires_grad_(False)
    optimizer = _optimizer(network, made)
    each = math.ceil(len(samples) / BATCH)
    total = each * made.rounds
    done = 0
    best: tuple[float, float] = (-math.inf, -math.inf)
    kept: dict[str, Tensor] = {}
    since = 0
    for _ in range(made.rounds):
        network.train()
        for some in _batches(samples, chance):
            for group in optimizer.param_groups:
                group["lr"] = group["top"] * _height(done / total)
            optimizer.zero_grad(set_to_none=True)
            _loss(network, some, exclusive=made.exclusive).backward()
            nn.utils.clip_grad_norm_(network.parameters(), STRETCH)
            optimizer.step()
            done += 1
            step(done / total)
        network.eval()
        if not made.held:
            continue
        figures = judge()
        if figures > best:
            best, since = figures, 0
            kept = {
                name: one.detach().clone()
                for name, one in network.named_parameters()
                if one.requires_grad
            }
        elif best[0] > 0:  # nothing right at all yet: that is a beginning, no end
            since += 1
            if since == PATIENCE:
                break
    if kept:
        network.load_state_dict(kept, strict=False)
    _rounded(network)
    network.eval()


def outcomes(network: Network, pieces: Sequence[Sequence[int]]) -> list[Floats]:
    """What the head says of texts: a row each, or a row a piece; special pieces included."""
    network.eval()
    found: list[Floats] = [np.zeros(0, dtype=np.float32)] * len(pieces)
    order = sorted(range(len(pieces)), key=lambda at: len(pieces[at]))
    with torch.inference_mode():
        for some in _groups(order, pieces):
            tokens, there = _table([pieces[at] for at in some], network.encoder.shape.padding)
            said = network(tokens, there).numpy()
            for row, at in enumerate(some):
                found[at] = said[row, : len(pieces[at])] if network.by_piece else said[row]
    return found


def _groups(order: Sequence[int], pieces: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Texts of like length that are read together."""
    some: list[int] = []
    for at in order:  # the longest of a group is its last
        longer = (len(some) + 1) * len(pieces[at])
        if some and (longer > TOKENS_AT_ONCE or len(some) == TEXTS_AT_ONCE):
            yield some
            some = []
        some.append(at)
    if some:
        yield some


def _table(pieces: Sequence[Sequence[int]], padding: int) -> tuple[Tensor, Tensor]:
    wide = max(1, *map(len, pieces)) if len(pieces) > 1 else max(1, len(pieces[0]))
    tokens = torch.full((len(pieces), wide), padding, dtype=torch.long)
    there = torch.zeros((len(pieces), wide), dtype=torch.bool)
    for row, one in enumerate(pieces):
        tokens[row, : len(one)] = torch.tensor(one, dtype=torch.long)
        there[row, : len(one)] = True
    there[:, 0] = True  # a text without any piece is read as one
    return tokens, there


def _batches(samples: Sequence[Sample], chance: Random) -> Iterator[list[Sample]]:
    """All samples in an order of chance, those of like length together, so that little is padding."""
    order = list(range(len(samples)))
    chance.shuffle(order)
    pool = BATCH * 8
    batches = []
    for first in range(0, len(order), pool):
        near = sorted(order[first : first + pool], key=lambda at: len(samples[at].pieces))
        batches += [near[at : at + BATCH] for at in range(0, len(near), BATCH)]
    chance.shuffle(batches)
    for some in batches:
        yield [samples[at] for at in some]


def _loss(network: Network, some: Sequence[Sample], *, exclusive: bool) -> Tensor:
    tokens, there = _table([one.pieces for one in some], network.encoder.shape.padding)
    said = network(tokens, there)
    weights = torch.tensor([one.weight for one in some], dtype=torch.float32)
    if network.by_piece:
        right = torch.full(tokens.shape, IGNORED, dtype=torch.long)
        for row, one in enumerate(some):
            right[row, : len(one.right)] = torch.tensor(one.right, dtype=torch.long)
        each = functional.cross_entropy(
            said.transpose(1, 2), right, ignore_index=IGNORED, reduction="none"
        )
        counted = (right != IGNORED).float() * weights[:, None]
        return (each * weights[:, None]).sum() / counted.sum().clamp(min=1e-6)
    if exclusive:
        right = torch.tensor([one.right for one in some], dtype=torch.long)
        each = functional.cross_entropy(said, right, reduction="none")
    else:
        right = torch.tensor(np.stack([one.right for one in some]), dtype=torch.float32)
        each = functional.binary_cross_entropy_with_logits(said, right, reduction="none").sum(1)
    return (each * weights).sum() / weights.sum().clamp(min=1e-6)


def _optimizer(network: Network, made: Plan) -> torch.optim.Optimizer:
    groups: list[dict[str, Any]] = []
    for name, one in network.named_parameters():
        if one.requires_grad:
            top = made.rate * (HEAD_FASTER if name.startswith("head.") else 1.0)
            decay = 0.0 if one.ndim < 2 else DECAY
            groups.append({"params": [one], "lr": top, "top": top, "weight_decay": decay})
    return torch.optim.AdamW(groups)


def _height(share: float) -> float:
    """Of the rate at a share of the way: up at first, then slowly down to a twentieth."""
    return share / RISING if share < RISING else max(0.05, (1 - share) / (1 - RISING))


def _rounded(network: Network) -> None:
    """Round the weights to half precision, as they are kept: it answers after loading as it did before."""
    with torch.no_grad():
        for one in network.encoder.parameters():
            one.copy_(one.half().float())
