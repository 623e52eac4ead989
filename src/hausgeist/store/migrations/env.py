# SPDX-License-Identifier: EUPL-1.2
"""Alembic's environment: runs on the connection that ``store.schema`` hands over, in its transaction."""

from alembic import context

from hausgeist.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
