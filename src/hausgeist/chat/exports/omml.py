# SPDX-License-Identifier: EUPL-1.2
"""A formula's tree becomes Office's own mathematics, so that it can be edited there."""

from typing import Any

from hausgeist.chat.exports.glyphs import printable
from hausgeist.render.formula_tree import Node

_SPACE = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def equation(tree: Node) -> Any:
    """The element ``m:oMath`` of a formula."""
    from lxml.etree import Element  # noqa: PLC0415  comes with the library that writes DOCX

    made = Element(f"{{{_SPACE}}}oMath", nsmap={"m": _SPACE})
    _put(made, tree)
    return made


def _put(under: Any, node: Node) -> None:  # noqa: C901, PLR0912  one branch for each kind of node
    name, *rest = node
    if name in {"i", "n", "o", "t"}:
        run = _add(under, "r")
        if name == "t":
            _add(_add(run, "rPr"), "nor")
        words = _add(run, "t")
        words.text = printable(rest[0])
        words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    elif name in _SHAPES:
        shape, places = _SHAPES[name]
        made = _add(under, shape)
        if name == "sqrt":
            _flag(_add(made, "radPr"), "degHide", "1")
            _add(made, "deg")
        parts = dict(zip(places, rest, strict=True))
        for place in sorted(places, key=_ORDER.index):
            _put(_add(made, place), parts[place])
    elif name == "underover":
        made = _add(under, "limUpp")
        inner = _add(_add(made, "e"), "limLow")
        _put(_add(inner, "e"), rest[0])
        _put(_add(inner, "lim"), rest[1])
        _put(_add(made, "lim"), rest[2])
    elif name == "table":
        made = _add(under, "m")
        for row in rest[0]:
            line = _add(made, "mr")
            for cell in row:
                _put(_add(line, "e"), cell)
    elif name == "lr" and len(rest[0]) > 2 and rest[0][0][0] == rest[0][-1][0] == "o":
        made = _add(under, "d")
        look = _add(made, "dPr")
        _flag(look, "begChr", rest[0][0][1])
        _flag(look, "endChr", rest[0][-1][1])
        inside = _add(made, "e")
        for child in rest[0][1:-1]:
            _put(inside, child)
    else:
        for child in rest[0]:
            _put(under, child)


_SHAPES = {
    "frac": ("f", ("num", "den")),
    "sqrt": ("rad", ("e",)),
    "root": ("rad", ("e", "deg")),
    "sub": ("sSub", ("e", "sub")),
    "sup": ("sSup", ("e", "sup")),
    "subsup": ("sSubSup", ("e", "sub", "sup")),
    "under": ("limLow", ("e", "lim")),
    "over": ("limUpp", ("e", "lim")),
}
_ORDER = ("num", "den", "deg", "e", "sub", "sup", "lim")
"""As Office's schema wants them."""


def _add(under: Any, name: str) -> Any:
    from lxml.etree import SubElement  # noqa: PLC0415  see above

    return SubElement(under, f"{{{_SPACE}}}{name}")


def _flag(under: Any, name: str, value: str) -> None:
    _add(under, name).set(f"{{{_SPACE}}}val", printable(value))
