# SPDX-License-Identifier: EUPL-1.2
"""Runs the scenarios of a script in a foreign client's environment and prints how each ended.

A script calls ``run`` with its functions; standard output is one JSON object: name to ``ok``, or to what
went wrong. The address and the keys come from the environment. Standard library only.
"""

import asyncio
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

URL = os.environ["HOUSE_URL"]
KEY = os.environ["HOUSE_KEY"]
TEXT = "hello dear world"
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def raised(kind: type[Exception], work: Callable[[], object]) -> Any:
    """The error of this kind that the work raises; anything else is a failure."""
    try:
        work()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def run(*scenarios: Callable[[], object]) -> None:
    """Run each scenario; one that fails does not stop the others."""
    results = {}
    for scenario in scenarios:
        try:
            outcome = scenario()
            if inspect.isawaitable(outcome):
                asyncio.run(outcome)
            results[scenario.__name__] = "ok"
        except Exception:  # noqa: BLE001  whatever a foreign client raises is the result
            results[scenario.__name__] = traceback.format_exc()
    json.dump(results, sys.stdout)
