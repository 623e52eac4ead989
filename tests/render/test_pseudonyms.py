# SPDX-License-Identifier: EUPL-1.2
"""Pseudonyms that are still there when an answer is shown."""

import pytest

from hausgeist.render import BlockStream, Closed, render_blocks

SIGN = '<span class="pseudonym" title="nicht zuordenbar">[[NACHNAME_7]]</span>'


def html(text, language="de"):
    return "".join(render_blocks(text, language))


def test_one_that_nobody_gave_is_a_sign():
    """It says so, within words, emphasis and tables; what only looks similar is text."""
    assert SIGN in html("Frau **[[NACHNAME_7]]** kommt.", "de")
    assert "pseudonym" not in html("a[[0]], [[note]], [[x_1]], [NACHNAME_7]")


@pytest.mark.parametrize(
    "link",
    [
        "[mehr](https://a.example/?q=[[NACHNAME_7]])",
        "[mehr](https://a.example/%5B%5BNACHNAME_7%5D%5D)",
        "![Bild](https://a.example/[[NACHNAME_7]].png)",
        "<https://a.example/[[NACHNAME_7]]>",
    ],
)
def test_one_in_an_address_makes_it_no_link(link):
    """Behind a pseudonym there is no page, and nobody is to be asked for it."""
    shown = html(link)
    assert "href" not in shown
    assert "[[NACHNAME_7]]" in shown


def test_the_sign_is_the_same_however_the_words_come():
    """Live and reloaded are equal, whatever the pieces."""
    text = "Frau [[NACHNAME_7]] und [mehr](https://a.example/[[IBAN_1]])"
    stream = BlockStream("de")
    ops = [op for letter in text for op in stream.feed(letter)] + stream.close()
    assert "".join(op.html for op in ops if isinstance(op, Closed)) == html(text)
