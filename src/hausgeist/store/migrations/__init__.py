# SPDX-License-Identifier: EUPL-1.2
"""Alembic's folder: ``env`` and one file per revision. Used by ``store.schema`` only."""
