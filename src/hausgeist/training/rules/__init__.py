# SPDX-License-Identifier: EUPL-1.2
"""Rules as a model: patterns in linear time that answer without having learnt anything."""

from hausgeist.training.rules.ruleset import RuleSet

__all__ = ["RuleSet"]
