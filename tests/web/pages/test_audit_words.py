# SPDX-License-Identifier: EUPL-1.2
"""What the page of changes calls the facts of the trail."""

import ast
from collections.abc import Iterator
from pathlib import Path

import hausgeist
from hausgeist.ledger.rules import PriceRules, TierRules, encode
from hausgeist.web.pages.audit_words import NOTHING, named, said

SOURCE = Path(hausgeist.__file__).parent


def _names(node: ast.AST | None) -> Iterator[str]:
    """The names in a dictionary of facts, of all its branches."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                yield from _names(value)
            elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value
    elif isinstance(node, ast.BinOp | ast.IfExp):
        first, second = (
            (node.left, node.right) if isinstance(node, ast.BinOp) else (node.body, node.orelse)
        )
        yield from _names(first)
        yield from _names(second)


def _told(tree: ast.AST) -> Iterator[str]:
    """The names of facts that functions of a module give to the trail."""
    for one in ast.walk(tree):
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) or one.returns is None:
            continue
        if "Fact" in ast.unparse(one.returns):
            for inner in ast.walk(one):
                told = isinstance(inner, ast.AnnAssign) and "Fact" in ast.unparse(inner.annotation)
                if told or isinstance(inner, ast.Return):
                    yield from _names(inner.value)


def test_every_fact_has_german_words():
    """Whatever a change tells of has a name that is not the program's own."""
    found = {
        name.partition(".")[2] if name.startswith(("before.", "after.")) else name
        for file in SOURCE.rglob("*.py")
        for name in _told(ast.parse(file.read_text("utf-8")))
    }
    assert len(found) > 80
    assert sorted(name for name in found if named(name, "de") == name) == []


def test_values_are_said_in_words():
    """Classes, kinds of task and parts are said as everywhere else, in every fact that has them."""
    assert said("class", "special", "de") == said("max_class", "special", "de") != "special"
    assert said("task_kind", "record", "en") == "Fields of a document"
    assert said("part", "owner", "en") == "Task owner"
    assert said("role_since", 1_767_225_600_000, "en") != "1,767,225,600,000"
    assert said("without", "zone:eu", "de") == said("zone", "eu", "de")
    assert said("name", "", "de") == NOTHING


def test_a_price_is_said_as_its_form_asks_for_it():
    """Every part of a price has a name, and what nobody entered is not told."""
    rules = PriceRules(
        currency="USD",
        rate=0.9,
        input=2.0,
        output=8.0,
        cached_input=0.5,
        per_request=0.01,
        minimum=1000.0,
        parameters=7.0,
        tiers=(TierRules(input=4.0, output=16.0, above=100_000),),
    )
    whole = said("rules", encode(rules), "en")
    assert not [name for name in PriceRules.__struct_fields__ if f"{name} " in whole]
    plain = said("rules", encode(PriceRules(input=2.0, output=8.0)), "en")
    assert plain == "Read, per million 2, Written, per million 8"
