# SPDX-License-Identifier: EUPL-1.2
"""The root, and the branches that an HTTP status tells apart."""

from collections.abc import Callable


def N_(text: str) -> str:  # noqa: N802  gettext's customary marker for texts translated later
    """Mark a text for the catalogue."""
    return text


class HausgeistError(Exception):
    """The root: never raised itself."""

    code = "internal_error"
    status = 500
    text = N_("Something went wrong in the house. The request was not completed.")

    def __init__(
        self, *, param: str | None = None, retry_after: int | None = None, **values: object
    ) -> None:
        super().__init__()
        self.param = param
        self.retry_after = retry_after
        self.values = values

    def say(self, translate: Callable[[str], str] | None = None) -> str:
        """The error in a person's words; English without a translator.

        A ``reason`` that the catalogue knows is translated too.
        """
        if translate is None:
            return self.text.format_map(self.values) if self.values else self.text
        values = dict(self.values)
        if isinstance(values.get("reason"), str) and values["reason"]:
            values["reason"] = translate(str(values["reason"]))
        text = translate(self.text)
        return text.format_map(values) if values else text

    def __str__(self) -> str:
        return self.say()


class BadRequest(HausgeistError):
    """The request cannot be understood or is not allowed as it stands."""

    code = "invalid_request"
    status = 400
    text = N_("The request is not valid: {reason}")


class NotAuthenticated(HausgeistError):
    """No, unknown, expired or revoked credentials: one answer for all."""

    code = "invalid_api_key"
    status = 401
    text = N_("Missing or invalid credentials.")


class NotAllowed(HausgeistError):
    """Known, but may not."""

    code = "not_allowed"
    status = 403
    text = N_("You are not allowed to do this.")


class NotFound(HausgeistError):
    """Missing, or not the caller's: the same answer for both."""

    code = "not_found"
    status = 404
    text = N_("There is nothing here.")


class MethodNotAllowed(HausgeistError):
    """The path exists, the method does not."""

    code = "method_not_allowed"
    status = 405
    text = N_("This method is not allowed here.")


class Conflict(HausgeistError):
    """It exists already, or changed meanwhile."""

    code = "conflict"
    status = 409
    text = N_("{what} exists already or has changed meanwhile.")


class TooLarge(HausgeistError):
    """The body exceeds the limit, in bytes."""

    code = "request_too_large"
    status = 413
    text = N_("The request is larger than the limit of {limit} bytes.")


class UnsupportedEncoding(HausgeistError):
    """The body is packed in a way that nobody here can undo."""

    code = "unsupported_encoding"
    status = 415
    text = N_("The content encoding '{encoding}' is not understood here. Use gzip, or none.")


class BadUpload(HausgeistError):
    """A file is not what it should be."""

    code = "bad_upload"
    status = 422
    text = N_("The file cannot be used: {reason}")


class WrongHost(HausgeistError):
    """The Host header is missing, malformed or not a name of this server (DNS rebinding)."""

    code = "wrong_host"
    status = 421
    text = N_(
        "This server does not answer to this name. "
        "If it should, add the name to the setting HAUSGEIST_ALLOWED_HOSTS."
    )


class HeadersTooLarge(HausgeistError):
    """Too many headers, or too long ones."""

    code = "headers_too_large"
    status = 431
    text = N_("The request has too many or too large headers.")


class TooMany(HausgeistError):
    """Slow down; ``retry_after`` says how long."""

    code = "rate_limit_exceeded"
    status = 429
    text = N_("Too many requests. Please try again in {seconds} seconds.")


class Internal(HausgeistError):
    """A mistake of ours; the log has its id."""


class Upstream(HausgeistError):
    """A provider failed, or answered with something that is no answer."""

    code = "upstream_error"
    status = 502
    text = N_("{provider} did not answer properly: {reason}")


class Unavailable(HausgeistError):
    """For the moment; ``retry_after`` says for how long."""

    code = "unavailable"
    status = 503
    text = N_("This is not available at the moment. Please try again shortly.")


class UpstreamTimeout(HausgeistError):
    """A provider took too long."""

    code = "upstream_timeout"
    status = 504
    text = N_("{provider} did not answer within {seconds} seconds.")


class SetupError(HausgeistError):
    """An installation is not as it must be; the text says what to do."""

    code = "setup"
    text = N_("{problem} {advice}")
