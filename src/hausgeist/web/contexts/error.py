# SPDX-License-Identifier: EUPL-1.2
"""What an error page shows: what happened, what was kept, what to do."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """``status`` is the HTTP status, ``happened`` a sentence in the reader's language.

    ``kept`` and ``advice`` are further sentences, or empty. ``incident`` is the id under which the
    log has more, for errors that are ours.
    """

    shell: Shell
    status: int
    happened: str
    kept: str = ""
    advice: str = ""
    incident: str = ""
