# SPDX-License-Identifier: EUPL-1.2
"""Parsers: bytes of one format each flow in, a ``Read`` flows out. They run in a limited child process."""
