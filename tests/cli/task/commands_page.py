# SPDX-License-Identifier: EUPL-1.2
"""The page of the commands, as the tests read it: keys by command, routes with what stands beside them."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs/user/commands.md"


def keys_told() -> dict[str, set[str]]:
    """By command: the keys that ``--json`` prints."""
    found = {}
    for line in PAGE.read_text("utf-8").splitlines():
        if said := re.match(r"- \*\*(.+?)\*\*: (.*)", line):
            top = re.sub(r"\([^()]*\)", "", said[2])
            for name in said[1].split(", "):
                found[name] = set(re.findall(r"`([a-z_0-9]+)`", top))
    return found


def pages_told() -> dict[str, str]:
    """By method and path: the commands that do it, or why none does."""
    rows = re.findall(r"^\| ((?:GET|POST) /\S+) \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return dict(rows)
