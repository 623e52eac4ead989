# SPDX-License-Identifier: EUPL-1.2
"""A task taken along: everything of it in plain files, its card, and what answers with its students."""
