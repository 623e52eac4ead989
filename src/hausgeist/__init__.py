# SPDX-License-Identifier: EUPL-1.2
"""Hausgeist: an organisation's own AI, in one package.

Three rivers over a pure core (see ``docs/contributor/architecture.md``). Importing this package
does no work.
"""

__version__ = "0.1.0"
