# SPDX-License-Identifier: EUPL-1.2
"""The only SQL in the house: tables, one writer, many readers, one file of verbs per aggregate."""
