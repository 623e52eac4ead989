# SPDX-License-Identifier: EUPL-1.2
"""Every error a caller can meet, as one tree, with one mapping to HTTP and to people's words.

    HausgeistError
    ├── BadRequest 400          the request cannot be understood or is not allowed as it stands
    │   ├── InvalidJSON         ├── InvalidField        ├── Unsupported
    │   ├── ContextOverflow     ├── AnswerNotValid      ├── WeakPassword
    │   ├── TooManyFiles        └── LoginBroken
    ├── NotAuthenticated 401    no, unknown, expired or revoked credentials
    │   └── LoginFailed
    ├── NotAllowed 403          known, but may not
    │   ├── LoginRefused        a login source vouched for somebody whom the house does not let in
    │   ├── BorderRefused       the policy's answer, with its reasons
    │   ├── PasswordDue         the password must be changed first
    │   ├── SharingOff          ├── TooDelicateToShare
    │   └── GuardRefused
    ├── NotFound 404            missing, or not the caller's: the same answer for both
    │   ├── UnknownModel        ├── SourceNotFound      ├── NotStored
    │   └── SetupLinkSpent
    ├── MethodNotAllowed 405
    ├── AnswerStillRuns 409, ImportRuns (a Conflict)
    ├── Conflict 409            ├── LoginTaken          ├── LastAdmin
    │                       ├── GroupInUse          └── DataHeld
    ├── TooLarge 413            └── FileTooLarge
    ├── UnsupportedEncoding 415
    ├── BadUpload 422           ├── UnsafeModelFile     ├── HashMismatch
    │                           ├── FileUnreadable      ├── FileKindUnknown     ├── FileLocked
    │                           ├── FileBomb            ├── FileWithoutText
    │                           ├── FileInterrupted     └── FileNotReady
    ├── WorkEnded 422           ├── TookTooLong         ├── TookTooMuch         └── WorkCrashed
    ├── WrongHost 421           the server does not answer to this name
    ├── HeadersTooLarge 431
    ├── TooMany 429             ├── BudgetExhausted     └── LoginThrottled
    ├── Internal 500
    ├── Upstream 502            ├── UpstreamRefused     ├── LoginAway           └── EgressDenied
    ├── Unavailable 503         ├── UpstreamBusy        ├── ModelLoading        ├── ModelCrashed
    │                           ├── DoesNotFit          ├── QueueFull
    │                           ├── DiskFull            └── LoadFailed
    ├── UpstreamTimeout 504
    └── SetupError              not HTTP: the command line says what to do

A class has a stable ``code``, an HTTP ``status`` and a ``text`` in English, which is also the key of
the catalogue (``hausgeist.locale``). Parameters fill the braces. Dialects decide the frame, never the
words. ``param`` names the offending field of the request; ``retry_after`` is in seconds.
"""

from collections.abc import Callable, Mapping, Sequence


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


class InvalidJSON(BadRequest):
    """The body is not JSON, or not UTF-8."""

    code = "invalid_json"
    text = N_("The body is not valid JSON: {reason}")


class InvalidField(BadRequest):
    """A field has the wrong type or value; ``param`` names it."""

    code = "invalid_value"
    text = N_("{field}: {reason}")

    def say(self, translate: Callable[[str], str] | None = None) -> str:
        """As everywhere; further values fill the braces of the reason."""
        turn = translate or str
        more = {name: one for name, one in self.values.items() if name not in {"field", "reason"}}
        reason = turn(str(self.values.get("reason", "")))
        if more:
            reason = reason.format_map(more)
        return turn(self.text).format_map({"field": self.values.get("field", ""), "reason": reason})


class Unsupported(BadRequest):
    """The model or the house does not do this."""

    code = "unsupported"
    text = N_("{what} is not supported here.")


class ContextOverflow(BadRequest):
    """The messages and the room for the answer exceed the model's window. Nothing is cut silently."""

    code = "context_length_exceeded"
    text = N_(
        "The request needs {needed} tokens, and {model} has room for {context}. Nothing was cut."
    )


class AnswerNotValid(BadRequest):
    """The model's answer does not fit the JSON schema that was asked for."""

    code = "answer_not_valid"
    text = N_("The answer does not match the requested schema: {reason}")


class WeakPassword(BadRequest):
    """A new password that would be guessed."""

    code = "weak_password"
    text = N_("Please choose another password: at least {least} characters, and not a common one.")


class TooManyFiles(BadRequest):
    """More files than a question, or a person, may have."""

    code = "too_many_files"
    text = N_("At most {most} files: {advice}")

    def say(self, translate: Callable[[str], str] | None = None) -> str:
        """The limit with what to do, in the reader's language."""
        turn = translate or str
        return turn(self.text).format(
            most=self.values.get("most"), advice=turn(str(self.values.get("advice", "")))
        )


class BadFields(BadRequest):
    """Several fields of one form; ``faults`` has a sentence for each, and what fills it."""

    code = "invalid_fields"
    text = N_("Some fields are not right yet.")

    def __init__(self, faults: Mapping[str, tuple[str, Mapping[str, object]]]) -> None:
        super().__init__(param=next(iter(faults), None))
        self.faults = faults


class LoginBroken(BadRequest):
    """A login with a source did not come to an end, or what came back proves nothing."""

    code = "login_broken"
    text = N_("The login with {source} did not work: {reason} Please start again.")


class NotAuthenticated(HausgeistError):
    """No, unknown, expired or revoked credentials: one answer for all."""

    code = "invalid_api_key"
    status = 401
    text = N_("Missing or invalid credentials.")


class LoginFailed(NotAuthenticated):
    """Name or password are wrong: one answer for both, and for deactivated accounts."""

    code = "login_failed"
    text = N_("The name or the password is not right.")


class NotAllowed(HausgeistError):
    """Known, but may not."""

    code = "not_allowed"
    status = 403
    text = N_("You are not allowed to do this.")


class LoginRefused(NotAllowed):
    """A login source vouched for somebody, and the house does not let them in."""

    code = "login_refused"
    text = N_("{source} knows you, but you cannot come in here: {reason}")


class LoginClash(LoginRefused):
    """Somebody else has the login name; ``subject`` is what an administrator needs in order to link it."""

    text = N_(
        "{source} knows you, but you cannot come in here: {reason} Your identifier is {subject}"
    )


class BorderRefused(NotAllowed):
    """The policy's answer. ``reasons`` are codes; ``why`` is the sentence made of them."""

    code = "border_refused"
    text = N_("This call does not leave the house: {why}")

    def __init__(self, reasons: Sequence[str], **values: object) -> None:
        super().__init__()
        self.values = values
        self.reasons = tuple(reasons)
        self.values.setdefault("why", "")

    def say(self, translate: Callable[[str], str] | None = None) -> str:
        """The refusal with its reasons in the reader's language."""
        turn = translate or str
        why = " ".join(turn(REASONS[code]) for code in self.reasons if code in REASONS)
        return turn(self.text).format_map({**self.values, "why": why})


class PasswordDue(NotAllowed):
    """The password was made by somebody else; its owner has to choose one first."""

    code = "password_due"
    text = N_("Please choose a password of your own first.")


class SharingOff(NotAllowed):
    """The house does not let people share conversations."""

    code = "sharing_off"
    text = N_("Conversations cannot be shared: your organisation has switched this off.")


class TooDelicateToShare(NotAllowed):
    """A specially protected conversation for everybody who has the link."""

    code = "too_delicate_to_share"
    text = N_(
        "This conversation holds specially protected data. It can be shared with a group, "
        "but not with everybody who has the link."
    )


class AnswerStillRuns(HausgeistError):
    """Something needs a finished answer."""

    code = "answer_still_runs"
    status = 409
    text = N_("The answer is still being written. Wait until it is complete, or stop it first.")


class GuardRefused(NotAllowed):
    """A guard refused the content; ``rule`` is the rule's id."""

    code = "guard_refused"
    text = N_("A rule of the house ({rule}) does not allow this content.")


class NotYoursToChange(NotAllowed):
    """An item of the library that this person may use, and others may change."""

    code = "library_not_yours"
    text = N_("Only its owner or an administrator may do this. Make a copy of your own instead.")


class NotYoursToShare(NotAllowed):
    """An item of the library may not be published to these people by this person."""

    code = "library_not_yours_to_share"
    text = N_(
        "You may share with groups you are in. "
        "Please ask an administrator to share with other groups or with everyone."
    )


class NotFound(HausgeistError):
    """Missing, or not the caller's: the same answer for both."""

    code = "not_found"
    status = 404
    text = N_("There is nothing here.")


class SetupLinkSpent(NotFound):
    """The link to the first account was used, is too old or is not the newest."""

    text = N_(
        "This link works once, within a day, until the next start. "
        "If nobody has an account yet, a restart prints a new one."
    )


class UnknownModel(NotFound):
    """No such model, or not for this caller."""

    code = "model_not_found"
    text = N_("The model '{model}' does not exist, or you may not use it.")


class SourceNotFound(NotFound):
    """A model's source leads to nothing."""

    code = "source_not_found"
    text = N_("There is no file at {source}.")


class NotStored(NotFound):
    """A response of the Responses API: none is ever kept."""

    code = "response_not_stored"
    text = N_("Responses are not stored here. Send the whole conversation with each request.")


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


class LoginTaken(Conflict):
    """Somebody has this login already."""

    code = "login_taken"
    text = N_("Somebody has this login name already.")


class GroupInUse(Conflict):
    """The group still has members, keys or holds."""

    code = "group_in_use"
    text = N_("This group still has people, service keys or holds. Move or end them first.")


class DataHeld(Conflict):
    """A legal hold lasts: what it covers may not be deleted (Art. 17(3) GDPR)."""

    code = "data_held"
    text = N_("These data may not be deleted at present, because they are held: {reason}")


class LastAdmin(Conflict):
    """The change would leave the house without an active administrator."""

    code = "last_admin"
    text = N_("This is the only administrator. Appoint another one first.")


class ChangedMeanwhile(Conflict):
    """Somebody saved another version while this one was written."""

    code = "changed_meanwhile"
    text = N_(
        "Somebody saved another version meanwhile. Your text is still here; saving again puts it on top."
    )


class WasShared(Conflict):
    """An item of the library that others may have used is archived, not deleted."""

    code = "library_was_shared"
    text = N_("Others may have used this. It can be archived, not deleted.")


class LibraryFull(Conflict):
    """A person owns as many items of the library as one may."""

    code = "library_full"
    text = N_("One person may have {most} items. Please delete some first.")


class ImportRuns(Conflict):
    """Somebody's import is not at its end."""

    code = "import_runs"
    text = N_("An import is running already. Wait for its end, or stop it first.")


class TooLarge(HausgeistError):
    """The body exceeds the limit, in bytes."""

    code = "request_too_large"
    status = 413
    text = N_("The request is larger than the limit of {limit} bytes.")


class FileTooLarge(TooLarge):
    """A file that somebody attaches exceeds the limit, in megabytes."""

    code = "file_too_large"
    text = N_("The file is larger than {limit} MB. Split it, or attach the pages that matter.")


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


class UnsafeModelFile(BadUpload):
    """A model file breaks a limit of the bounded reader; it was not opened by anything else."""

    code = "unsafe_model_file"
    text = N_("The model file was refused: {reason}")


class HashMismatch(BadUpload):
    """The bytes are not the ones that were pinned."""

    code = "hash_mismatch"
    text = N_("The file's SHA-256 is {found}, expected was {expected}. It was not kept.")


class FileUnreadable(BadUpload):
    """A file is broken, or says it is something that it is not."""

    code = "file_unreadable"
    text = N_(
        "The file is broken or not complete ({reason}). Open it on your computer, save it anew and "
        "attach that."
    )


class FileKindUnknown(BadUpload):
    """Nobody here can read this kind of file."""

    code = "file_kind_unknown"
    text = N_(
        "This kind of file cannot be read here. Attach a PDF, a Word, Excel, PowerPoint or "
        "LibreOffice file, a web page, a mail, a text or a picture."
    )


class FileLocked(BadUpload):
    """A file is protected with a password."""

    code = "file_locked"
    text = N_(
        "The file is protected with a password. Save a copy without a password and attach that."
    )


class FileWithoutText(BadUpload):
    """There is nothing to read in a file, such as a scan without recognised text."""

    code = "file_without_text"
    text = N_(
        "There are no words in the file. If it is a scan, let a text recognition (OCR) go over it and "
        "attach the result."
    )


class FileBomb(BadUpload):
    """A file would unpack to far more than it may; it was not unpacked."""

    code = "file_bomb"
    text = N_("The file would unpack to far more than it may ({reason}). It was not opened.")


class FileInterrupted(BadUpload):
    """A file had not arrived or not been read when the server, or the connection, ended."""

    code = "file_interrupted"
    text = N_("The file did not arrive completely, or was not read to the end. Attach it again.")


class FileNotReady(BadUpload):
    """A file is still being read."""

    code = "file_not_ready"
    text = N_("A file is still being read. Wait a moment, or remove it.")


class WorkEnded(HausgeistError):
    """Work in a limited process came to no result."""

    code = "work_ended"
    status = 422
    text = N_("This could not be done within the limits. Try it with less.")


class TookTooLong(WorkEnded):
    """It exceeded its time."""

    code = "took_too_long"
    text = N_("This took longer than {seconds} seconds and was ended. Try it with less.")


class TookTooMuch(WorkEnded):
    """It exceeded its memory, or its result was larger than allowed."""

    code = "took_too_much"
    text = N_("This needed more than {megabytes} MB of memory and was ended. Try it with less.")


class WorkCrashed(WorkEnded):
    """The process ended without a result."""

    code = "work_crashed"
    text = N_("The program that reads and writes files broke off at this. Nothing else was harmed.")


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


class BudgetExhausted(TooMany):
    """A hard budget would be overdrawn. Waiting a few seconds does not help."""

    code = "insufficient_quota"
    text = N_("The budget '{budget}' does not cover this call.")


class LoginThrottled(TooMany):
    """Too many failed logins."""

    code = "login_throttled"
    text = N_("Too many failed attempts. Please try again in {seconds} seconds.")


class Internal(HausgeistError):
    """A mistake of ours; the log has its id."""


class Upstream(HausgeistError):
    """A provider failed, or answered with something that is no answer."""

    code = "upstream_error"
    status = 502
    text = N_("{provider} did not answer properly: {reason}")


class UpstreamRefused(Upstream):
    """A provider refused our request (its status is in ``values['upstream_status']``)."""

    code = "upstream_refused"
    text = N_("{provider} refused the request: {reason}")


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


class Unavailable(HausgeistError):
    """For the moment; ``retry_after`` says for how long."""

    code = "unavailable"
    status = 503
    text = N_("This is not available at the moment. Please try again shortly.")


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


class UpstreamTimeout(HausgeistError):
    """A provider took too long."""

    code = "upstream_timeout"
    status = 504
    text = N_("{provider} did not answer within {seconds} seconds.")


class SetupError(HausgeistError):
    """An installation is not as it must be; the text says what to do."""

    code = "setup"
    text = N_("{problem} {advice}")


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
    "policy.titles_stay": N_("Titles are made in the house only."),
    "policy.findings": N_("The text contains what looks like personal data: {found}."),
}
"""A sentence for every reason code of ``core.policy``."""
