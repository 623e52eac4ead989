# SPDX-License-Identifier: EUPL-1.2
"""How alike two texts are: groups of letters go in and out, whatever the language."""


def traits(text: str) -> frozenset[str]:
    """Groups of four letters: German compounds share them where they share no word."""
    joined = " ".join(text.casefold().split())
    return frozenset(joined[at : at + 4] for at in range(max(1, len(joined) - 3)))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """How many groups two texts share, 0 to 1, by the mean of how many they have (the cosine)."""
    return len(one & other) / ((len(one) * len(other)) ** 0.5 or 1.0)
