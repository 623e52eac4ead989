# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong with accounts, logins, and what people keep and share."""

from hausgeist.errors.tree import (
    N_,
    BadRequest,
    Conflict,
    HausgeistError,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TooMany,
)


class WeakPassword(BadRequest):
    """A new password that would be guessed."""

    code = "weak_password"
    text = N_("Please choose another password: at least {least} characters, and not a common one.")


class LoginBroken(BadRequest):
    """A login with a source did not come to an end, or what came back proves nothing."""

    code = "login_broken"
    text = N_("The login with {source} did not work: {reason} Please start again.")


class LoginFailed(NotAuthenticated):
    """Name or password are wrong: one answer for both, and for deactivated accounts."""

    code = "login_failed"
    text = N_("The name or the password is not right.")


class LoginRefused(NotAllowed):
    """A login source vouched for somebody, and the house does not let them in."""

    code = "login_refused"
    text = N_("{source} knows you, but you cannot come in here: {reason}")


class LoginClash(LoginRefused):
    """Somebody else has the login name; ``subject`` is what an administrator needs in order to link it."""

    text = N_(
        "{source} knows you, but you cannot come in here: {reason} Your identifier is {subject}"
    )


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


class SetupLinkSpent(NotFound):
    """The link to the first account was used, is too old or is not the newest."""

    text = N_(
        "This link works once, within a day, until the next start. "
        "If nobody has an account yet, a restart prints a new one."
    )


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


class NoSecondPerson(NotAllowed):
    """Whoever agrees must be somebody else, oversee the house, and have done so for a week."""

    code = "no_second_person"
    text = N_(
        "A second person has to do this: another administrator or auditor, with this role for at least "
        "seven days, and whose password was not made by somebody else."
    )


class TrailBroken(Conflict):
    """The audit trail is not as a signed head says; ``size``: up to which event that is seen."""

    code = "trail_broken"
    text = N_(
        "The audit trail is not what it was: something among its first {size} events was changed, or is "
        "missing. No new checkpoint is signed. Compare with a checkpoint that you keep outside."
    )


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


class LoginThrottled(TooMany):
    """Too many failed logins."""

    code = "login_throttled"
    text = N_("Too many failed attempts. Please try again in {seconds} seconds.")
