# SPDX-License-Identifier: EUPL-1.2
"""``python -m hausgeist`` is the command line."""

from hausgeist.cli import main

main()
