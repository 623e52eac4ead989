# SPDX-License-Identifier: EUPL-1.2
"""The pages say what the code does: settings, links, commands of the Makefile."""

import re
from dataclasses import fields
from enum import Enum
from pathlib import Path

import pytest
from typer.core import TyperGroup as Group
from typer.main import get_command

from hausgeist.cli import command_line
from hausgeist.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
ROW = re.compile(r"^\| `(HAUSGEIST_\w+)` \| (?:`([^`]*)`)? ?\| (\w+)(, secret)? \|", re.MULTILINE)


def test_every_setting_is_in_the_operators_page_with_its_default():
    """The page's table and the list in settings.py are the same, in names, defaults and secrecy."""
    page = (ROOT / "docs/operator/settings.md").read_text("utf-8")
    told = {name: (default, bool(secret)) for name, default, _, secret in ROW.findall(page)}
    real = {
        PREFIX + setting.name.upper(): (_as_written(setting.default), setting.metadata["secret"])
        for setting in fields(Settings)
    }
    assert told == real, "run `make docs`"


def _as_written(default):
    if isinstance(default, Enum):
        return default.name.lower()
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default == Path() else str(default)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_resolve(page):
    """A link to a file or a heading of ours leads somewhere."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if anchor:
            assert anchor in _anchors(found.read_text("utf-8")), target


def _anchors(text):
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_settings_named_in_the_pages_exist():
    """A page names no setting that the code does not know."""
    known = {PREFIX + setting.name.upper() for setting in fields(Settings)} | {"HAUSGEIST_HOME"}
    for page in PAGES:
        named = set(re.findall(r"HAUSGEIST_[A-Z][A-Z_]*[A-Z]", page.read_text("utf-8")))
        assert named <= known, page.name


def test_make_commands_named_in_the_pages_exist():
    """A page names no target that the Makefile does not have."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in PAGES:
        text = page.read_text("utf-8")
        blocks = "\n".join(re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL))
        named = re.findall(r"^make ([a-z-]+)", blocks, re.MULTILINE)
        assert {*named, *re.findall(r"`make ([a-z-]+)", text)} <= targets, page.name


def test_every_folder_of_the_source_has_a_line_in_the_tree():
    """The tree in the architecture page names each folder, and no folder that is gone."""
    page = (ROOT / "docs/contributor/architecture.md").read_text("utf-8")
    tree = page.split("```")[1].split("tests/")[0]
    told = set(re.findall(r"^  (\w+)/ ", tree, re.MULTILINE))
    source = ROOT / "src/hausgeist"
    real = {path.parent.name for path in source.glob("*/__init__.py")}
    assert real <= told


def test_commands_named_in_the_pages_exist():
    """A page names no command or option of ``hausgeist`` that the command line does not have."""
    root = get_command(command_line())
    for page in PAGES:
        for line in re.findall(
            r"(?:^|`|/)hausgeist ([a-z][^`\n#…]*)", page.read_text("utf-8"), re.MULTILINE
        ):
            command, words = root, line.split()
            while words and not words[0].startswith("-") and isinstance(command, Group):
                found = command.commands.get(words.pop(0))
                assert found is not None, f"{page.name}: hausgeist {line}"
                command = found
            options = {"--help"}
            for option in command.params:
                options.update(option.opts, option.secondary_opts)
            named = {word.split("=")[0].rstrip(",.;)") for word in words if word.startswith("--")}
            assert named <= options, f"{page.name}: hausgeist {line}"
