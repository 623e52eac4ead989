# SPDX-License-Identifier: EUPL-1.2
"""What templates may know: one frozen dataclass per page, each with a ``shell``.

A template gets one variable, ``page``, and the globals ``_`` (the reader's language) and ``static``.
Rules and look-ups live elsewhere; a context holds values that are ready to be shown.
"""
