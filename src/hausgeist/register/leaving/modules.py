# SPDX-License-Identifier: EUPL-1.2
"""The modules that answer with students, for taking along: kinds of students in, source files out.

They are found by reading import statements, so that a file that is needed tomorrow goes along by itself.
"""

import ast
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from hausgeist.training.rungs import RUNGS

ROOT = "hausgeist"
_START = "hausgeist.training.trainers"


def modules(rungs: Iterable[str]) -> dict[str, bytes]:
    """By path within the folder that they go into: the source of every module that these kinds take."""
    waiting = [_START, *(RUNGS[one].place.partition(":")[0] for one in rungs if one in RUNGS)]
    found: dict[str, bytes] = {}
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name.partition(".")[0] != ROOT:
            continue
        seen.add(name)
        spec = find_spec(name)
        if spec is None or spec.origin is None:  # a name out of a module, not one itself
            continue
        path = Path(spec.origin)
        content = path.read_bytes()
        inside = name.replace(".", "/")
        place = f"{inside}/__init__.py" if path.name == "__init__.py" else f"{inside}.py"
        found[place] = content
        waiting += [name.rpartition(".")[0], *_imported(content)]
    return dict(sorted(found.items()))


def _imported(content: bytes) -> list[str]:
    """What a module imports of ours; names out of a module are tried as modules too."""
    found: list[str] = []
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            if node.module.partition(".")[0] == ROOT:
                found += [
                    f"{node.module}.{one.name}"
                    for one in node.names
                    if _is_module(node.module, one.name)
                ]
    return found


def _is_module(package: str, name: str) -> bool:
    spec = find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        return False
    return any(
        (Path(place) / f"{name}.py").exists() or (Path(place) / name / "__init__.py").exists()
        for place in spec.submodule_search_locations
    )
