# SPDX-License-Identifier: EUPL-1.2
"""Logs for operators: one line an event, as text or JSON, on standard error.

Content never enters: an exception is logged by its type and the places it passed, without its message,
which may quote what somebody wrote.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime


def set_up(level: str, form: str) -> None:
    """Send every logger of the process through our formatter. ``form`` is ``text`` or ``json``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JSON() if form == "json" else _Text())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Libraries speak of every request and query at lower levels, some with content.
    for chatty in ("uvicorn", "sqlalchemy", "alembic", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = (
            f"{_moment(record)} {record.levelname.lower():<7} {record.name}: {record.getMessage()}"
        )
        return f"{line} | {_places(record.exc_info)}" if _caught(record) else line


class _JSON(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if _caught(record):
            entry["error"] = _places(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def _caught(record: logging.LogRecord) -> bool:
    return bool(record.exc_info and record.exc_info[0])


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _places(caught: object) -> str:
    """The type of an exception and the places it passed, outermost first."""
    assert isinstance(caught, tuple)
    kind, error, trace = caught
    frames = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)
    ]
    cause = f" from {type(error.__cause__).__name__}" if error and error.__cause__ else ""
    return f"{kind.__name__}{cause} at " + " > ".join(frames)
