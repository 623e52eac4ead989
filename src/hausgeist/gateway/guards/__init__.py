# SPDX-License-Identifier: EUPL-1.2
"""The house's guards: shipped and own rules, and the slot for a small classifier."""

from hausgeist.gateway.guards.classifier import Classifier
from hausgeist.gateway.guards.kept import GuardRules
from hausgeist.gateway.guards.patterns import Patterns
from hausgeist.gateway.guards.rule import Kept, Rule, checked, shipped

__all__ = ["Classifier", "GuardRules", "Kept", "Patterns", "Rule", "checked", "shipped"]
