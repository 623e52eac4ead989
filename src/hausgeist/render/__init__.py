# SPDX-License-Identifier: EUPL-1.2
"""What a model wrote becomes safe HTML, block by block; live and reloaded pages are equal."""

from hausgeist.render.blocks import BlockStream, Closed, Op, Tail, render_blocks

__all__ = ["BlockStream", "Closed", "Op", "Tail", "render_blocks"]
