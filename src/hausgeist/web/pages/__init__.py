# SPDX-License-Identifier: EUPL-1.2
"""The pages: one file each, with its list of routes. Every page works without a script."""
