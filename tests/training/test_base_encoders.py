# SPDX-License-Identifier: EUPL-1.2
"""Our encoders against what ``transformers`` said of the same weights (``tiny_base`` writes it down)."""

import json

import pytest
import tiny_base
import torch

from hausgeist.training.bases.network import empty
from hausgeist.training.bases.shape import parts, shape_of
from hausgeist.training.bases.tuning import TEXTS_AT_ONCE, Network, outcomes

SAID = json.loads(tiny_base.SAID.read_text("utf-8"))


def encoder(family):
    made = tiny_base.config(family)
    shape = shape_of(made)
    found = tiny_base.tensors(made, family)
    before = tiny_base.PREFIX.get(family, "model.")
    network = empty(shape).eval()
    network.load_state_dict(
        {part.ours: torch.tensor(found[before + part.hub]) for part in parts(shape)}
    )
    return network


@pytest.mark.parametrize("family", list(tiny_base.CONFIGS))
def test_an_encoder_computes_what_the_other_library_does(family):
    """Vectors at the first, a middle and the last place of a long and a short text, padded together."""
    network = encoder(family)
    width = max(map(len, tiny_base.TOKENS))
    padding = network.shape.padding
    tokens = torch.tensor([one + [padding] * (width - len(one)) for one in tiny_base.TOKENS])
    there = torch.tensor([[at < len(one) for at in range(width)] for one in tiny_base.TOKENS])
    with torch.no_grad():
        found = network(tokens, there)
    for row, one, said in zip(found, tiny_base.TOKENS, SAID[family], strict=True):
        mine = [row[at][:6].tolist() for at in (0, 3, len(one) - 1)]
        for ours, theirs in zip(mine, said, strict=True):
            assert ours == pytest.approx(theirs, abs=2e-5)


@pytest.mark.parametrize("family", ["bert", "modernbert"])
def test_neighbours_in_a_batch_change_nothing(family):
    """A text is answered alike alone and among many longer and shorter ones."""
    torch.manual_seed(1)
    network = Network(encoder(family), 3, by_piece=False)
    many = [[2, *range(5, 5 + at % 40), 3] for at in range(TEXTS_AT_ONCE + 9)]
    together = outcomes(network, many)
    for at in (0, 1, 39, TEXTS_AT_ONCE + 8):
        (alone,) = outcomes(network, [many[at]])
        assert alone == pytest.approx(together[at], abs=1e-5)
