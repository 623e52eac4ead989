# SPDX-License-Identifier: EUPL-1.2
"""Check the house rules that no linter knows: source files in, one line for every breach out.

A warning says a file or function outgrows its soft limit; an error ends the run with 1. The rules
and their reasons are in CONTRIBUTING.md. An argument names another tree to check. Style, types and
import directions belong to other tools.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
PYTHON = ("src", "tests", "scripts", "bench")
PAGES = "src/hausgeist/web/templates"
STATIC = "src/hausgeist/web/static"
MIGRATIONS = "src/hausgeist/store/migrations/versions/"  # lists of tables, frozen once released
BOUNDARIES = "scripts/broad_except.toml"
SPDX = "# SPDX-License-Identifier: EUPL-1.2"
FILE_SOFT, FILE_HARD = 400, 600
FUNCTION_SOFT, FUNCTION_HARD = 60, 100
MODULE_HARD = 250  # lines of one of our ES modules
METHODS_MOST = 3  # of a protocol: an extension point is a handful of verbs
DOUBLES = "src/hausgeist/testing/"
VAGUE = {"manager", "managers", "helper", "helpers", "util", "utils", "base", "common", "misc"}
BOUNDARY_KINDS = {"the edge", "a plugin call", "a job step", "the child supervisor"}
BROAD = {"Exception", "BaseException"}

# what a strict Content-Security-Policy forbids, or what would reach for another machine
LOADING = "script|link|img|iframe|source|video|audio|use|object|embed"
IN_TEMPLATES = (
    (
        rf"<(?:{LOADING})\b[^>]*?\s(?:src|href|data|srcset)\s*=\s*[\"']?\s*(?:https?:)?//",
        "an asset from another machine",
    ),
    (r"\sstyle\s*=", "an inline style attribute"),
    (r"<style\b", "an inline style sheet"),
    (r"<script\b(?![^>]*\b(?:src\s*=|type\s*=\s*[\"']application/json))", "an inline script"),
    (r"\son[a-z]+\s*=(?!=)", "an inline event handler"),
    (r"\shx-on[:-]", "an inline event handler of htmx"),
    (r"javascript:", "a javascript: address"),
)
IN_STATIC = (
    (r"url\(\s*[\"']?(?:https?:)?//", "an asset from another machine"),
    (r"@import\s+[\"']?(?:url\()?[\"']?(?:https?:)?//", "a style sheet from another machine"),
    (r"\b(?:from|import)\s*\(?\s*[\"'](?:https?:)?//", "a module from another machine"),
    (r"\beval\s*\(|new\s+Function\s*\(", "code made from a text"),
)


READS_ENVIRONMENT = {
    "src/hausgeist/settings.py",
    "src/hausgeist/testing/recorder/sitecustomize.py",  # runs before anything of ours can be imported
    "src/hausgeist/audit/verify.py",  # an auditor's, who has nothing else of ours
}


class Report:
    """Breaches found so far, each with its place."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.warnings: list[str] = []

    def error(self, place: str, text: str) -> None:
        """A breach that must go."""
        self.errors.append(f"{place}: {text}")

    def limit(self, place: str, size: int, soft: int, hard: int) -> None:
        """A length in lines against its two limits."""
        if size > hard:
            self.errors.append(f"{place}: {size} lines, the limit is {hard}")
        elif size > soft:
            self.warnings.append(f"{place}: {size} lines, better under {soft}")


def main() -> int:
    """Check everything; 0 when nothing must go."""
    report = Report()
    allowed = _boundaries(report)
    used: set[tuple[str, str]] = set()
    for path in _python_files():
        used |= _check_python(path, allowed, report)
    for file, function in sorted(allowed - used):
        report.error(BOUNDARIES, f"{file}, {function}: no broad except stands there any more")
    _check_texts(PAGES, ("*.html", "*.jinja", "*.j2"), IN_TEMPLATES, report)
    _check_texts(STATIC, ("*.css", "*.js", "*.svg"), IN_STATIC, report)
    _check_modules(report)
    _check_version(report)
    for line in report.warnings:
        print(f"warning  {line}")
    for line in report.errors:
        print(f"error    {line}")
    print(f"house rules: {len(report.errors)} errors, {len(report.warnings)} warnings")
    return 1 if report.errors else 0


def _python_files() -> Iterator[Path]:
    yield ROOT / "hatch_build.py"
    for folder in PYTHON:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"__pycache__", "vendor", "results"} & set(path.parts):
                yield path


def _boundaries(report: Report) -> set[tuple[str, str]]:
    """The places where a broad except may stand: pairs of file and function."""
    entries = tomllib.loads((ROOT / BOUNDARIES).read_text("utf-8")).get("boundary", [])
    for entry in entries:
        if entry["kind"] not in BOUNDARY_KINDS:
            report.error(BOUNDARIES, f"{entry['kind']!r} is none of {sorted(BOUNDARY_KINDS)}")
        if not entry["reason"].strip():
            report.error(BOUNDARIES, f"{entry['file']}, {entry['function']}: a reason is missing")
    return {(entry["file"], entry["function"]) for entry in entries}


def _check_python(
    path: Path, allowed: set[tuple[str, str]], report: Report
) -> set[tuple[str, str]]:
    """One Python file against all rules; the boundaries it used."""
    place = path.relative_to(ROOT).as_posix()
    text = path.read_text("utf-8")
    lines = text.splitlines()
    if not text.startswith(SPDX):
        report.error(place, f"does not begin with `{SPDX}`")
    report.limit(place, len(lines), FILE_SOFT, FILE_HARD)
    if path.stem in VAGUE:
        report.error(place, f"`{path.stem}` names no thing: say what the module holds")
    tree = ast.parse(text, place)
    if ast.get_docstring(tree) is None:
        report.error(place, "has no module docstring")
    visitor = _Rules(place, lines, report)
    visitor.visit(tree)
    if place.startswith("src/"):
        for function, line in visitor.broad:
            if (place, function) not in allowed:
                report.error(
                    f"{place}:{line}", f"a broad except in {function}, not named in {BOUNDARIES}"
                )
    return {(place, function) for function, _ in visitor.broad}


class _Rules(ast.NodeVisitor):
    """Walks one module and knows in which function it is."""

    def __init__(self, place: str, lines: list[str], report: Report) -> None:
        self.place = place
        self.lines = lines
        self.report = report
        self.names: list[str] = []
        self.functions = 0
        self.broad: list[tuple[str, int]] = []
        self.ours = place.startswith("src/")

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if self.ours and any(ast.unparse(kind) == "Protocol" for kind in node.bases):
            self._protocol(node)
        self._inside(node.name, node)

    def _protocol(self, node: ast.ClassDef) -> None:
        methods = [
            part
            for part in node.body
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
            and not any(ast.unparse(one) == "property" for one in part.decorator_list)
        ]
        if len(methods) > METHODS_MOST and not self.place.startswith(DOUBLES):
            self.report.error(
                f"{self.place}:{node.lineno}",
                f"{node.name}: {len(methods)} methods, a protocol has at most {METHODS_MOST}",
            )

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        size = (node.end_lineno or node.lineno) - node.lineno + 1
        where = f"{self.place}:{node.lineno} {node.name}"
        if not self.place.startswith(MIGRATIONS):
            self.report.limit(where, size, FUNCTION_SOFT, FUNCTION_HARD)
        self.functions += 1
        self._inside(node.name, node)
        self.functions -= 1

    def _inside(self, name: str, node: ast.AST) -> None:
        self.names.append(name)
        self.generic_visit(node)
        self.names.pop()

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        names = {None if kind is None else ast.unparse(kind) for kind in caught}
        passed_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
        if names & {None, *BROAD} and not passed_on:
            self._broad(node.lineno)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = ast.unparse(node.func)
        if called.endswith("suppress") and BROAD & {ast.unparse(a) for a in node.args}:
            self._broad(node.lineno)
        self.generic_visit(node)

    def _broad(self, line: int) -> None:
        self.broad.append((".".join(self.names) or "(module)", line))

    def visit_Import(self, node: ast.Import) -> None:
        self._late(node.lineno, [alias.name for alias in node.names])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._late(node.lineno, [node.module or ""])
        if node.module == "os" and {"environ", "getenv"} & {a.name for a in node.names}:
            self._environment(node.lineno)

    def _late(self, line: int, modules: list[str]) -> None:
        own = any(module.split(".")[0] == "hausgeist" for module in modules)
        if self.ours and self.functions and own:
            reason = re.search(r"# noqa: PLC0415\s+\S", self.lines[line - 1])
            if reason is None:
                self.report.error(
                    f"{self.place}:{line}", "imports our own package late, without a reason"
                )

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if ast.unparse(node) in {"os.environ", "os.getenv"}:
            self._environment(node.lineno)
        self.generic_visit(node)

    def _environment(self, line: int) -> None:
        if self.ours and self.place not in READS_ENVIRONMENT:
            self.report.error(f"{self.place}:{line}", "only settings.py reads the environment")


def _check_texts(
    folder: str, patterns: tuple[str, ...], rules: tuple[tuple[str, str], ...], report: Report
) -> None:
    """Templates and static files against what the pages' security policy forbids."""
    for path in sorted(p for pattern in patterns for p in (ROOT / folder).rglob(pattern)):
        if "vendor" in path.parts:
            continue
        text = path.read_text("utf-8")
        for pattern, meaning in rules:
            for found in re.finditer(pattern, text, re.IGNORECASE):
                line = text.count("\n", 0, found.start()) + 1
                report.error(f"{path.relative_to(ROOT).as_posix()}:{line}", meaning)


def _check_modules(report: Report) -> None:
    """An ES module stays small enough to be read without tools."""
    for path in sorted((ROOT / STATIC).rglob("*.js")):
        if "vendor" not in path.parts:
            size = len(path.read_text("utf-8").splitlines())
            place = path.relative_to(ROOT).as_posix()
            report.limit(place, size, MODULE_HARD, MODULE_HARD)


def _check_version(report: Report) -> None:
    """One version in three places."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    package = re.search(
        r'^__version__ = "(.+)"$',
        (ROOT / "src/hausgeist/__init__.py").read_text("utf-8"),
        re.MULTILINE,
    )
    changes = re.search(
        r"^## \[?([0-9][^\]\s]*)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    for place, found in (("__version__", package), ("CHANGELOG.md", changes)):
        version = found.group(1) if found else "no version"
        if version != project:
            report.error(place, f"{version}, but pyproject.toml says {project}")


if __name__ == "__main__":
    sys.exit(main())
