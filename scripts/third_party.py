# SPDX-License-Identifier: EUPL-1.2
"""Write THIRD_PARTY.md: the lock, the installed packages' metadata and vendor.toml in, one page out.

``--check`` compares instead of writing. Versions are left to the lock files, so that the page changes
only when what we depend on, or its licence, does.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "THIRD_PARTY.md"
LONGEST = 60  # characters of a licence's name; what is longer is the licence's text

# licence fields that are texts, wordy or missing, read in the packages themselves
SPOKEN = {
    "BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
}


# what src/hausgeist/gateway/privacy/names/data was made of; the whole notice is in its NOTICE
NAMES = (
    (
        "| [First names in Berlin](https://github.com/berlinonline/haeufige-vornamen-berlin) | CC-BY-3.0-DE"
        " | Berliner Landesamt für Bürger- und Ordnungsangelegenheiten (LABO) / BerlinOnline Stadtportal GmbH"
        " & Co. KG | list of names |"
    ),
    (
        "| [Surnames of GermaNER](https://github.com/tudarmstadt-lt/GermaNER) | Apache-2.0"
        " | TU Darmstadt, Language Technology | list of names |"
    ),
    (
        "| GermEval 2014 Named Entity Recognition Shared Task | CC-BY-4.0"
        " | Darina Benikova, Chris Biemann, Max Kisselew, Sebastian Padó | training of the model |"
    ),
    (
        "| [MobIE](https://github.com/DFKI-NLP/MobIE) | CC-BY-4.0"
        " | Leonhard Hennig, Phuc Tran Truong, Aleksandra Gabryszak, DFKI | training of the model |"
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Write or compare the page; 0 when it is right."""
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, "utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text("utf-8") == text:
        return 0
    print("error    THIRD_PARTY.md is out of date: run `make third-party`")
    return 1


def page() -> str:
    """The whole page in Markdown."""
    lines = [
        "# What Hausgeist is built on",
        "",
        "Made by `make third-party` from the lock file, the packages' own metadata and `vendor.toml`.",
        "Exact versions with hashes are in `requirements-students.lock` and `package-lock.json`.",
        "",
        "## Carried in the package",
        "",
        "Unmodified; the licence lies beside each file and in the package's metadata.",
        "",
        "| Name | Version | Licence | What for |",
        "|---|---|---|---|",
    ]
    vendor = tomllib.loads((ROOT / "vendor.toml").read_text("utf-8"))["package"]
    lines += [_carried(entry) for entry in vendor if entry["ship"]]
    lines += ["", "For the tests only, never in a package:", ""]
    lines += ["| Name | Version | Licence | What for |", "|---|---|---|---|"]
    lines += [_carried(entry) for entry in vendor if not entry["ship"]]
    lines += ["", "## Data behind the files that find names", ""]
    lines += ["Hashed or learnt from, not carried itself; the notice lies beside the files.", ""]
    lines += ["| Name | Licence | By | What for |", "|---|---|---|---|", *NAMES]
    lines += ["", "## Installed beside it", "", "Fetched unmodified by the installer.", ""]
    lines += ["| Name | Licence | Home |", "|---|---|---|"]
    lines += list(_installed())
    return "\n".join([*lines, ""])


def _carried(entry: dict[str, str]) -> str:
    name = f"[{entry['name']}]({entry['home']})"
    return f"| {name} | {entry['version']} | {entry['spdx']} | {entry['why']} |"


def _installed() -> Iterator[str]:
    """A row for every locked package that this system needs."""
    seen = set()
    for line in (ROOT / "requirements-students.lock").read_text("utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9_.-]+)==\S+(?:\s*;\s*(.+?))?\s*\\?$", line)
        if found is None or found.group(1) in seen:
            continue
        if found.group(2) and not Marker(found.group(2)).evaluate():
            continue
        seen.add(found.group(1))
        try:
            package = distribution(found.group(1))
        except PackageNotFoundError:
            yield f"| {found.group(1)} | not installed | |"
            continue
        yield f"| {found.group(1)} | {_licence(package)} | {_home(package)} |"


def _licence(package: Distribution) -> str:
    fields = package.metadata
    if fields.get("License-Expression"):
        return fields["License-Expression"]
    named = [
        name.split(" :: ")[-1]
        for name in fields.get_all("Classifier") or []
        if name.startswith("License ::") and name != "License :: OSI Approved"
    ]
    short = (fields.get("License") or "").strip()
    if short and len(short) <= LONGEST and "\n" not in short:
        named = [short]
    return " OR ".join(SPOKEN.get(name, name) for name in named) or "unknown"


def _home(package: Distribution) -> str:
    links = dict(
        entry.split(", ", 1)
        for entry in package.metadata.get_all("Project-URL") or []
        if ", " in entry
    )
    chosen = {label.lower(): address for label, address in links.items()}
    order = ("homepage", "home", "source", "repository", "source code", "github", "code")
    for label in order:
        if label in chosen:
            return f"<{chosen[label]}>"
    home = package.metadata.get("Home-page")
    return f"<{home}>" if home else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
