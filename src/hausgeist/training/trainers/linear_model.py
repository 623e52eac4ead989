# SPDX-License-Identifier: EUPL-1.2
"""A student made of weights: words, pairs and pieces of words, the meaning of the text, or both side by side.

Weights are whole numbers of one byte, with one factor a label: a student of 150 labels takes five megabytes,
answers as well (``bench/workbench``), and multiplies faster. Answering takes numpy alone.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hausgeist.core.answers import Guess
from hausgeist.errors import StudentBroken
from hausgeist.training import meaning
from hausgeist.training.deciding import Decision
from hausgeist.training.features import Words
from hausgeist.training.rows import Floats
from hausgeist.training.trainers import Recipe, write

FILE = "model.npz"
AT_ONCE = 512
"""Texts that are answered at a time."""
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Table:
    """Weights in one byte each: ``numbers`` (columns x labels) times ``factor`` (labels)."""

    numbers: NDArray[np.int8]
    factor: Floats

    @classmethod
    def of(cls, weights: Floats) -> "Table":
        """Rounded; the greatest of each label becomes 127."""
        factor = np.maximum(np.abs(weights).max(axis=0), 1e-12) / 127
        return cls(np.round(weights / factor).astype(np.int8), factor.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Known:
    """Items that were learned from, as meanings in one byte a number: is a text near any of them?"""

    numbers: NDArray[np.int8]

    @classmethod
    def of(cls, meanings: Floats) -> "Known":
        """Of vectors of length one."""
        return cls(np.clip(np.round(meanings * 512), -127, 127).astype(np.int8))

    def directions(self) -> Floats:
        """The items, of length one again."""
        found = self.numbers.astype(np.float32)
        return np.asarray(
            found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), dtype=np.float32
        )


class LinearModel:
    """Scores are words times their weights plus meaning times its weights plus an offset a label."""

    def __init__(
        self,
        rung: str,
        recipe: Recipe,
        decision: Decision,
        *,
        words: Words | None,
        word_table: Table | None,
        meaning_table: Table | None,
        bias: Floats,
        known: Known,
    ) -> None:
        self.rung, self.recipe, self.decision = rung, recipe, decision
        self.words, self.word_table, self.meaning_table = words, word_table, meaning_table
        self.bias, self.known = bias, known
        self._directions = known.directions()

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """One guess a text."""
        found: list[Guess] = []
        for first in range(0, len(texts), AT_ONCE):
            some = texts[first : first + AT_ONCE]
            scores, near = self.scores(some)
            found += self.decision.guesses(scores, near, self.rung)
        return found

    def scores(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Scores (texts x labels), and how near each text is to what was learned, 0 to 1."""
        scores = np.repeat(self.bias[None, :], len(texts), axis=0)
        near = np.ones(len(texts), dtype=np.float32)
        if self.words is not None and self.word_table is not None:
            rows = self.words.rows(texts)
            scores += rows.times(self.word_table.numbers) * self.word_table.factor
            near = self.words.known(texts)
        if self.meaning_table is not None:
            meanings = meaning.vectors(texts)
            table = self.meaning_table.numbers.astype(np.float32)
            scores += (meanings @ table) * self.meaning_table.factor
            if len(self._directions):
                likeness = (meanings @ self._directions.T).max(axis=1)
                near = np.clip(likeness, 0, 1).astype(np.float32)
        return scores, near

    def save(self, folder: Path) -> None:
        """A manifest and one file of arrays."""
        arrays: dict[str, NDArray[Any]] = {"bias": self.bias, "known": self.known.numbers}
        if self.words is not None and self.word_table is not None:
            arrays |= {f"words_{name}": one for name, one in self.words.arrays().items()}
            arrays |= {
                "word_numbers": self.word_table.numbers,
                "word_factor": self.word_table.factor,
            }
        about: dict[str, Any] = {"decision": self.decision.plain(), "split": 0}
        if self.words is not None:
            about["split"] = self.words.split
        if self.meaning_table is not None:
            arrays |= {
                "meaning_numbers": self.meaning_table.numbers,
                "meaning_factor": self.meaning_table.factor,
            }
            about["encoder"] = {"name": meaning.NAME, "reads": meaning.READS}
        write(
            folder,
            rung=self.rung,
            recipe=self.recipe,
            labels=self.decision.labels,
            files={FILE: packed(arrays)},
            about=about,
        )

    @classmethod
    def load(cls, folder: Path, manifest: Mapping[str, Any]) -> "LinearModel":
        """What ``save`` wrote.

        Raises:
            StudentBroken: its arrays do not fit each other, or another encoder is meant.
        """
        about = manifest["about"]
        encoder = about.get("encoder", {"name": meaning.NAME})["name"]
        with (folder / FILE).open("rb") as kept, np.load(kept, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        words = None
        if "word_numbers" in arrays:
            words = Words.load(
                {
                    name.removeprefix("words_"): one
                    for name, one in arrays.items()
                    if "words_" in name
                }
            )
        model = cls(
            manifest["rung"],
            Recipe.of(manifest["recipe"]),
            Decision.of(manifest["labels"], about["decision"]),
            words=words,
            word_table=_table(arrays, "word"),
            meaning_table=_table(arrays, "meaning"),
            bias=arrays["bias"].astype(np.float32),
            known=Known(arrays["known"].reshape(-1, meaning.WIDTH).astype(np.int8)),
        )
        if encoder != meaning.NAME or not model.fits():
            raise StudentBroken(file=FILE)
        return model

    def fits(self) -> bool:
        """Whether every table has the size that the others mean."""
        many = len(self.decision.labels)
        shapes = [
            (table.numbers.shape, (width, many))
            for table, width in (
                (self.word_table, self.words.width if self.words else 0),
                (self.meaning_table, meaning.WIDTH),
            )
            if table is not None
        ]
        return self.bias.shape == (many,) and all(one == two for one, two in shapes)


def _table(arrays: Mapping[str, NDArray[Any]], name: str) -> Table | None:
    if f"{name}_numbers" not in arrays:
        return None
    return Table(
        arrays[f"{name}_numbers"].astype(np.int8), arrays[f"{name}_factor"].astype(np.float32)
    )


def packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as ``.npz``: the same arrays give the same bytes, on every day."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in sorted(arrays):
            one = io.BytesIO()
            np.lib.format.write_array(one, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, one.getvalue(), compresslevel=6)
    return content.getvalue()
