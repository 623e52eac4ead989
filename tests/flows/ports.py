# SPDX-License-Identifier: EUPL-1.2
"""Ports of loopback for programs that must be told one before they start."""

from hausgeist.testing.ports import free_port

__all__ = ["free_port"]
