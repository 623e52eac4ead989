# SPDX-License-Identifier: EUPL-1.2
"""A real house on loopback that a test kills: its one model stands in zone ``eu``, at a port of the test's.

Arguments: the house's port, the port of the provider.
"""

import sys
from dataclasses import dataclass

import uvicorn

from hausgeist import app, settings
from hausgeist.testing.abroad import place_abroad


@dataclass(frozen=True)
class Place:
    """Where the provider is."""

    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


def main() -> None:
    """Serve until killed."""
    house = app.build(settings.load())
    place_abroad(house, Place(int(sys.argv[2])))
    uvicorn.run(
        app.application(house),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
