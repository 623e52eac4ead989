# SPDX-License-Identifier: EUPL-1.2
"""Encoders that the organisation brings along: checked, kept on a shelf, and trained further.

``shape`` and ``folder`` read what comes from a hub with the standard library alone and refuse what is not
plain; ``shelf`` keeps it; ``minutes`` says how long a training will take. ``network``, ``pieces`` and
``tuning`` take the extra ``base`` and are loaded in the students' children only.
"""
