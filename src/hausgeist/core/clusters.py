# SPDX-License-Identifier: EUPL-1.2
"""Texts that are about the same: words go in, groups of places come out, the largest first.

One pass: a text joins the first group whose leader shares enough of its words (leader algorithm, Hartigan
1975).
"""

import re
from collections.abc import Sequence

ALIKE = 0.2
"""Shared words over all words of the two (Jaccard) from which on texts are about the same."""
_WORD = re.compile(r"\w{4,}")
WORDS_MOST = 200


def clusters(texts: Sequence[str], alike: float = ALIKE) -> list[list[int]]:
    """Places of the texts by group; of groups of the same size the one that began first."""
    groups: list[tuple[frozenset[str], list[int]]] = []
    for place, text in enumerate(texts):
        words = frozenset(_WORD.findall(text.lower())[:WORDS_MOST])
        for leader, members in groups:
            both = len(words & leader)
            if both and both >= alike * (len(words) + len(leader) - both):
                members.append(place)
                break
        else:
            groups.append((words, [place]))
    return sorted((members for _, members in groups), key=len, reverse=True)
