# SPDX-License-Identifier: EUPL-1.2
"""A scripted upstream in a thread of its own, and the file that makes it a house's model ``up/m``."""

from hausgeist.testing.upstreams import threaded as faked

__all__ = ["PROVIDER", "faked"]

PROVIDER = """
[[provider]]
id = "up"
dialect = "openai"
base_url = "{url}/v1"
zone = "house"
needs_key = false
enabled = true
models = [{{ id = "m" }}]
"""
