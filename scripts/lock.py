# SPDX-License-Identifier: EUPL-1.2
"""Renew the lock files: pyproject.toml in, exact versions with hashes of every platform out.

``requirements.lock`` is what a deployment installs; ``requirements-students.lock`` adds what trains small
models; ``requirements-dev.lock`` adds the tools and test
libraries and agrees with it; ``tests/clients/requirements.txt`` pins the foreign clients. The locks
name no index: the hashes are the same wherever the files come from.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
STYLE = ["--annotation-style", "line", "--custom-compile-command", "make lock"]
LOCKS = {
    "requirements.lock": ["pyproject.toml"],
    "requirements-students.lock": [
        "pyproject.toml",
        "--extra",
        "students",
        "--constraints",
        "requirements.lock",
    ],
    "requirements-dev.lock": [
        "pyproject.toml",
        "--extra",
        "students",
        "--group",
        "lint",
        "--group",
        "test",
        "--constraints",
        "requirements-students.lock",
    ],
    "tests/clients/requirements.txt": ["tests/clients/requirements.in"],
}


def main(arguments: Sequence[str]) -> int:
    """Install the pinned locking tool, then write every lock; the first failure ends it."""
    tool, *flags = arguments
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", tool], check=True)
    for lock, sources in LOCKS.items():
        command = ["uv", "pip", "compile", *sources, *COMMON, *STYLE, *flags, "-q", "-o", lock]
        done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
        text = (ROOT / lock).read_text("utf-8")
        if "://" in text:
            print(f"{lock} names an address; a lock must be valid with any index", file=sys.stderr)
            return 1
        print(f"{lock}: {text.count('==')} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
