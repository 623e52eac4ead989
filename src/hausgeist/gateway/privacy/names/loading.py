# SPDX-License-Identifier: EUPL-1.2
"""The files that ship: list of names and model, checked against the hashes of their card."""

import hashlib
import tomllib
from pathlib import Path

from hausgeist.gateway.privacy.names.gazetteer import Gazetteer
from hausgeist.gateway.privacy.names.model import Model

FOLDER = Path(__file__).resolve().parent / "data"
CARD = FOLDER / "card.toml"
NAMES = "names.bin"
MODEL = "persons.bin"


def load(folder: Path = FOLDER) -> tuple[Gazetteer, Model]:
    """Both files of ``folder``.

    Raises:
        OSError: a file is missing.
        ValueError: a file is not the one that the card names, or the card is none.
    """
    card = tomllib.loads((folder / CARD.name).read_text("utf-8"))
    names, model = (_checked(folder / file, card["sha256"][file]) for file in (NAMES, MODEL))
    return Gazetteer.unpacked(names), Model.unpacked(model)


def _checked(path: Path, sha256: str) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{path.name} is not the file that its card names")
    return content
