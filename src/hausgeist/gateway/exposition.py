# SPDX-License-Identifier: EUPL-1.2
"""Counters and gauges in Prometheus' text exposition format (version 0.0.4): values in, lines out."""

from collections.abc import Iterable


def counter(
    name: str, text: str, labels: tuple[str, ...], counts: Iterable[tuple[tuple[str, ...], int]]
) -> Iterable[str]:
    """A counter with a line for every combination of labels' values; an empty one is unknown."""
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} counter"
    for values, count in sorted(counts):
        named = ",".join(
            f'{label}="{_escaped(value) or "unknown"}"'
            for label, value in zip(labels, values, strict=True)
        )
        yield f"{name}{{{named}}} {count}"


def single(name: str, text: str, value: int, kind: str = "gauge") -> Iterable[str]:
    """One value of this moment, without labels."""
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
    yield f"{name} {value}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
