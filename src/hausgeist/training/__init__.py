# SPDX-License-Identifier: EUPL-1.2
"""River 3b: a data set becomes a small model, in a child process. numpy and SciPy live there only.

SciPy comes with the extra ``students`` and is needed to train only: what is trained is loaded and asked with
numpy, which the default package has.
"""
