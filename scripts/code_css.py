# SPDX-License-Identifier: EUPL-1.2
"""Write ``static/css/code.css``: the colours of source code, for Pygments' CSS classes.

A palette of few hues flows in, a stylesheet with one rule per hue flows out. Every colour is a pair
for light and dark ground; ``tests/web/test_contrast.py`` computes their ratios. Run it after a change
of the palette or of Pygments: ``python scripts/code_css.py``; ``--check`` only compares.
"""

import sys
from pathlib import Path

from pygments.token import STANDARD_TYPES, Token, _TokenType

TARGET = Path(__file__).parent.parent / "src/hausgeist/web/static/css/code.css"
PALETTE: dict[_TokenType, tuple[str, str, str]] = {
    Token.Comment: ("#68645b", "#a09a8e", "font-style: italic"),
    Token.Comment.Preproc: ("#7a4a12", "#dcae76", ""),
    Token.Keyword: ("#7a2f6c", "#dba3d0", ""),
    Token.Keyword.Constant: ("#9a3412", "#eba583", ""),
    Token.Keyword.Type: ("#1d5f74", "#8cc7da", ""),
    Token.Operator.Word: ("#7a2f6c", "#dba3d0", ""),
    Token.Literal.String: ("#2f6235", "#a3c99a", ""),
    Token.Literal.String.Escape: ("#9a3412", "#eba583", ""),
    Token.Literal.String.Interpol: ("#9a3412", "#eba583", ""),
    Token.Literal.Number: ("#9a3412", "#eba583", ""),
    Token.Name.Attribute: ("#1d5f74", "#8cc7da", ""),
    Token.Name.Builtin: ("#1d5f74", "#8cc7da", ""),
    Token.Name.Class: ("#264f8c", "#a3bfe9", "font-weight: 600"),
    Token.Name.Decorator: ("#7a4a12", "#dcae76", ""),
    Token.Name.Exception: ("#1d5f74", "#8cc7da", ""),
    Token.Name.Function: ("#264f8c", "#a3bfe9", ""),
    Token.Name.Tag: ("#7a2f6c", "#dba3d0", ""),
    Token.Generic.Deleted: ("#94261e", "#f2a097", ""),
    Token.Generic.Heading: ("#264f8c", "#a3bfe9", "font-weight: 600"),
    Token.Generic.Inserted: ("#2f6235", "#a3c99a", ""),
    Token.Generic.Subheading: ("#264f8c", "#a3bfe9", ""),
    Token.Generic.Emph: ("inherit", "", "font-style: italic"),
    Token.Generic.Strong: ("inherit", "", "font-weight: 600"),
}
"""Hues by kind of word; a kind without an entry has that of its nearest ancestor, or none."""


def _hue(token: _TokenType) -> tuple[str, str, str] | None:
    node: _TokenType | None = token
    while node is not None:
        if node in PALETTE:
            return PALETTE[node]
        node = node.parent
    return None


def stylesheet() -> str:
    """The whole file."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for token, name in STANDARD_TYPES.items():
        hue = _hue(token)
        if hue is not None and name:
            groups.setdefault(hue, []).append(name)
    lines = [
        "/* SPDX-License-Identifier: EUPL-1.2",
        "   Colours of source code. Written by scripts/code_css.py; change the palette there. */",
        "",
        "@layer code {",
    ]
    for (light, dark, more), names in groups.items():
        chosen = ", ".join(f".{name}" for name in sorted(names))
        rules = [] if light == "inherit" else [f"color: light-dark({light}, {dark});"]
        if more:
            rules.append(f"{more};")
        lines.append(f"  .code :is({chosen}) {{ {' '.join(rules)} }}")
    return "\n".join([*lines, "}", ""])


def main() -> int:
    """Write the file, or with ``--check`` say whether it is current."""
    if "--check" in sys.argv:
        current = TARGET.read_text(encoding="utf-8") == stylesheet()
        print("code.css is current" if current else "code.css is old: run scripts/code_css.py")
        return 0 if current else 1
    TARGET.write_text(stylesheet(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
