# SPDX-License-Identifier: EUPL-1.2
"""Tests, intervals and sample sizes, in plain Python: counts go in, probabilities come out.

``interval``: of a proportion. ``mcnemar``, ``difference``: two systems on the same items. ``bootstrap``: for
figures that are no proportion. ``holm``: several questions at once. ``eprocess``: looking as often as one
likes. ``power``: how many items it takes.
"""
