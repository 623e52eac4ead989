# SPDX-License-Identifier: EUPL-1.2
"""The examination of what would leave: texts in, findings out, or an error: then nothing leaves."""

from collections.abc import Iterable

from hausgeist.core.findings import Examination, Finding, Kind
from hausgeist.gateway.privacy.detect import detect


class Examiner:
    """Runs the detectors."""

    async def examine(self, texts: Iterable[str]) -> Examination:
        """What the detectors find.

        Raises:
            DetectorDown: one of them failed, took too long or is missing.
        """
        found = {}
        for text in dict.fromkeys(texts):
            kinds = detect(text)
            found[text] = tuple(Finding(0, len(text), Kind(kind), kind) for kind in kinds)[:1]
        return Examination(found)
