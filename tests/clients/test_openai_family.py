# SPDX-License-Identifier: EUPL-1.2
"""The clients that people point at the APIs of OpenAI, Anthropic and Ollama, pointed at the house."""

import ast
import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from hausgeist.testing.served import Served

SCRIPTS = Path(__file__).parent / "scripts"
FAMILY = (
    "openai_client",
    "litellm_client",
    "langchain_client",
    "anthropic_client",
    "ollama_client",
)

pytestmark = pytest.mark.clients


def scenarios(script: str) -> list[str]:
    """The names a script hands to ``run``."""
    tree = ast.parse((SCRIPTS / f"{script}.py").read_text())
    call = tree.body[-1]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    return [name.id for name in call.value.args if isinstance(name, ast.Name)]


@pytest.fixture(scope="module")
def outcomes(server: Served, clients_python: Path):
    """What became of a script's scenarios; each script runs once."""

    @cache
    def run(script: str) -> dict[str, str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(server.home),
            "HOUSE_URL": server.url,
            "HOUSE_KEY": server.member.key,
            "HOUSE_ADMIN_KEY": server.admin.key,
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            [clients_python, SCRIPTS / f"{script}.py"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.mark.parametrize(
    ("script", "scenario"),
    [(script, scenario) for script in FAMILY for scenario in scenarios(script)],
)
def test_the_client_works(outcomes, script, scenario):
    """The scenario of this name in the script ends well."""
    outcome = outcomes(script)[scenario]
    assert outcome == "ok", outcome
