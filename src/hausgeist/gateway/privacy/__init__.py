# SPDX-License-Identifier: EUPL-1.2
"""Personal data in what is about to leave the house: found, put under pseudonyms, and restored."""

from hausgeist.gateway.privacy.examiner import Examiner
from hausgeist.gateway.privacy.fields import has_pictures, texts_of
from hausgeist.gateway.privacy.veiled import Hides, LateVeils, Veiled

__all__ = ["Examiner", "Hides", "LateVeils", "Veiled", "has_pictures", "texts_of"]
