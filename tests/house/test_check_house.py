# SPDX-License-Identifier: EUPL-1.2
"""Every rule of scripts/check_house.py bites."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAD = '# SPDX-License-Identifier: EUPL-1.2\n"""In and out."""\n'
KEPT = ("pyproject.toml", "CHANGELOG.md", "hatch_build.py", "src/hausgeist/__init__.py")

BREACHES = [
    ("a.py", '"""Doc."""\n', "does not begin with"),
    ("a.py", HEAD.splitlines()[0] + "\n", "has no module docstring"),
    ("helper.py", HEAD, "names no thing"),
    ("a.py", HEAD + "x = 1\n" * 600, "602 lines, the limit is 600"),
    ("a.py", HEAD + "def f():\n" + "    x = 1\n" * 100, "f: 101 lines, the limit is 100"),
    ("a.py", HEAD + "try:\n    x = 1\nexcept Exception:\n    x = 2\n", "a broad except"),
    ("a.py", HEAD + "try:\n    x = 1\nexcept:\n    x = 2\n", "a broad except"),
    ("a.py", HEAD + "with suppress(Exception):\n    x = 1\n", "a broad except"),
    ("a.py", HEAD + "def f():\n    from hausgeist import errors\n", "imports our own package late"),
    ("a.py", HEAD + 'import os\nx = os.environ["A"]\n', "only settings.py reads"),
    (
        "a.py",
        HEAD + "class P(Protocol):\n" + "".join(f"    def {one}(self): ...\n" for one in "abcd"),
        "P: 4 methods",
    ),
    ("a.py", HEAD + "from os import getenv\n", "only settings.py reads"),
    ("web/templates/a.html", '<script src="//cdn.example/x.js"></script>', "from another machine"),
    (
        "web/templates/a.html",
        '<img alt="" src="https://example.org/x.png">',
        "from another machine",
    ),
    ("web/templates/a.html", "<script>alert(1)</script>", "an inline script"),
    ("web/templates/a.html", '<p style="color:red">', "an inline style attribute"),
    ("web/templates/a.html", "<button onclick='x()'>", "an inline event handler"),
    ("web/static/a.css", "body{background:url(https://example.org/x)}", "from another machine"),
    ("web/static/a.js", "let x = 1;\n" * 251, "251 lines, the limit is 250"),
    ("__init__.py", HEAD + '__version__ = "9.9"\n', "9.9, but pyproject.toml says"),
]

FINE = [
    ("a.py", HEAD + "try:\n    x = 1\nexcept BaseException:\n    x = 2\n    raise\n"),
    ("a.py", HEAD + "def f():\n    from hausgeist import errors  # noqa: PLC0415  it is costly\n"),
    ("settings.py", HEAD + "import os\nx = os.environ\n"),
    ("web/templates/a.html", '<a href="https://example.org">out</a>'),
    ("web/templates/a.html", '<script type="module" src="/static/x.js"></script>'),
]


@pytest.fixture
def tree(tmp_path):
    """A tree that keeps every rule."""
    for name in KEPT:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/broad_except.toml").write_text("", "utf-8")
    return tmp_path


def check(tree: Path, name: str, text: str) -> subprocess.CompletedProcess[str]:
    """Run the script over the tree with one more file."""
    path = tree / "src/hausgeist" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return subprocess.run(
        [sys.executable, ROOT / "scripts/check_house.py", tree],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("name", "text", "complaint"), BREACHES)
def test_a_breach_is_an_error(tree, name, text, complaint):
    """The script names the breach and ends with 1."""
    done = check(tree, name, text)
    assert complaint in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize(("name", "text"), FINE)
def test_what_is_allowed_passes(tree, name, text):
    """The script leaves alone what a rule excepts."""
    done = check(tree, name, text)
    assert done.returncode == 0, done.stdout


def test_an_allowance_that_nobody_uses_is_an_error(tree):
    """A place named in broad_except.toml where no broad except stands has to go."""
    (tree / "scripts/broad_except.toml").write_text(
        '[[boundary]]\nfile = "src/hausgeist/a.py"\nfunction = "f"\nkind = "the edge"\nreason = "x"\n',
        "utf-8",
    )
    done = check(tree, "a.py", HEAD)
    assert "no broad except stands there" in done.stdout
    assert done.returncode == 1
