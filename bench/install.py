# SPDX-License-Identifier: EUPL-1.2
"""How much the default install is: a Python or a lock in, packages and megabytes out.

``python bench/install.py`` installs ``requirements.lock`` and the package into a scratch environment and
measures it; ``--python PATH`` measures an environment that exists. Ends with 1 above the limits of the
design: 80 packages, 600 MB without weights. pip itself and tests of ours are not counted.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_PACKAGES = 80
MOST_BYTES = 600 * 1000 * 1000
WEIGHTS = 1_000_000  # bytes; below this a data file is no model
WEIGHT_NAMES = (".npz", ".npy", ".safetensors", ".gguf", ".onnx", ".bin", ".pt", ".model", ".gz")

MEASURE = """
import json
from importlib.metadata import distributions
from pathlib import Path
rows = {}
for package in distributions():
    name = package.metadata["Name"]
    files = [Path(package.locate_file(f)) for f in package.files or []]
    rows[name] = [(str(f), f.stat().st_size) for f in files if f.is_file()]
print(json.dumps(rows))
"""


def main() -> int:
    """Print the figures; 1 when they exceed the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", help="measure the environment of this Python")
    chosen = parser.parse_args().python
    if chosen:
        return report(Path(chosen))
    with tempfile.TemporaryDirectory() as scratch:
        python = install(Path(scratch))
        return report(python)


def install(scratch: Path) -> Path:
    """The default install in a fresh environment; its Python."""
    subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
    python = scratch / "bin/python"
    pip = [python, "-m", "pip", "install", "-qq"]
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements.lock"], check=True)
    subprocess.run([*pip, "--no-deps", ROOT], check=True)
    return python


def report(python: Path) -> int:
    """Measure and print the ten largest packages and the sum."""
    done = subprocess.run([python, "-c", MEASURE], check=True, capture_output=True, text=True)
    packages = {
        name: files
        for name, files in json.loads(done.stdout).items()
        if name not in {"pip", "setuptools", "wheel"}
    }
    sizes = {name: sum(size for _, size in files) for name, files in packages.items()}
    weights = sum(
        size
        for files in packages.values()
        for path, size in files
        if size >= WEIGHTS and path.endswith(WEIGHT_NAMES)
    )
    for name, size in sorted(sizes.items(), key=lambda item: -item[1])[:10]:
        print(f"{size / 1e6:8.1f} MB  {name}")
    total = sum(sizes.values()) - weights
    print(f"{len(sizes)} packages (limit {MOST_PACKAGES})")
    print(f"{total / 1e6:.0f} MB without weights (limit {MOST_BYTES / 1e6:.0f})")
    print(f"{weights / 1e6:.0f} MB of weights")
    return int(len(sizes) > MOST_PACKAGES or total > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
