# SPDX-License-Identifier: EUPL-1.2
"""A trail over SQLite, then over PostgreSQL."""

import pytest
from auditing import House


@pytest.fixture
def house(store):
    return House(store)
