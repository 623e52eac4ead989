# SPDX-License-Identifier: EUPL-1.2
"""The page of the commands says what they say of themselves, and leaves no page of a task without one."""

import re

from commands_page import PAGE, keys_told, pages_told
from typer.main import get_command

from hausgeist.cli import command_line
from hausgeist.web import table


def _commands(group, before):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


def _every():
    return dict(_commands(get_command(command_line("task")).commands["task"], "task"))


def test_every_command_is_in_the_table_with_its_help():
    """And none that is gone."""
    told = re.findall(r"^\| `(task [^`]+)` \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert told == [(name, one.help.splitlines()[0]) for name, one in _every().items()]


def test_every_command_tells_its_keys():
    """What a script may rely on is written down."""
    assert set(_every()) == {f"task {name}" for name in keys_told()}


def test_every_page_of_a_task_has_a_command_or_a_reason():
    """Each route under /tasks is in the table, and no other: the two cannot drift apart."""
    routes = {
        f"{one.method} {one.path}"
        for one in table.pages(list)
        if one.path == "/tasks" or one.path.startswith("/tasks/")
    }
    assert set(pages_told()) == routes


def test_what_stands_beside_a_page_is_there():
    """A command with the options that are named; a reason is a sentence."""
    every = _every()
    for page, told in pages_told().items():
        names = [one for one in re.findall(r"`([^`]+)`", told) if one.startswith("task ")]
        offered = {word for one in names for option in every[one].params for word in _words(option)}
        named = set(re.findall(r"(?<= )(--[a-z-]+)", told))
        assert named <= offered, page
        assert names or len(told.split()) > 4, page


def _words(option):
    return {*option.opts, *option.secondary_opts}
