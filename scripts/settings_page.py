# SPDX-License-Identifier: EUPL-1.2
"""Write the table of docs/operator/settings.md: the list in settings.py in, Markdown rows out."""

import re
import sys
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import get_type_hints

from hausgeist.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/operator/settings.md"
BEGIN, END = "<!-- settings: made by `make docs` from settings.py -->", "<!-- /settings -->"


def main() -> int:
    """Renew the table; the text around it stays."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", "utf-8")
    return 0


def table() -> str:
    """A row for every setting, in the order of the source."""
    kinds = get_type_hints(Settings)
    rows = ["| Variable | Default | Kind | Meaning |", "|---|---|---|---|"]
    for setting in fields(Settings):
        kind = kinds[setting.name].__name__
        secret = ", secret" if setting.metadata["secret"] else ""
        meaning = re.sub(r"[|]", r"\\|", setting.metadata["help"])
        rows.append(
            f"| `{PREFIX}{setting.name.upper()}` | {written(setting.default)} | {kind}{secret} |"
            f" {meaning} |"
        )
    return "\n".join(rows)


def written(default: object) -> str:
    """A default as an operator would write it; empty stays empty."""
    if isinstance(default, Enum):
        return f"`{default.name.lower()}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if default in ("", Path()):
        return ""
    return f"`{default}`"


if __name__ == "__main__":
    sys.exit(main())
