# SPDX-License-Identifier: EUPL-1.2
"""The chat's figures, each with the data it generated: ``python bench/chat.py [part …] [options]``.

Parts stand in files of their own (``chat_search.py``: search over 200,000 messages); without a name all
of them run, one after the other. Options go to every part: ``--help`` after a part's name tells which.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    parts = {path.stem.removeprefix("chat_"): path for path in sorted(HERE.glob("chat_*.py"))}
    names = [word for word in sys.argv[1:] if word in parts]
    options = [word for word in sys.argv[1:] if word not in parts]
    unknown = [word for word in options[:1] if not word.startswith("-") and not names]
    if unknown:
        sys.exit(f"There is no part {unknown[0]}; there are: {', '.join(parts)}.")
    failed = False
    for name in names or parts:
        print(f"== {name} ==", flush=True)
        command = [sys.executable, str(parts[name]), *options]
        failed |= subprocess.run(command, check=False).returncode != 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
