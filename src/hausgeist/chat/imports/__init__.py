# SPDX-License-Identifier: EUPL-1.2
"""Conversations come in from elsewhere: a file of another program's, a look at it, then a background task.

``reading`` runs in a limited child process and makes of every known format the same values
(``brought``); ``imports`` is the door.
"""

from hausgeist.chat.imports.imports import Import, Imports

__all__ = ["Import", "Imports"]
