# SPDX-License-Identifier: EUPL-1.2
"""The revisions, in order of their numbers."""
