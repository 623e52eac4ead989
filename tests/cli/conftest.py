# SPDX-License-Identifier: EUPL-1.2
"""Commands called as from a shell."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hausgeist.cli import command_line
from hausgeist.errors import HausgeistError


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch):
    """Call a command in an empty house; an error of ours is raised."""
    monkeypatch.setenv("HAUSGEIST_HOME", str(home))

    def call(*words: object, given: str | None = None) -> Result:
        said = [str(word) for word in words]
        result = CliRunner().invoke(command_line(said[0]), said, input=given)
        if isinstance(result.exception, HausgeistError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return call
