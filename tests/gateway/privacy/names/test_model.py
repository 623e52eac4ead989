# SPDX-License-Identifier: EUPL-1.2
"""The list of names and the model: what is packed comes back, what is changed is refused."""

import shutil

import pycrfsuite
import pytest

from hausgeist.gateway.privacy.names import loading
from hausgeist.gateway.privacy.names.gazetteer import FREQUENT, RARE, SURNAME, Gazetteer
from hausgeist.gateway.privacy.names.model import LABELS, Model, features_of
from hausgeist.gateway.privacy.names.tokens import tokens_of

NAMES = Gazetteer.of(["erika", "hans"], ["xaver"], ["mustermann", "hans"])
TEXTS = (
    ("Frau Erika Mustermann kam.", "O B I O O"),
    ("Herr Hans Mustermann zahlt.", "O B I O O"),
    ("Der Antrag von Erika fehlt.", "O O O B O O"),
    ("Die Akte liegt im Amt.", "O O O O O O"),
)


def test_a_list_of_names_comes_back_from_its_file():
    """Flags of words are the same after packing and unpacking."""
    names = Gazetteer.unpacked(NAMES.packed())
    assert [names.flags(word) for word in ("erika", "hans", "xaver", "mustermann", "amt")] == [
        FREQUENT, FREQUENT + SURNAME, RARE, SURNAME, 0,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "spoilt", [b"", b"x" * 40, NAMES.packed()[:-1], b"XXXX" + NAMES.packed()[4:]]
)
def test_another_file_is_no_list_of_names(spoilt):
    """What was not packed so is refused."""
    with pytest.raises((ValueError, Exception)) as caught:
        Gazetteer.unpacked(spoilt)
    assert caught.type.__name__ in {"ValueError", "error"}


def test_chances_are_those_of_crfsuite(tmp_path):
    """Our marginals equal the ones that the library computes from the same weights."""
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(
        {"c1": 0.0, "c2": 0.1, "max_iterations": 30, "feature.possible_transitions": True}
    )
    for text, labels in TEXTS:
        trainer.append(features_of(tokens_of(text).words, NAMES), labels.split())
    trainer.train(str(tmp_path / "model"))
    tagger = pycrfsuite.Tagger()
    tagger.open(str(tmp_path / "model"))
    info = tagger.info()
    weights = {}
    for (feature, label), weight in info.state_features.items():
        weights.setdefault(feature, [0.0, 0.0, 0.0])[LABELS.index(label)] = weight
    between = [info.transitions[one, two] for one in LABELS for two in LABELS]
    model = Model.unpacked(Model.packed(between, weights))
    words = tokens_of("Frau Xaver Mustermann kam\nund Hans zahlt das Amt.").words
    tagger.set(features_of(words, NAMES))
    wanted = [1 - tagger.marginal("O", place) for place in range(len(words))]
    assert model.likely(words, NAMES) == pytest.approx(wanted, abs=0.01)


def test_changed_files_are_refused(tmp_path):
    """One byte more or less, in the model or the list, and nothing is loaded."""
    for file in (loading.NAMES, loading.MODEL):
        folder = tmp_path / file
        shutil.copytree(loading.FOLDER, folder)
        content = bytearray((folder / file).read_bytes())
        content[-1] ^= 1
        (folder / file).write_bytes(content)
        with pytest.raises(ValueError, match=file):
            loading.load(folder)


def test_a_missing_file_is_an_error(tmp_path):
    """Without its files nothing is loaded."""
    with pytest.raises(FileNotFoundError):
        loading.load(tmp_path)


def test_what_ships_is_small():
    """List and model stay under two megabytes together, and say whose data they are made of."""
    sizes = [(loading.FOLDER / file).stat().st_size for file in (loading.NAMES, loading.MODEL)]
    assert sum(sizes) < 2_000_000
    notice = (loading.FOLDER / "NOTICE").read_text("utf-8")
    for licence in ("CC BY 3.0 DE", "Apache", "CC BY 4.0", "LABO"):
        assert licence in notice
