# SPDX-License-Identifier: EUPL-1.2
"""Passages: what a model sees of words, lists learnt from examples, and the chain that labels them."""
