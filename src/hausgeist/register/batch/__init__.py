# SPDX-License-Identifier: EUPL-1.2
"""Many rows through a student: a file in, an answer a row out, in parts that survive any breaking off."""
