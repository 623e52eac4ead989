# SPDX-License-Identifier: EUPL-1.2
"""River 3b: a data set becomes a small model, in a child process. numpy and scikit-learn live there only.

scikit-learn and SciPy come with the extra ``students`` and are needed to train only: what is trained is
loaded and asked with numpy (and python-crfsuite), which the default package has.
"""
