# SPDX-License-Identifier: EUPL-1.2
"""River 3b: a data set becomes a small model, in a child process. numpy and scikit-learn live there only."""
