# SPDX-License-Identifier: EUPL-1.2
"""Names of files in headers: whatever somebody called a thing becomes a safe name (RFC 6266, RFC 8187)."""

import re
import unicodedata
from urllib.parse import quote

MOST = 100
"""Characters of a name, its ending included."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]')
_SPACE = re.compile(r"\s+")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def safe_name(title: str, ending: str = "", default: str = "conversation") -> str:
    """A file's name for a title: no path, no control, nothing a system keeps for itself."""
    words = _SPACE.sub(" ", _UNSAFE.sub(" ", unicodedata.normalize("NFC", title)))
    words = words.encode("utf-8", "ignore").decode()
    words = words[: MOST - len(ending)].strip(" .-")
    if not words or _RESERVED.match(words):
        words = f"{default} {words}".strip()
    return words + ending


def attachment(name: str) -> str:
    """A Content-Disposition that saves a file under this name, in old browsers under a plainer one."""
    safe = safe_name(name, default="file")
    plain = unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", plain).strip(" .") or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
