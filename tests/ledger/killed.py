# SPDX-License-Identifier: EUPL-1.2
"""A real house on loopback that a test kills: an echo with a price, slow enough to be killed amid an answer.

Arguments: port, seconds between words, seconds after which a silent server counts as dead.
"""

import sys

import uvicorn

from hausgeist import app, settings
from hausgeist.core.models import Price
from hausgeist.ledger import book
from hausgeist.testing.echo import EchoProvider, echo_card


def main() -> None:
    """Serve until killed."""
    port, delay, dead = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    book.DEAD, book.BEAT = dead, dead / 4
    house = app.build(settings.load())
    card = echo_card(price=Price(1.0, 2.0, source="list"))
    house.gateway.directory.put("echo", EchoProvider(delay=delay), [card])
    uvicorn.run(
        app.application(house),
        host="127.0.0.1",
        port=port,
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
