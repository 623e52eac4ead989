# SPDX-License-Identifier: EUPL-1.2
"""Shipped doubles, builders and contract suites, for our tests and for those of extensions."""
