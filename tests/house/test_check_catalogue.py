# SPDX-License-Identifier: EUPL-1.2
"""scripts/check_catalogue.py finds every kind of gap."""

import importlib.util
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/check_catalogue.py"


@pytest.fixture(scope="module")
def script():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("check_catalogue", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def catalogue(*messages):
    """A catalogue of pairs of text and translation."""
    made = Catalog(locale="de")
    for text, translation, *flags in messages:
        made.add(text, translation, flags=flags)
    return made


@pytest.mark.parametrize(
    ("translation", "complaint"),
    [
        ("", "not translated"),
        ("Es fehlen Bytes.", "placeholders differ"),
        ("Es fehlen {anzahl} Bytes.", "placeholders differ"),
        ("Es fehlen {count Bytes.", "placeholders differ"),
        ("Es fehlen {count} Bytes. ", "space at the edge"),
    ],
)
def test_a_faulty_translation_is_a_gap(script, translation, complaint):
    """Empty, with other placeholders, or with a stray space: each is named."""
    text = "{count} bytes are missing."
    gaps = list(script.compare(catalogue((text, "")), catalogue((text, translation))))
    assert len(gaps) == 1
    assert complaint in gaps[0]


def test_a_fuzzy_translation_is_a_gap(script):
    """A guess of a tool is no translation."""
    gaps = list(script.compare(catalogue(("Stop", "")), catalogue(("Stop", "Halt", "fuzzy"))))
    assert "marked fuzzy" in gaps[0]


def test_texts_only_on_one_side_are_gaps(script):
    """New in the source and gone from the source are both named."""
    gaps = list(script.compare(catalogue(("New", "")), catalogue(("Old", "Alt"))))
    assert "not in the catalogue: 'New'" in gaps[0]
    assert "no longer in the source: 'Old'" in gaps[1]


def test_a_complete_catalogue_has_no_gap(script):
    """Plural forms and named placeholders included."""
    source = catalogue(("Stop", ""), (("{n} file", "{n} files"), ""))
    german = catalogue(("Stop", "Halt"), (("{n} file", "{n} files"), ("{n} Datei", "{n} Dateien")))
    assert list(script.compare(source, german)) == []


def test_texts_are_found_in_python_and_in_templates(script):
    """The extraction sees the tree of errors and the base template."""
    places = {file for message in script.extract() for file, _ in message.locations}
    assert "src/hausgeist/errors/tree.py" in places
    assert "src/hausgeist/web/templates/base.html" in places
