# SPDX-License-Identifier: EUPL-1.2
"""A TeX formula becomes a small tree that a typesetter builds formulas from, without evaluating a word.

A node is a list: its name first, then words or nodes. Leaves: ``i`` (identifier), ``n`` (number), ``o``
(operator), ``t`` (text). Others: ``row``, ``lr`` (a row between fences that grow), ``frac``, ``sqrt``,
``root``, ``sub``, ``sup``, ``subsup``, ``under``, ``over``, ``underover``, ``table`` (rows of cells).
What is too deep or not understood gives None, and is shown as its source.
"""

from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from hausgeist.render.formulas import mathml

Node = list[Any]

DEEPEST = 14
"""Levels of nodes: a typesetter's own calls are limited, and TeX's braces say little about depth."""
_LEAVES = {"mi": "i", "mn": "n", "mo": "o", "mtext": "t", "ms": "t"}
_NAMED = {
    "mfrac": ("frac", 2),
    "mroot": ("root", 2),
    "msub": ("sub", 2),
    "msup": ("sup", 2),
    "msubsup": ("subsup", 3),
    "munder": ("under", 2),
    "mover": ("over", 2),
    "munderover": ("underover", 3),
}
_ROWS = {"math", "mrow", "mstyle", "mpadded", "mphantom", "merror", "menclose", "mtd"}


class _TooDeep(Exception):
    pass


def formula_tree(tex: str, *, display: bool) -> Node | None:
    """The tree of a formula, or None."""
    made = mathml(tex, display=display)
    if made is None:
        return None
    try:
        return _node(fromstring(made), 0)
    except (ParseError, _TooDeep, ValueError):
        return None


def _node(element: Element, depth: int) -> Node:
    if depth > DEEPEST:
        raise _TooDeep
    tag = element.tag.rpartition("}")[2]
    if tag in _LEAVES:
        return [_LEAVES[tag], "".join(element.itertext()).strip() or " "]
    if tag == "mspace":
        return ["t", " "]
    if tag == "mtable":
        return [
            "table",
            [[_node(cell, depth + 1) for cell in row] for row in element if len(row)]
            or [[["row", []]]],
        ]
    children = list(element)
    if tag == "mfrac" and element.get("linethickness", "") in {"0", "0px", "0em", "0pt"}:
        return ["table", [[_node(child, depth + 1)] for child in children]]
    if tag in _NAMED:
        name, count = _NAMED[tag]
        if len(children) != count:
            raise ValueError(tag)
        return [name, *(_node(child, depth + 1) for child in children)]
    if tag == "msqrt":
        return ["sqrt", _row(children, depth)]
    if tag in _ROWS:
        return _row(children, depth)
    raise ValueError(tag)


def _row(children: list[Element], depth: int) -> Node:
    if len(children) == 1:
        return _node(children[0], depth)
    nodes = [_node(child, depth + 1) for child in children]
    if children and (children[0].get("fence") == "true" or children[0].get("stretchy") == "true"):
        return ["lr", nodes]
    found: list[Node] = []
    for node in nodes:
        opened = len(found) > 1 and found[-1][0] == "table" and _fence(found[-2], "([{|‖⟨")
        if opened and _fence(node, ")]}|‖⟩"):  # a matrix and its brackets
            table, opening = found.pop(), found.pop()
            found.append(["lr", [opening, table, node]])
        else:
            found.append(node)
    return ["row", found]


def _fence(node: Node, signs: str) -> bool:
    return bool(node[0] == "o" and node[1] in signs)
