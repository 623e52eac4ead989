# SPDX-License-Identifier: EUPL-1.2
"""What explains an export of the trail to whoever reads it: text, no code."""
