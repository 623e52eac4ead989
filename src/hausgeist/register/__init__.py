# SPDX-License-Identifier: EUPL-1.2
"""River 3c: a small model is measured, decided on, promoted, served and watched."""
