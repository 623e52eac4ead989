# SPDX-License-Identifier: EUPL-1.2
"""Payloads written to run script, load things or dress up as the page: all of them stay inert."""

from html.parser import HTMLParser

import pytest
from payloads import MARKDOWN, RAW

from hausgeist.render import render_blocks
from hausgeist.render.clean import _ATTRIBUTES, _MATH, _WORDS


class Reader(HTMLParser):
    """Collects every element and attribute, as a browser would see them."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_decl(self, decl):
        self.found.append((f"!{decl}", {}))

    def handle_pi(self, data):
        self.found.append((f"?{data}", {}))


@pytest.mark.parametrize("payload", [*RAW, *MARKDOWN, *(f"Text davor {raw} danach" for raw in RAW)])
def test_a_payload_stays_inert(payload):
    """Only the renderer's own elements and attributes appear, and links lead to the web or to mail."""
    reader = Reader()
    reader.feed("".join(render_blocks(payload, "de")))
    for tag, attributes in reader.found:
        assert tag in _WORDS | _MATH
        for name, value in attributes.items():
            assert name in _ATTRIBUTES.get(tag, set())
            assert not name.startswith(("on", "hx-", "data-hx"))
            if name == "href":
                assert value.startswith(("http://", "https://", "mailto:"))
            if name == "class":
                assert "composer" not in value
    assert not any(
        tag in {"img", "script", "svg", "iframe", "form", "style"} for tag, _ in reader.found
    )
