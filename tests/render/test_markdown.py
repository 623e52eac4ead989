# SPDX-License-Identifier: EUPL-1.2
"""What people write and read: code, tables, formulas, links, in both languages."""

import pytest

from hausgeist.render import render_blocks
from hausgeist.render.markdown import MAX_BRACKETS, render_block


def html(text, language="de"):
    return "".join(render_blocks(text, language))


def test_code_is_coloured_by_class_and_can_be_copied():
    """A fenced block has its language, a copy button in the reader's language, and classes, no styles."""
    found = html("```python\nx = 1\n```")
    assert 'data-lang="python"' in found
    assert '<span class="mi">1</span>' in found
    assert "style=" not in found
    assert "<button" in found


def test_an_unknown_language_is_shown_plain():
    """Code in a language nobody knows is shown as it is."""
    assert "a &lt; b" in html("```klingon\na < b\n```")


def test_a_table_scrolls_by_itself_and_keeps_its_alignment():
    """A wide table does not widen the page; numbers stand right."""
    found = html("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert found.startswith('<div class="grid"><div class="scroll"><table>')
    assert found.endswith(
        '</table></div><button class="table__copy" type="button">Kopieren</button></div>'
    )
    assert '<td class="right">2</td>' in found


@pytest.mark.parametrize("text", ["$a^2$", "$$a^2$$", "\\(a^2\\)", "\\[a^2\\]", "$$\na^2\n$$"])
def test_formulas_become_mathml(text):
    """Four ways to write a formula, one result."""
    assert "<msup><mi>a</mi><mn>2</mn></msup>" in html(text)


@pytest.mark.parametrize("text", ["5 $ bis 10 $", "US$ 5 und US$ 6", "`$a$`", "\\$a\\$"])
def test_money_and_code_are_no_formulas(text):
    """A dollar sign that means money stays one."""
    assert "<math" not in html(text)


@pytest.mark.parametrize("tex", ["\\frac{", "\\undefined{x}", "{" * 500, "x" * 5_000])
def test_a_formula_that_is_not_understood_is_shown(tex):
    """Nothing is lost: what cannot be set is shown as it was written, or nearly."""
    assert tex[:5].strip("\\{") in html(f"$${tex}$$") or "$$" in html(f"$${tex}$$")


def test_a_link_names_its_host_and_tells_nothing():
    """A link shows where it leads, and where the reader came from stays unknown."""
    found = html("[Antrag](https://example.org/a?b=c)")
    assert 'data-host="example.org"' in found
    assert "noreferrer" in found


def test_a_picture_is_never_loaded():
    """A remote picture is a word with a link, because loading it would tell its host."""
    found = html("![Lage](https://tracker.example/p.png?q=secret)")
    assert "<img" not in found
    assert "Lage" in found


def test_headings_stand_below_the_pages_own():
    """A model's first-level heading is the page's third."""
    assert html("# Titel") == "<h3>Titel</h3>"


def test_task_boxes():
    """An open and a done task are told apart without a form."""
    found = html("- [ ] offen\n- [x] fertig")
    assert "☐ offen" in found
    assert "☑ fertig" in found


def test_german_quotes_and_umlauts_stay():
    """Nothing turns a German text into something else."""
    assert html("„Straße“ – Größe ≥ 5 m²") == "<p>„Straße“ – Größe ≥ 5 m²</p>"


def test_a_heap_of_brackets_is_shown_as_it_was_written():
    """Brackets beyond the bound are not searched for links; code full of them stays code."""
    heap = "[" * (MAX_BRACKETS + 1)
    assert render_block(heap) == f'<pre class="plain">{heap}</pre>'
    assert render_block(f"```json\n{heap}\n```").startswith(
        '<figure class="code" data-lang="json">'
    )
