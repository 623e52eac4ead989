# SPDX-License-Identifier: EUPL-1.2
"""The border's eyes: what in a text is personal data."""

from hausgeist.gateway.privacy.detect import detect

__all__ = ["detect"]
