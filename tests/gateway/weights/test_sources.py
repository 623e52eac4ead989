# SPDX-License-Identifier: EUPL-1.2
"""How sources and names are written, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausgeist.errors import InvalidField
from hausgeist.gateway.weights import model_name, starter
from hausgeist.gateway.weights.manifest import file_name, suggested_name
from hausgeist.gateway.weights.sources import (
    FileSource,
    HubSource,
    PackageSource,
    WebSource,
    parse_source,
)

SHA = "ab" * 32


@pytest.mark.parametrize(
    ("spec", "source"),
    [
        ("file:/models/a b.gguf", FileSource(Path("/models/a b.gguf"))),
        ("hf:org/repo/m.gguf", HubSource("org/repo", "m.gguf", "main")),
        (
            "hf:org/repo.x/q4/m-Q4_K_M.gguf@v1.0",
            HubSource("org/repo.x", "q4/m-Q4_K_M.gguf", "v1.0"),
        ),
        ("hf:org/repo/m.gguf@refs/pr/3", HubSource("org/repo", "m.gguf", "refs/pr/3")),
        ("pypi:a-b==1.2#a_b/m.gguf", PackageSource("a-b", "1.2", "a_b/m.gguf")),
        (f"https://host:8443/m.gguf#sha256={SHA}", WebSource("https://host:8443/m.gguf", SHA)),
    ],
)
def test_the_four_forms_are_read(spec: str, source: object):
    """What a person writes becomes a value."""
    assert parse_source(spec) == source


def test_a_source_is_written_as_it_is_read():
    """The record of a model can be used to fetch it again."""
    for spec in ("hf:org/repo/m.gguf@v1", starter().source, "file:/m.gguf"):
        assert parse_source(spec).spec == spec


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "model",
        "ftp://host/m.gguf",
        "file:",
        "file://host/m.gguf",
        "file:/a\nb.gguf",
        "hf:repo/m.gguf",
        "hf:org/repo",
        "hf:org/repo/m.bin",
        "hf:org/repo/../m.gguf",
        "hf:org/../x/m.gguf",
        "hf:org/repo/m.gguf@../x",
        "hf:org/repo/m.gguf@a..b",
        "hf:org/repo/m.gguf@",
        "hf:org/repo//m.gguf",
        "hf:org/repo/m.gguf?x=1.gguf",
        "hf:org/repo/%2e%2e/m.gguf",
        "pypi:a#m.gguf",
        "pypi:a==1#../m.gguf",
        "pypi:a==1#/m.gguf",
        "pypi:a==1 --index-url=http://x#m.gguf",
        "pypi:-r==1#m.gguf",
        "pypi:a==*#m.gguf",
        "pypi:a==1#m.py",
        "https://host/m.gguf",
        "https:///m.gguf",
        f"https://user:word@host/m.gguf#sha256={SHA}",
        f"https://host:99999/m.gguf#sha256={SHA}",
        f"https://host\\@other/m.gguf#sha256={SHA}",
        f"http://host/m.gguf#sha256={SHA}",
        "https://host/m.gguf#sha256=12",
        "hf:" + "a" * 2000,
    ],
)
def test_what_is_badly_written_is_refused(spec: str):
    """Traversal, options, credentials, missing hashes, odd characters."""
    with pytest.raises(InvalidField):
        parse_source(spec)


@given(st.text(max_size=80), st.sampled_from(["", "file:", "hf:", "pypi:", "https://", "hf:a/b/"]))
def test_any_text_is_a_source_or_a_refusal(text: str, scheme: str):
    """Nothing else comes out, and no part of a parsed hub path leads upwards."""
    try:
        source = parse_source(scheme + text)
    except InvalidField:
        return
    if isinstance(source, HubSource):
        assert ".." not in source.path.split("/")


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("qwen3", "qwen3"),
        ("Qwen3:latest", "qwen3"),
        ("qwen3:4b-q4_K_M", "qwen3:4b-q4_k_m"),
        (" hf.co/org/repo:Q8_0 ", "hf.co/org/repo:q8_0"),
    ],
)
def test_names_have_one_spelling(written: str, stored: str):
    """Case and ``:latest`` make no other model."""
    assert model_name(written) == stored


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/../b",
        "/a",
        "a//b",
        "a/",
        "a:",
        "a:b:c",
        "a b",
        "ä",
        "-a",
        "a" * 121,
    ],
)
def test_what_is_no_name_is_refused(name: str):
    """Nothing that could be a path or an option."""
    with pytest.raises(InvalidField):
        model_name(name)


@given(st.text(max_size=150))
def test_a_name_never_becomes_a_path(text: str):
    """Whatever is accepted is one file name of bounded length."""
    try:
        name = model_name(text)
    except InvalidField:
        return
    file = file_name(name)
    assert Path(file).name == file
    assert not file.startswith(".")
    assert len(file.encode()) <= 255


@given(st.text(max_size=150))
def test_a_suggested_name_is_a_name(text: str):
    """Every file's name leads to one that is accepted."""
    assert model_name(suggested_name(text))
