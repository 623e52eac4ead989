# SPDX-License-Identifier: EUPL-1.2
"""Why the border refuses, in words."""

from hausgeist.errors.tree import N_

REASONS = {
    "policy.in_house": N_("The model runs in the house."),
    "policy.allowed_in_zone": N_("The data class is allowed in the model's zone."),
    "policy.class_not_for_zone": N_("Data of this class may not go to the zone of this model."),
    "policy.not_cleared": N_(
        "The organisation has not released this provider for data of this class."
    ),
    "policy.key_class_cap": N_("The key may not carry data of this class."),
    "policy.needs_pseudonyms": N_("Data of this class may go there only under pseudonyms."),
    "policy.no_pseudonymiser": N_(
        "Data of this class may go there only under pseudonyms, and none can be made."
    ),
    "policy.house_rule": N_("A rule of the house says no."),
    "policy.asks_first": N_("Before it goes there, you are asked."),
    "policy.no_contract": N_("There is no contract with this provider on file."),
    "policy.may_train": N_(
        "It is not known that this provider trains no models on what it is sent."
    ),
    "policy.keeps_too_long": N_("It is not known that this provider deletes soon enough."),
    "policy.not_european": N_(
        "It is not known that the provider, its owner and its administrators are in Europe."
    ),
    "policy.hosted_elsewhere": N_("It is not known that this provider runs the model itself."),
    "policy.titles_stay": N_("Titles are made in the house only."),
    "policy.findings": N_("The text contains what looks like personal data: {found}."),
}
"""A sentence for every reason code of ``core.policy``."""
