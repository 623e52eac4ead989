# SPDX-License-Identifier: EUPL-1.2
"""River 2: a document becomes text, later citable passages. So far: reading a document."""
