# SPDX-License-Identifier: EUPL-1.2
r"""TeX formulas in Markdown: ``$…$``, ``$$…$$``, ``\(…\)`` and ``\[…\]`` become MathML.

A formula that is too long, too deep or not understood is shown as code, so that nothing is lost.
Money is no formula: an opening ``$`` has no space after it, a closing one none before it and no digit
after it (the rule of Pandoc's ``tex_math_dollars``).
"""

import re
from bisect import bisect_left
from html import escape

from latex2mathml import converter, exceptions
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from hausgeist.render.clean import clean_formula
from hausgeist.render.cut import MATH_FENCES

MAX_FORMULA = 2000
"""Characters of TeX; longer ones are shown as code."""
_MAX_DEPTH = 40
_DOLLAR_CLOSER = re.compile(r"(?<![\s\\$])\$(?![\d$])")
_FAILURES: tuple[type[Exception], ...] = (
    *(
        found
        for found in vars(exceptions).values()
        if isinstance(found, type) and issubclass(found, Exception)
    ),
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    StopIteration,
    TypeError,
    ValueError,
)
"""What latex2mathml was seen to raise on TeX it does not understand, and its near kin."""


def formula(tex: str, *, display: bool) -> str:
    """MathML of a formula, or the TeX as code."""
    shown = (
        mathml(tex, display=display) or f'<code class="formula-source">{escape(tex.strip())}</code>'
    )
    return f'<div class="formula">{shown}</div>' if display else shown


def mathml(tex: str, *, display: bool) -> str | None:
    """MathML of a formula; None when it is not understood."""
    return _convert(tex.strip(), display=display)


def _convert(tex: str, *, display: bool) -> str | None:
    if not tex or len(tex) > MAX_FORMULA or _depth(tex) > _MAX_DEPTH:
        return None
    tex = tex.replace("<", r"\lt ").replace(">", r"\gt ")  # the converter does not escape \text{<}
    try:
        made = converter.convert(tex, display="block" if display else "inline")
    except _FAILURES:
        return None
    return clean_formula(made) or None


def _depth(tex: str) -> int:
    r"""The deepest nesting of braces; environments and ``\left`` count as one level each."""
    depth = deepest = 0
    for found in re.finditer(r"[{}]|\\(begin|end|left|right)\b", tex):
        depth += 1 if found[0] == "{" or found[1] in ("begin", "left") else -1
        deepest = max(deepest, depth)
    return deepest


def _inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
    src, pos = state.src, state.pos
    if src[pos] == "\\" and src[pos + 1 : pos + 2] in ("(", "["):
        display = src[pos + 1] == "["
        start, closer = pos + 2, "\\]" if display else "\\)"
        end = src.find(closer, start, min(state.posMax, start + MAX_FORMULA))
    elif src.startswith("$$", pos):
        display, start, closer = True, pos + 2, "$$"
        end = src.find(closer, start, min(state.posMax, start + MAX_FORMULA))
    elif src[pos] == "$" and not src[pos + 1 : pos + 2].isspace():
        if pos and (src[pos - 1].isalnum() or src[pos - 1] == "$"):
            return False
        display, start, closer = False, pos + 1, "$"
        end = _dollar(state, start + 1)
    else:
        return False
    if end < 0 or not src[start:end].strip():
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content = src[start:end]
        token.meta = {"display": display}
    state.pos = end + len(closer)
    return True


def _dollar(state: StateInline, start: int) -> int:
    """The next dollar sign that may close a formula, or -1. They are searched for once a paragraph."""
    known = state.env.setdefault("dollars", {})
    if state.src not in known:
        known[state.src] = [found.start() for found in _DOLLAR_CLOSER.finditer(state.src)]
    closers: list[int] = known[state.src]
    at = bisect_left(closers, start)
    if at == len(closers) or closers[at] >= min(state.posMax, start + MAX_FORMULA):
        return -1
    return closers[at]


def _block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
    """A formula that begins a line and ends one; a blank line or the container's end breaks it."""
    if state.is_code_block(start_line):
        return False
    first = state.src[
        state.bMarks[start_line] + state.tShift[start_line] : state.eMarks[start_line]
    ]
    for opener, closer in MATH_FENCES:
        if not first.startswith(opener):
            continue
        lines = [first[len(opener) :]]
        line, size = start_line, 0
        while closer not in lines[-1]:
            line += 1
            size += len(lines[-1]) + 1
            if line >= end_line or size > MAX_FORMULA or state.isEmpty(line):
                return False
            if state.sCount[line] < state.blkIndent:
                return False
            lines.append(state.getLines(line, line + 1, state.blkIndent, False).strip())
        body, _, rest = lines[-1].partition(closer)
        if rest.strip():
            return False
        if not silent:
            token = state.push("formula_block", "", 0)
            token.content = "\n".join([*lines[:-1], body])
            token.map = [start_line, line + 1]
        state.line = line + 1
        return True
    return False


def install(parser: MarkdownIt) -> None:
    """Teach a parser the four ways to write a formula."""
    parser.inline.ruler.before("escape", "formula", _inline)
    parser.block.ruler.before(
        "fence", "formula_block", _block, {"alt": ["paragraph", "blockquote", "list"]}
    )
    parser.add_render_rule("formula", _render_inline)
    parser.add_render_rule("formula_block", _render_block)


def _render_inline(_self: object, tokens: list, index: int, _options: object, _env: object) -> str:  # type: ignore[type-arg]
    token = tokens[index]
    return (
        formula(token.content, display=False) if not token.meta["display"] else _span(token.content)
    )


def _span(tex: str) -> str:
    """A display formula inside a paragraph: a block there would end the paragraph."""
    return mathml(tex, display=True) or f'<code class="formula-source">{escape(tex.strip())}</code>'


def _render_block(_self: object, tokens: list, index: int, _options: object, _env: object) -> str:  # type: ignore[type-arg]
    return formula(tokens[index].content, display=True) + "\n"
