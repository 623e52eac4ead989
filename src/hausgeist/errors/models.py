# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong with models, in the house and elsewhere."""

from hausgeist.errors.tree import N_, NotFound, Unavailable, Upstream


class SourceNotFound(NotFound):
    """A model's source leads to nothing."""

    code = "source_not_found"
    text = N_("There is no file at {source}.")


class UpstreamRefused(Upstream):
    """A provider refused our request (its status is in ``values['upstream_status']``)."""

    code = "upstream_refused"
    text = N_("{provider} refused the request: {reason}")


class UpstreamAway(Upstream):
    """Nobody answers at a provider's address, or the connection could not be made secure."""

    code = "upstream_unreachable"
    text = N_("{provider} cannot be reached at the moment ({reason}).")


class LoginAway(Upstream):
    """A login source cannot be asked. Visitors are not told why; the log and the administration are."""

    code = "login_away"
    text = N_(
        "{source} cannot be asked at the moment. Please try again shortly, or log in another way."
    )


class EgressDenied(Upstream):
    """The address is not on the allow list, or resolves to one that is not."""

    code = "egress_denied"
    text = N_("The house does not open connections to {host}.")


class UpstreamBusy(Unavailable):
    """A provider is overloaded or limits the rate; ``retry_after`` is what it told, where it did."""

    code = "upstream_busy"
    text = N_("{provider} is busy at the moment ({reason}). Please try again shortly.")


class ModelLoading(Unavailable):
    """The model is being loaded, and the caller's patience ended first."""

    code = "model_loading"
    text = N_("The model '{model}' is still being loaded. Please try again in {seconds} seconds.")


class ModelCrashed(Unavailable):
    """The engine's process ended during the answer. It is being restarted."""

    code = "model_crashed"
    text = N_(
        "The engine of '{model}' stopped unexpectedly. It is being restarted; please try again."
    )


class LoadFailed(Unavailable):
    """The engine does not accept the model, or its process ended while it was loaded."""

    code = "model_load_failed"
    text = N_("The model '{model}' could not be loaded: {reason}")


class DoesNotFit(Unavailable):
    """The model does not fit into the memory budget."""

    code = "model_does_not_fit"
    text = N_("'{model}' needs {needed}, but only {available} may be used. {advice}")


class DetectorDown(Unavailable):
    """What would leave could not be examined, so it did not leave."""

    code = "detector_down"
    text = N_(
        "The text could not be examined for personal data, so it has not left the house. "
        "A model in the house can answer."
    )


class VeilDown(Unavailable):
    """Pseudonyms could not be made, read or stored, so nothing left."""

    code = "veil_down"
    text = N_(
        "The text could not be put under pseudonyms, so it has not left the house. "
        "A model in the house can answer."
    )


class QueueFull(Unavailable):
    """All slots are busy and the queue is full."""

    code = "queue_full"
    text = N_("All places at '{model}' are taken. Please try again in {seconds} seconds.")


class DiskFull(Unavailable):
    """The disk cannot take a file; what has been fetched stays for the next attempt."""

    code = "disk_full"
    text = N_(
        "The disk is full: {needed} more are needed, {free} are free. What was fetched is kept; "
        "make room and try again, and it goes on from there."
    )
