# SPDX-License-Identifier: EUPL-1.2
"""River 3a: texts become items, items get suggestions and answers, answers become a data set."""
