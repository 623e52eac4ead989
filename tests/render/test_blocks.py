# SPDX-License-Identifier: EUPL-1.2
"""Live and reloaded answers are equal, whatever the chunks; the work is linear in the text."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist.render import BlockStream, Closed, Tail, render_blocks
from hausgeist.render import blocks as module

LETTER = """# Bescheid

Sehr geehrte Frau Müller,

1. erste Zeile
   noch zu eins

2. zweite Zeile
- [ ] offen
- [x] erledigt

> Zitat
weiter im Zitat

```python
def f(x):
    return x  # ```kein Ende

print("ok")
```

| Jahr | Betrag |
|-----:|:------:|
| 2025 | 1.200 € |

Formel $a^2 + b^2 = c^2$ und Geld: 5 $ bis 10 $.

$$
\\int_0^1 x\\,dx
$$

Überschrift
===========

    eingerückt

<script>alert(1)</script>
***
~~~
offen bis zum Ende
"""

PIECES = st.lists(
    st.sampled_from(
        [
            *"abc $|>-#*_`~[]()!\\<&\r\t",
            "\n",
            "\n\n",
            "```",
            "$$",
            "1. ",
            "- ",
            "> ",
            "|-|",
            "ü",
            "🏛",
            "\x00",
        ]
    ),
    max_size=80,
).map("".join)


def streamed(chunks):
    """The page a reader ends up with, built from the operations alone."""
    stream = BlockStream("de")
    closed, tails = [], {}
    for chunk in chunks:
        for op in stream.feed(chunk):
            if isinstance(op, Closed):
                assert op.index == len(closed)
                closed.append(op.html)
            else:
                assert op.index >= len(closed)
                tails[op.index] = tails.get(op.index, "") + op.text
    closed.extend(op.html for op in stream.close())
    return closed


def cut_up(text, seed):
    chance = random.Random(seed)
    at, chunks = 0, []
    while at < len(text):
        size = chance.choice((1, 1, 2, 3, 7, 40))
        chunks.append(text[at : at + size])
        at += size
    return chunks


@pytest.mark.parametrize("seed", range(25))
def test_a_letter_is_the_same_however_it_arrives(seed):
    """The blocks of a real-looking answer do not depend on how it was cut up."""
    assert streamed(cut_up(LETTER, seed)) == render_blocks(LETTER, "de")


@given(PIECES, st.integers(0, 1000))
@settings(max_examples=400, deadline=None)
def test_any_text_is_the_same_however_it_arrives(text, seed):
    """The same holds for whatever a model may write."""
    assert streamed(cut_up(text, seed)) == render_blocks(text, "de")


@given(st.text(max_size=300), st.integers(0, 100))
@settings(max_examples=200, deadline=None)
def test_any_unicode_is_rendered(text, seed):
    """No text makes the renderer fail."""
    assert streamed(cut_up(text, seed)) == render_blocks(text, "de")


def test_the_tail_shows_the_words_of_the_open_block():
    """While a block is open its words come as text, in order and once."""
    stream = BlockStream()
    ops = [*stream.feed("Hal"), *stream.feed("lo <b>Welt")]
    assert [op.text for op in ops if isinstance(op, Tail)] == ["Hal", "lo <b>Welt"]
    (closed,) = stream.close()
    assert closed.html == "<p>Hallo &lt;b&gt;Welt</p>"


def test_a_finished_block_comes_before_the_next_begins():
    """A paragraph is closed by the blank line after it, not by the end of the answer."""
    stream = BlockStream()
    assert [op for op in stream.feed("eins\n\nzwei") if isinstance(op, Closed)] == [
        Closed(0, "<p>eins</p>")
    ]


def test_a_long_block_is_parsed_once(monkeypatch):
    """A code block of 400,000 characters in small pieces costs one rendering, not one per piece."""
    calls = []
    real = module._renderer()

    def counting(text, language):
        calls.append(len(text))
        return real(text, language)

    monkeypatch.setattr(module, "_renderer", lambda: counting)
    text = "```python\n" + "x = 1\n" * 66_000 + "```\n"
    stream = BlockStream()
    for at in range(0, len(text), 4):
        stream.feed(text[at : at + 4])
    stream.close()
    assert len(calls) == 1


def test_an_endless_line_is_not_examined_again_for_every_piece(monkeypatch):
    """A line of 100,000 pieces is looked at when it ends, once."""
    looked = []
    real = module._clean_line
    monkeypatch.setattr(module, "_clean_line", lambda line: looked.append(len(line)) or real(line))
    stream = BlockStream()
    for _ in range(100_000):
        stream.feed("ab ")
    stream.close()
    assert looked == [300_000]


@pytest.mark.parametrize(
    "text",
    [
        ">" * 100_000,
        "[" * 50_000,
        "![" * 50_000,
        "- " * 50_000,
        "*a" * 50_000,
        "`" * 50_000,
        "$" * 50_000,
        "\\(" * 50_000,
        "1. " * 30_000,
        "<" * 100_000,
        "|" * 50_000 + "\n" + "|-" * 25_000,
        "\ud800" * 1_000,
        "\x00" * 1_000,
    ],
    ids=lambda text: repr(text[:4]),
)
def test_nonsense_is_bounded(text):
    """Texts made to hurt a parser are shown as words, nothing is lost and nothing hangs."""
    html = "".join(render_blocks(text))
    assert html
    assert len(html) < 40 * len(text) + 1_000
