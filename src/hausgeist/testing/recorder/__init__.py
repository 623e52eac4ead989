# SPDX-License-Identifier: EUPL-1.2
"""A folder for PYTHONPATH: its ``sitecustomize`` writes down where a process connects to."""
