# SPDX-License-Identifier: EUPL-1.2
"""The page of the commands says what they say of themselves."""

import re
from pathlib import Path

from typer.main import get_command

from hausgeist.cli import command_line

PAGE = Path(__file__).resolve().parents[3] / "docs/user/commands.md"


def _commands(group, before):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command.help.splitlines()[0]


def test_every_command_is_in_the_table_with_its_help():
    """And none that is gone."""
    told = re.findall(r"^\| `(task [^`]+)` \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert told == list(_commands(get_command(command_line("task")).commands["task"], "task"))
