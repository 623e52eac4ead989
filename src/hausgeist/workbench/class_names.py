# SPDX-License-Identifier: EUPL-1.2
"""Class numbers of Hugging Face data sets under their names: features flow in, cells with words flow out.

Features stand beside rows of the data set server, in ``dataset_info.json``, in the head of ``README.md``
(YAML) and in the metadata of a Parquet file. -1 is nobody's class: nothing was said. A number without a name
stays a number. Runs in the limited child.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

NAMES_MOST = 5_000
"""Names of one column."""
HEAD_MOST = 512 * 1024
_NAMED = re.compile(r"^(\s*)(?:-\s+)?name:\s*(\S.*)")
_NUMBER = re.compile(r"^(\s*)['\"]?(\d{1,6})['\"]?:\s*(.*)")
_OPENS = re.compile(r"^(\s*)(?:-\s+)?(class_label|names|configs|features|dataset_info):\s*$")

ClassNames = Mapping[str, Sequence[str]]
"""By column: the names of its classes, by their numbers."""


def of_features(features: Any) -> dict[str, list[str]]:
    """The names in features as the data set server, ``dataset_info.json`` and Parquet have them."""
    found: dict[str, list[str]] = {}
    if isinstance(features, list):  # of the server: name and type
        features = {
            one.get("name"): one.get("type") or one for one in features if isinstance(one, dict)
        }
    if isinstance(features, dict):
        for column, feature in features.items():
            names = _names(feature)
            if isinstance(column, str) and names:
                found[column] = names
    return found


def _names(feature: Any, deep: int = 0) -> list[str]:
    if isinstance(feature, list) and len(feature) == 1:
        feature = feature[0]
    if not isinstance(feature, dict) or deep > 3:
        return []
    names = feature.get("names")
    if isinstance(names, list) and feature.get("_type", "ClassLabel") == "ClassLabel":
        return [str(one)[:200] for one in names[:NAMES_MOST]]
    return _names(feature.get("feature"), deep + 1)


def of_info(body: bytes) -> dict[str, list[str]]:
    """The names in ``dataset_info.json``, of a data set or of its configurations."""
    try:
        found = json.loads(body[: 8 * HEAD_MOST])
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    for one in (found, *found.values()):
        if isinstance(one, dict) and (names := of_features(one.get("features"))):
            return names
    return {}


def of_readme(body: bytes) -> dict[str, list[str]]:
    """The names in the head of a data set's card. Reads the few lines of YAML that it takes, nothing else."""
    text = body[:HEAD_MOST].decode("utf-8", "replace").replace("\r\n", "\n")
    if not text.startswith("---\n"):
        return {}
    found: dict[str, list[str]] = {}
    column, inside = "", -1
    for line in map(str.rstrip, text[4:].partition("\n---")[0].splitlines()):
        depth = len(line) - len(line.lstrip())
        if opened := _OPENS.match(line):
            inside = len(opened[1]) if opened[2] == "names" and column else -1
            if inside >= 0 and column in found:
                inside = -1  # of another configuration: the first one counts
            elif inside >= 0:
                found[column] = []
        elif inside >= 0 and depth > inside and (said := _NUMBER.match(line)):
            names = found[column]
            if int(said[2]) == len(names) < NAMES_MOST:
                names.append(_plain(said[3]))
        elif named := _NAMED.match(line):
            column, inside = _plain(named[2]), -1
        elif line.strip() and depth <= inside:
            inside = -1
    return {one: names for one, names in found.items() if names}


def of_parquet(metadata: Mapping[bytes, bytes] | None) -> dict[str, list[str]]:
    """The names in the metadata of a Parquet file's schema."""
    body = (metadata or {}).get(b"huggingface", b"")
    try:
        found = json.loads(body)
        return of_features(found["info"]["features"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def named(cells: dict[str, Any], names: ClassNames) -> dict[str, Any]:
    """Cells with names in place of class numbers."""
    if not names:
        return cells
    return {
        column: _named(value, names[column]) if column in names else value
        for column, value in cells.items()
    }


def _named(value: Any, names: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    number = value
    if isinstance(value, str) and value.removeprefix("-").isascii():
        number = int(value) if value.removeprefix("-").isdigit() and len(value) < 8 else value
    if isinstance(number, bool) or not isinstance(number, int):
        return value
    if number == -1:
        return None
    return names[number] if 0 <= number < len(names) else value


def _plain(said: str) -> str:
    """A word of YAML without its quotes."""
    if len(said) > 1 and said[0] == said[-1] and said[0] in "'\"":
        sign = said[0]
        said = said[1:-1].replace(sign * 2, sign) if sign == "'" else said[1:-1]
    return said[:200]
