# SPDX-License-Identifier: EUPL-1.2
"""The model of a first start: a placeholder for the house's own choice, pinned as data.

``starter.toml`` flows in, a ``Starter`` flows out.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hausgeist.errors import N_

NOTE = N_(
    "This is a very small model that shows that everything works. It is a placeholder: it knows "
    "little and errs often. Choose the house's real model under Models."
)
"""What the pages say beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """The pinned file: where it is, which SHA-256 and how many bytes it has, whose it is."""

    version: int
    name: str
    title: str
    source: str
    sha256: str
    size: int
    licence: str
    publisher: str


@cache
def starter() -> Starter:
    """The starter model of this version."""
    text = files("hausgeist.gateway.weights").joinpath("starter.toml").read_text("utf-8")
    return Starter(**tomllib.loads(text))
