# SPDX-License-Identifier: EUPL-1.2
"""The APIs: one file per dialect, each with its list of routes."""
