# SPDX-License-Identifier: EUPL-1.2
"""What becomes a base of the house and what is refused, in words that say why."""

import json
import shutil

import pytest
import tiny_base

from hausgeist.errors import BaseRefused, InvalidField, UnknownBase
from hausgeist.training.bases.shape import parts, shape_of, trained, weights
from hausgeist.training.bases.shelf import Bases

TEXTS = ["Die Laterne ist dunkel", "Der Müll liegt noch da", "Danke für die Antwort"]


@pytest.fixture
def folder(tmp_path):
    """A tiny BERT as it comes from a hub."""
    return tiny_base.folder(tmp_path / "hub" / "Tiny BERT", TEXTS)


@pytest.fixture
def shelf(tmp_path):
    """The shelf of an empty house."""
    return Bases(tmp_path / "home")


def refused(shelf, folder):
    with pytest.raises(BaseRefused) as caught:
        shelf.add(folder, now=1)
    assert shelf.all() == []
    assert not list((shelf.place("x").parent).glob(".new-*"))
    return caught.value.say()


def changed(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")
    return folder


def test_a_base_is_copied_with_its_licence_and_hashes(shelf, folder):
    """What is on the shelf stays what it was when the folder it came from is gone."""
    (folder / "LICENSE").write_text("Do what you like.", "utf-8")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x02never read")
    base = shelf.add(folder, now=7, source="hf:org/tiny@main")
    shutil.rmtree(folder)
    assert (base.name, base.licence, base.source, base.added_at) == (
        "tiny-bert",
        "mit",
        "hf:org/tiny@main",
        7,
    )
    assert shelf.all() == [base] == [shelf.get("tiny-bert")]
    assert {one.name for one in shelf.place(base.name).iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "LICENSE", "base.json")
    }
    assert base.trained < base.weights


def test_a_name_is_given_once_and_leaves_with_its_base(shelf, folder):
    """The second of a name is refused before anything is copied; what was removed is unknown."""
    shelf.add(folder, now=1, name="gbert")
    with pytest.raises(InvalidField):
        shelf.add(folder, now=1, name="gbert")
    with pytest.raises(InvalidField):
        shelf.add(folder, now=1, name="../gbert")
    assert shelf.remove("gbert").name == "gbert"
    for name in ("gbert", "../home", ""):
        with pytest.raises(UnknownBase):
            shelf.get(name)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(shelf, folder, name):
    """Each of the three is needed."""
    (folder / name).unlink()
    assert refused(shelf, folder).endswith(f"the file {name} is missing.")


def test_a_pickle_is_never_read(shelf, folder):
    """Weights that may run a program are no weights, and it is said what to do."""
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    said = refused(shelf, folder)
    assert "pytorch_model.bin may run a program" in said
    assert "model.safetensors" in said


def test_weights_in_parts_are_too_large(shelf, folder):
    """An index of parts says that the base is none for a house's server."""
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    (folder / "model.safetensors.index.json").write_text("{}", "utf-8")
    assert "several parts" in refused(shelf, folder)


def test_programs_of_a_base_are_refused(shelf, folder):
    """Neither a file of Python nor a word in a configuration brings a program in."""
    (folder / "modeling_own.py").write_text("print('no')", "utf-8")
    assert "modeling_own.py is a program" in refused(shelf, folder)
    (folder / "modeling_own.py").unlink()
    own = {"auto_map": {"AutoTokenizer": ["own.Tokenizer", None]}}
    (folder / "tokenizer_config.json").write_text(json.dumps(own), "utf-8")
    assert "tokenizer_config.json asks for a program" in refused(shelf, folder)
    (folder / "tokenizer_config.json").unlink()
    assert "config.json asks for a program" in refused(
        shelf, changed(folder, auto_map={"AutoModel": "own.Model"})
    )


def test_a_link_out_of_the_folder_is_not_followed(shelf, folder, tmp_path):
    """As in a hub's cache: it is said how to make a folder of it."""
    secret = tmp_path / "secret"
    shutil.move(folder / "tokenizer.json", secret)
    (folder / "tokenizer.json").symlink_to(secret)
    said = refused(shelf, folder)
    assert "tokenizer.json is a link out of the folder" in said
    assert "cp -rL" in said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"hidden_size": 10**12}, "hidden_size"),
        ({"num_hidden_layers": 100_000}, "num_hidden_layers"),
        ({"vocab_size": 2**40}, "vocab_size"),
        ({"vocab_size": True}, "vocab_size"),
        ({"num_attention_heads": 5}, "num_attention_heads"),
        ({"layer_norm_eps": "small"}, "layer_norm_eps"),
        ({"layer_norm_eps": float("nan")}, "layer_norm_eps"),
        ({"pad_token_id": -1}, "pad_token_id"),
        ({"max_position_embeddings": None}, "max_position_embeddings"),
        ({"model_type": "deberta-v2"}, "deberta-v2"),
        ({"model_type": ["bert"]}, "bert"),
        ({"hidden_act": "exec"}, "exec"),
        ({"position_embedding_type": "relative_key"}, "relative_key"),
        ({"intermediate_size": 64}, "config.json says 64 x 32"),
        ({"num_hidden_layers": 5}, "lacks the tensor bert.encoder.layer.4"),
    ],
)
def test_numbers_beyond_limits_and_against_the_weights_are_refused(shelf, folder, values, said):
    """A configuration is believed only as far as the tensors say the same."""
    assert said in refused(shelf, changed(folder, **values))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04 a pickle with another name",
        (2**60).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (50).to_bytes(8, "little") + b'{"a": {"dtype": "F32", "shape": [-1], "x": 1}}     ',
        (64).to_bytes(8, "little")
        + b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}'.ljust(64),
        (4000).to_bytes(8, "little") + b"[" * 4000,
    ],
)
def test_damaged_weights_are_refused(shelf, folder, content):
    """Whatever the head of the file claims, nothing beyond the file is believed."""
    (folder / "model.safetensors").write_bytes(content)
    assert "model.safetensors cannot be read" in refused(shelf, folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"model": {"type": "Custom", "vocab": {}}}', "no tokenizer that is known"),
        (b'{"model": {"type": "WordPiece", "vocab": {"a": 400}}}', "different bases"),
        (b'{"model": {"type": "WordPiece", "vocab": {"a": "x"}}}', "different bases"),
    ],
)
def test_a_tokenizer_must_fit_the_weights(shelf, folder, content, said):
    """Plain data of a kind that is known, and no word without a vector."""
    (folder / "tokenizer.json").write_bytes(content)
    assert said in refused(shelf, folder)


def test_no_folder_is_no_base(shelf, tmp_path):
    """A path to nothing, and one to a file."""
    assert "is not a folder" in refused(shelf, tmp_path / "nothing")


def test_a_large_base_is_counted_right():
    """BERT's own numbers: 109 million, of which the vocabulary's 23 stay as they are."""
    usual = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12}
    usual |= {"intermediate_size": 3072, "vocab_size": 30522, "max_position_embeddings": 512}
    shape = shape_of({"model_type": "bert", "type_vocab_size": 2, **usual})
    assert weights(shape) == 108_891_648  # 109,482,240 with the pooler, which is none of it
    assert trained(shape) == weights(shape) - 30522 * 768
    assert len(parts(shape)) == 5 + 12 * 16


def test_a_tensor_has_few_dimensions(shelf, folder):
    """A product of a million numbers of a thousand digits would take hours."""
    path = folder / "model.safetensors"
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + length])
    head["more"] = {"dtype": "F32", "shape": [1] * 9, "data_offsets": [0, 4]}
    said = json.dumps(head).encode()
    path.write_bytes(len(said).to_bytes(8, "little") + said + content[8 + length :])
    assert "model.safetensors cannot be read" in refused(shelf, folder)
