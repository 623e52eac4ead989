# SPDX-License-Identifier: EUPL-1.2
"""Values and rules: frozen dataclasses over the standard library.

Nothing here does I/O, awaits, reads a clock or knows of the web or of storage.
"""
