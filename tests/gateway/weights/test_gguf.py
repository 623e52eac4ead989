# SPDX-License-Identifier: EUPL-1.2
"""The bounded reader of GGUF headers: what it reads, and everything it refuses."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hausgeist.errors import UnsafeModelFile
from hausgeist.gateway.weights import Header, read_header, read_path
from hausgeist.testing.gguf import (
    Raw,
    TensorEntry,
    build_gguf,
    text,
    tiny_metadata,
    tiny_model,
    tiny_tensors,
)

LLAMA = [("general.architecture", "llama")]


def read(data: bytes) -> Header:
    """Read a header from bytes."""
    return read_header(io.BytesIO(data), len(data))


def reason(data: bytes) -> str:
    """Why the bytes are refused."""
    with pytest.raises(UnsafeModelFile) as caught:
        read(data)
    return str(caught.value.values["reason"])


def array(kind: int, count: int, data: bytes = b"") -> Raw:
    """An array as its element type, its count and whatever bytes follow."""
    return Raw(9, struct.pack("<IQ", kind, count) + data)


def test_a_valid_model_is_described():
    """The header carries what the card, the memory estimate and Ollama's show need."""
    header = read(tiny_model())
    assert (header.architecture, header.name, header.kind) == ("llama", "Tiny test model", "model")
    assert (header.context_length, header.block_count, header.embedding_length) == (256, 1, 32)
    assert (header.heads, header.kv_heads) == ((4,), (2,))
    assert header.vocabulary == 261
    assert header.quantisation == "F32"
    assert header.parameters == sum(
        entry.shape[0] * (entry.shape[1] if len(entry.shape) > 1 else 1) for entry in tiny_tensors()
    )
    assert header.tensor_bytes == header.parameters * 4
    assert header.arrays["tokenizer.ggml.tokens"] == ("string", 261)
    assert "tokenizer.ggml.tokens" not in header.metadata
    assert "message['role']" in header.chat_template
    assert header.licence == "EUPL-1.2"


def test_version_two_is_read_too():
    """Files of the version before have the same layout."""
    assert read(build_gguf(tiny_metadata(), tiny_tensors(), version=2)).version == 2


@pytest.mark.parametrize(
    ("parameters", "label"),
    [(134_515_008, "135M"), (1_711_376_384, "1.7B"), (7_000_000_000, "7B"), (17_664, "18K")],
)
def test_parameters_are_said_in_words(parameters: int, label: str):
    """The label is the one people know from model names."""
    shape = (parameters // 32, 32)
    data = build_gguf(LLAMA, [TensorEntry("t", shape, size=0)])
    file = io.BytesIO(data)
    start = -(-len(data) // 32) * 32
    assert read_header(file, start + parameters * 4).size_label == label


def test_per_layer_heads_are_kept():
    """A model whose layers differ gives one number of heads per layer."""
    changed = tiny_model(llama__attention__head_count_kv=[2], llama__feed_forward_length=[64])
    assert read(changed).kv_heads == (2,)


def test_the_vocabulary_tells_whether_it_fills_in():
    """Tokens for prefix and suffix make a model that can fill in the middle."""
    tokens = [*tiny_metadata()["tokenizer.ggml.tokens"][:-2], "<fim_prefix>", "<fim_suffix>"]
    assert read(tiny_model(tokenizer__ggml__tokens=tokens)).fills_in
    assert not read(tiny_model()).fills_in


def test_padding_behind_the_last_tensor_is_optional():
    """Writers differ in whether they pad the end of the file."""
    tensors = [TensorEntry("t", (3,))]
    whole = build_gguf(LLAMA, tensors)
    assert read(whole).tensor_bytes == read(whole[:-20]).tensor_bytes == 12


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"PK\x03\x04rest", "zip"),
        (b"\x80\x04\x95rest", "pickle"),
        (b"\x7fELF\x02", "ELF"),
        (b"MZ\x90\x00", "Windows program"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        ((64).to_bytes(8, "little") + b'{"a":', "safetensors"),
        (b"#!/bin/sh\n", "script"),
        (b"", "empty"),
        (b"hello", "unknown kind"),
    ],
)
def test_other_files_are_refused_by_what_they_are(head: bytes, words: str):
    """The refusal names the finding, not the file's name."""
    assert words in reason(head)


def test_the_51_byte_file_with_an_array_of_2_to_the_63_is_refused_at_once():
    """The file on which the public reader hangs."""
    data = build_gguf([("a", array(0, 2**63))])
    assert "elements" in reason(data[:51])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"GGUF", "ends within"),
        (b"GGUF" + bytes(20), "version is 0"),
        (build_gguf(LLAMA, version=1), "version is 1"),
        (build_gguf(LLAMA, version=0x03000000), "big endian"),
        (build_gguf([], keys=4097), "metadata keys"),
        (build_gguf([], keys=2**40), "metadata keys"),
        (build_gguf(LLAMA, entries=65_537), "tensors, more"),
        (build_gguf([("k" * 65_536, 1)]), "a key has"),
        (build_gguf([("", 1)]), "empty"),
        (build_gguf([("k", 1), ("k", 2)]), "twice"),
        (build_gguf([("k", Raw(8, struct.pack("<Q", 2**24 + 1)))]), "value of 'k'"),
        (build_gguf([("k", Raw(8, struct.pack("<Q", 2**20)))]), "announced"),
        (build_gguf([("k", Raw(8, text(b"\xff\xfe")))]), "UTF-8"),
        (build_gguf([("k", Raw(13, b""))]), "unknown type"),
        (build_gguf([("k", Raw(7, b"\x02"))]), "neither true nor false"),
        (build_gguf([("k", array(9, 1, struct.pack("<IQ", 0, 1)))]), "array of arrays"),
        (build_gguf([("k", array(99, 1))]), "array of unknown type"),
        (build_gguf([("k", array(0, 4 * 2**20 + 1))]), "elements"),
        (build_gguf([("k", array(8, 2**20))]), "too few"),
        (build_gguf([("k", array(12, 2**20))]), "announced"),
        (build_gguf([("k", array(8, 1, text(b"\xc3")))]), "UTF-8"),
        (build_gguf([("k", array(8, 1, struct.pack("<Q", 2**62)))]), "a string has"),
        (build_gguf([("tokenizer.chat_template", "x" * 300_000)]), "chat template"),
        (build_gguf([("tokenizer.chat_template", 5)]), "no text"),
        (build_gguf([(f"{n}", "v" * 65_000) for n in range(300)]), "together exceed"),
        (build_gguf([]), "general.architecture"),
        (build_gguf([("general.architecture", "../llama")]), "general.architecture"),
        (build_gguf([("general.architecture", 7)]), "general.architecture"),
        (build_gguf([*LLAMA, ("split.count", 3)]), "shards"),
        (build_gguf([*LLAMA, ("llama.block_count", 70_000)]), "block_count"),
        (build_gguf([*LLAMA, ("llama.context_length", "long")]), "context_length"),
        (build_gguf([*LLAMA, ("llama.context_length", [1, 2])]), "is an array"),
        (tiny_model(llama__attention__head_count_kv=[2, 2]), "per layer"),
        (tiny_model(llama__attention__head_count=[-1]), "impossible"),
    ],
)
def test_a_broken_limit_of_the_metadata_is_named(data: bytes, words: str):
    """Each limit of the key-value part refuses with a reason of its own."""
    assert words in reason(data)


@pytest.mark.parametrize("alignment", [0, 4, 24, 131_072, True, "32"])
def test_an_odd_alignment_is_refused(alignment: object):
    """Alignments are powers of two from 8 to 65536."""
    assert "alignment" in reason(build_gguf([*LLAMA, ("general.alignment", alignment)]))


def test_an_unusual_but_proper_alignment_is_obeyed():
    """Offsets follow the alignment that the file declares."""
    tensors = [TensorEntry("a", (3,)), TensorEntry("b", (3,))]
    metadata = [*LLAMA, ("general.alignment", 64)]
    assert read(build_gguf(metadata, tensors, alignment=64)).tensors == 2
    assert "begins at" in reason(build_gguf(metadata, tensors, alignment=32))


def one(*entries: TensorEntry, **options: object) -> bytes:
    """A file with these tensors and the least metadata."""
    return build_gguf(LLAMA, entries, **options)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (one(TensorEntry("t", (4,)), TensorEntry("t", (4,))), "twice"),
        (one(TensorEntry("t" * 64, (4,))), "name has"),
        (one(TensorEntry("", (4,))), "name has"),
        (one(TensorEntry("t", ())), "0 dimensions"),
        (one(TensorEntry("t", (1,) * 5)), "5 dimensions"),
        (one(TensorEntry("t", (0, 4))), "impossible dimension"),
        (one(TensorEntry("t", (2**63,), size=4)), "impossible dimension"),
        (one(TensorEntry("t", (2**32, 2**32), size=4)), "too large"),
        (one(TensorEntry("t", (2**62,), size=4)), "too large"),
        (one(TensorEntry("t", (32,), kind=4)), "unknown type"),
        (one(TensorEntry("t", (32,), kind=4242)), "unknown type"),
        (one(TensorEntry("t", (33,), kind=2)), "fill blocks"),
        (one(TensorEntry("t", (4,), offset=7)), "begins at"),
        (one(TensorEntry("a", (64,)), TensorEntry("b", (64,), offset=0)), "begins at"),
        (one(TensorEntry("a", (8,)), TensorEntry("b", (8,), offset=2**62)), "begins at"),
        (one(TensorEntry("t", (4096,), size=64)), "truncated"),
        (one(TensorEntry("t", (4,)), tail=bytes(40)), "follow behind"),
        (build_gguf(LLAMA, tail=bytes(40)), "follow behind"),
    ],
)
def test_a_broken_limit_of_the_tensors_is_named(data: bytes, words: str):
    """Each limit of the tensor list refuses with a reason of its own."""
    assert words in reason(data)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tokenizer__ggml__scores": [0.0, 1.0]}, "scores has 2"),
        ({"tokenizer__ggml__token_type": [1]}, "token_type has 1"),
        ({"tokenizer__ggml__scores": [1] * 261}, "elements of type i32"),
        ({"tokenizer__ggml__tokens": [1, 2]}, "elements of type i32"),
        ({"tokenizer__ggml__tokens": "one"}, "no array"),
        ({"tokenizer__ggml__eos_token_id": 261}, "vocabulary has 261"),
        ({"tokenizer__ggml__bos_token_id": Raw(5, struct.pack("<i", -1))}, "vocabulary has"),
        ({"tokenizer__ggml__bos_token_id": "two"}, "no integer"),
        ({"tokenizer__ggml__token_type": [6] * 261}, "byte token"),
    ],
)
def test_an_inconsistent_vocabulary_is_refused(changes: dict, words: str):
    """The engine trusts these arrays, so they must agree with one another."""
    assert words in reason(tiny_model(**changes))


@pytest.mark.parametrize("cut", [5, 30, 200, 4000, 70_000])
def test_a_truncated_file_is_refused(cut: int):
    """A download that broke off anywhere is no model."""
    with pytest.raises(UnsafeModelFile):
        read(tiny_model()[:cut])


def test_a_file_that_shrinks_under_the_reader_is_refused():
    """The size is taken first; a file that became shorter since then ends in a refusal."""
    with pytest.raises(UnsafeModelFile):
        read_header(io.BytesIO(tiny_model()[:100]), 78_000)


VALID = tiny_model()
WORDS = st.sampled_from([2**63, 2**64 - 1, 2**40, 2**32, 0, 1, 8, 9, 255])


@settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(
    edits=st.lists(
        st.tuples(st.integers(0, 8000), st.binary(min_size=1, max_size=8) | WORDS), max_size=6
    ),
    cut=st.none() | st.integers(0, len(VALID)),
)
def test_any_damage_ends_in_a_header_or_a_refusal(edits: list, cut: int | None):
    """Overwritten counts, lengths and types never raise anything else, or take long."""
    data = bytearray(VALID)
    for place, what in edits:
        patch = what if isinstance(what, bytes) else struct.pack("<Q", what)
        data[place : place + len(patch)] = patch
    broken = bytes(data[:cut])
    try:
        header = read(broken)
    except UnsafeModelFile:
        return
    assert header.size == len(broken)
    assert header.tensor_bytes <= len(broken)


KEYS = st.text(max_size=20) | st.sampled_from(
    ["tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "general.alignment", "split.count"]
)
SCALARS = st.text(max_size=40) | st.booleans() | st.integers(0, 2**32 - 1) | st.floats(width=32)
RAWS = st.builds(Raw, st.integers(0, 14), st.binary(max_size=40))
ARRAYS = st.builds(array, st.integers(0, 13), st.integers(0, 20) | WORDS, st.binary(max_size=200))


@settings(max_examples=300, deadline=2000)
@given(
    pairs=st.lists(st.tuples(KEYS, SCALARS | RAWS | ARRAYS), max_size=8),
    tensors=st.lists(
        st.builds(
            TensorEntry,
            st.text(max_size=70),
            st.lists(st.integers(0, 2**40), max_size=5).map(tuple),
            kind=st.integers(0, 45),
            size=st.integers(0, 64),
            offset=st.none() | st.integers(0, 2**64 - 1),
        ),
        max_size=4,
    ),
    keys=st.none() | st.integers(0, 2**64 - 1),
)
def test_any_structure_ends_in_a_header_or_a_refusal(pairs: list, tensors: list, keys: int | None):
    """Well-framed nonsense is met with the same two answers."""
    data = build_gguf([*LLAMA, *pairs], tensors, keys=keys)
    try:
        read(data)
    except UnsafeModelFile:
        return


def test_the_reader_stays_within_its_memory(tmp_path: Path):
    """A sparse file that announces as much as it may is answered within 200 MB of address space."""
    path = tmp_path / "hostile.gguf"
    path.write_bytes(build_gguf([(f"a{n}", array(8, 2**20, bytes(8 * 2**20))) for n in range(5)]))
    with path.open("r+b") as file:
        file.truncate(600 * 1024 * 1024)
    script = (
        "import resource, sys, pathlib\n"
        "from hausgeist.gateway.weights import read_path\n"
        "from hausgeist.errors import UnsafeModelFile\n"
        "resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (60, 60))\n"
        "try:\n    read_path(pathlib.Path(sys.argv[1]))\n"
        "except UnsafeModelFile as error:\n    print(error.values['reason'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False
    )
    assert "strings in arrays" in done.stdout, done.stderr


@pytest.mark.engine
def test_the_starter_model_is_read(starter_file: Path):
    """The real file of the first start, with the figures its publisher gives."""
    header = read_path(starter_file)
    assert (header.architecture, header.size_label, header.quantisation) == (
        "llama",
        "135M",
        "Q4_1",
    )
    assert (header.context_length, header.block_count) == (8192, 30)
    assert (header.heads[0], header.kv_heads[0], header.vocabulary) == (9, 3, 49_152)
    assert header.licence == "apache-2.0"
    assert header.size == 98_362_432
