# SPDX-License-Identifier: EUPL-1.2
"""How much memory this machine, or the container around us, has and has left.

Files of the kernel flow in, bytes flow out; None where the system does not tell.
Source: ``proc(5)`` for MemAvailable; the kernel's ``cgroup-v2.rst`` and ``cgroup-v1/memory.rst``.
"""

import os
from pathlib import Path

SHARE = 0.7
"""Of the machine's memory, for models, where the operator set nothing."""
_V1_UNLIMITED = 1 << 60
_ROOT = Path("/")


def total(root: Path = _ROOT) -> int | None:
    """Bytes of memory: the machine's, or the container's limit if that is smaller."""
    machine = _meminfo(root, "MemTotal") or _pages("SC_PHYS_PAGES")
    limits = [limit for limit, _ in _groups(root)]
    return min([machine, *limits]) if machine else min(limits, default=None)


def available(root: Path = _ROOT) -> int | None:
    """Bytes that can be used without pushing others out."""
    machine = _meminfo(root, "MemAvailable") or _pages("SC_AVPHYS_PAGES")
    rests = [max(0, limit - used) for limit, used in _groups(root)]
    return min([machine, *rests]) if machine else min(rests, default=None)


def budget(setting: int, root: Path = _ROOT) -> int | None:
    """Bytes all loaded models may use together: the setting, or 70 % of what there is."""
    if setting > 0:
        return setting
    whole = total(root)
    return int(whole * SHARE) if whole else None


def _meminfo(root: Path, key: str) -> int | None:
    for line in _text(root / "proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        number = rest.split()[:1]
        if name == key and number and number[0].isdigit():
            return int(number[0]) * 1024
    return None


def _pages(name: str) -> int | None:
    """The answer of systems without ``/proc``; absent on Windows."""
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _groups(root: Path) -> list[tuple[int, int]]:
    """Limit and use of every control group above us that has a limit."""
    found = []
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers == "":
            base, names = root / "sys/fs/cgroup", ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            base = root / "sys/fs/cgroup/memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        folder = base / path.lstrip("/")
        # inside a container the path may be the host's; then the mount's root is ours
        for group in (folder, *folder.parents):
            found += _group(group, names)
            if group == base:
                break
    return found


def _group(folder: Path, names: tuple[str, str, str]) -> list[tuple[int, int]]:
    limit, used = _text(folder / names[0]).strip(), _text(folder / names[1]).strip()
    if not limit.isdigit() or not used.isdigit() or int(limit) >= _V1_UNLIMITED:
        return []
    cache = 0  # file pages that nobody uses at the moment give way
    for line in _text(folder / "memory.stat").splitlines():
        name, _, number = line.partition(" ")
        if name == names[2] and number.isdigit():
            cache = int(number)
    return [(int(limit), max(0, int(used) - cache))]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
