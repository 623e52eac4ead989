# SPDX-License-Identifier: EUPL-1.2
"""Model files in the house: read within limits, fetch, keep by content, say whether they fit."""

from hausgeist.gateway.weights.gguf import Header, read_header, read_path

__all__ = ["Header", "read_header", "read_path"]
