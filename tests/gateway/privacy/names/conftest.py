# SPDX-License-Identifier: EUPL-1.2
"""What the tests of names share: the loaded finder, and the benches' letters."""

import importlib
import sys
from pathlib import Path

import pytest

from hausgeist.gateway.privacy.names import Names

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def finder():
    """What ships, loaded once."""
    return Names.load()


@pytest.fixture(scope="session")
def bench():
    """A function that imports a module of the benches."""

    def load(name, folder="bench"):
        path = str(ROOT / folder)
        sys.path.append(path)
        try:
            return importlib.import_module(name)
        finally:
            sys.path.remove(path)

    return load


@pytest.fixture
def values(finder):
    """A function that gives what is found in a text, by kind."""

    def of(text, kind="person"):
        return [text[one.start : one.end] for one in finder.find(text) if one.kind == kind]

    return of
