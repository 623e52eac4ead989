# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist serve``: one web process."""

import typer

from hausgeist import settings


def serve(
    host: str | None = typer.Option(None, help="Address to listen on."),
    port: int | None = typer.Option(None, help="Port to listen on."),
) -> None:
    """Start the house."""
    import uvicorn  # noqa: PLC0415  the other commands need no server

    from hausgeist import app  # noqa: PLC0415  as above

    config = settings.load(host=host, port=port)
    house = app.build(config)
    uvicorn.run(
        app.application(house),
        host=config.host,
        port=config.port,
        http="httptools",
        loop="uvloop",
        access_log=False,
        log_level=config.log_level,
        server_header=False,
        timeout_graceful_shutdown=int(config.shutdown_grace),
    )
