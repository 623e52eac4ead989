# SPDX-License-Identifier: EUPL-1.2
"""Every error a caller can meet, as one tree, with one mapping to HTTP and to people's words.

    HausgeistError
    ├── BadRequest 400          the request cannot be understood or is not allowed as it stands
    │   ├── InvalidJSON         ├── InvalidField        ├── Unsupported
    │   ├── PatternWrong (an InvalidField)
    │   ├── ContextOverflow     ├── AnswerNotValid      ├── WeakPassword
    │   ├── TooManyFiles        ├── NothingToLearn      ├── AnswerNotFitting
    │   ├── NothingLeft
    │   └── LoginBroken
    ├── NotAuthenticated 401    no, unknown, expired or revoked credentials
    │   └── LoginFailed
    ├── NotAllowed 403          known, but may not
    │   ├── LoginRefused        a login source vouched for somebody whom the house does not let in
    │   ├── BorderRefused       the policy's answer, with its reasons
    │   ├── BorderAsks
    │   ├── PasswordDue         the password must be changed first
    │   ├── NoSecondPerson      whoever agrees must be somebody else
    │   ├── SharingOff          ├── TooDelicateToShare
    │   ├── NeedsSecond
    │   ├── GuardRefused        └── GoldSealed
    ├── NotFound 404            missing, or not the caller's: the same answer for both
    │   ├── UnknownModel        ├── SourceNotFound      ├── NotStored
    │   └── SetupLinkSpent      └── UnknownBase
    ├── MethodNotAllowed 405
    ├── AnswerStillRuns 409, ImportRuns, GateShut, NotReadyToServe, StudentServes (Conflicts)
    ├── Conflict 409            ├── LoginTaken          ├── LastAdmin
    │                       ├── GroupInUse          ├── TrailBroken         └── DataHeld
    ├── TooLarge 413            └── FileTooLarge
    ├── UnsupportedEncoding 415
    ├── BadUpload 422           ├── UnsafeModelFile     ├── HashMismatch
    │                           ├── FileUnreadable      ├── FileKindUnknown     ├── FileLocked
    │                           ├── FileBomb            ├── FileWithoutText     ├── FileTooOld
    │                           ├── FileInterrupted     ├── FileNotReady        ├── FileOfOutlook
    │                           └── StudentBroken       └── BaseRefused
    ├── WorkEnded 422           ├── TookTooLong         ├── TookTooMuch         └── WorkCrashed
    ├── WrongHost 421           the server does not answer to this name
    ├── HeadersTooLarge 431
    ├── TooMany 429             ├── BudgetExhausted     ├── PeopleAsked         └── LoginThrottled
    ├── Internal 500
    ├── Upstream 502            ├── UpstreamRefused     ├── LoginAway           ├── EgressDenied
    │                           └── UpstreamAway
    ├── Unavailable 503         ├── UpstreamBusy        ├── ModelLoading        ├── ModelCrashed
    │                           ├── DetectorDown        ├── VeilDown
    │                           ├── StudentDown         ├── TrainingFailed
    │                           ├── TrainingNotInstalled                        ├── NobodyAnswers
    │                           ├── DoesNotFit          ├── QueueFull
    │                           ├── DiskFull            └── LoadFailed
    ├── UpstreamTimeout 504
    └── SetupError              not HTTP: the command line says what to do

A class has a stable ``code``, an HTTP ``status`` and a ``text`` in English, which is also the key of
the catalogue (``hausgeist.locale``). Parameters fill the braces. Dialects decide the frame, never the
words. ``param`` names the offending field of the request; ``retry_after`` is in seconds.
"""

from hausgeist.errors.answers import AnswerNotFitting, GoldSealed
from hausgeist.errors.files import (
    FileBomb,
    FileInterrupted,
    FileKindUnknown,
    FileLocked,
    FileNotReady,
    FileOfOutlook,
    FileTooLarge,
    FileTooOld,
    FileUnreadable,
    FileWithoutText,
    HashMismatch,
    TookTooLong,
    TookTooMuch,
    TooManyFiles,
    UnsafeModelFile,
    WorkCrashed,
    WorkEnded,
)
from hausgeist.errors.gate import GateShut
from hausgeist.errors.models import (
    DetectorDown,
    DiskFull,
    DoesNotFit,
    EgressDenied,
    LoadFailed,
    LoginAway,
    ModelCrashed,
    ModelLoading,
    QueueFull,
    SourceNotFound,
    UpstreamAway,
    UpstreamBusy,
    UpstreamRefused,
    VeilDown,
)
from hausgeist.errors.people import (
    AnswerStillRuns,
    ChangedMeanwhile,
    DataHeld,
    GroupInUse,
    ImportRuns,
    LastAdmin,
    LibraryFull,
    LoginBroken,
    LoginClash,
    LoginFailed,
    LoginRefused,
    LoginTaken,
    LoginThrottled,
    NoSecondPerson,
    NotYoursToChange,
    NotYoursToShare,
    PasswordDue,
    SetupLinkSpent,
    SharingOff,
    TooDelicateToShare,
    TrailBroken,
    WasShared,
    WeakPassword,
)
from hausgeist.errors.reasons import (
    REASONS,
)
from hausgeist.errors.requests import (
    AnswerNotValid,
    BadFields,
    BorderAsks,
    BorderRefused,
    BudgetExhausted,
    ContextOverflow,
    GuardRefused,
    InvalidField,
    InvalidJSON,
    NeedsSecond,
    NotStored,
    UnknownModel,
    Unsupported,
)
from hausgeist.errors.service import NobodyAnswers, PeopleAsked
from hausgeist.errors.students import (
    BaseRefused,
    NothingToLearn,
    NotReadyToServe,
    PatternWrong,
    StudentBroken,
    StudentDown,
    StudentServes,
    StudentUnsure,
    TrainingFailed,
    TrainingNotInstalled,
    UnknownBase,
)
from hausgeist.errors.suggesting import NothingLeft, PromptBroken
from hausgeist.errors.tree import (
    N_,
    BadRequest,
    BadUpload,
    Conflict,
    HausgeistError,
    HeadersTooLarge,
    Internal,
    MethodNotAllowed,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    SetupError,
    TooLarge,
    TooMany,
    Unavailable,
    UnsupportedEncoding,
    Upstream,
    UpstreamTimeout,
    WrongHost,
)

__all__ = [
    "N_",
    "REASONS",
    "AnswerNotFitting",
    "AnswerNotValid",
    "AnswerStillRuns",
    "BadFields",
    "BadRequest",
    "BadUpload",
    "BaseRefused",
    "BorderAsks",
    "BorderRefused",
    "BudgetExhausted",
    "ChangedMeanwhile",
    "Conflict",
    "ContextOverflow",
    "DataHeld",
    "DetectorDown",
    "DiskFull",
    "DoesNotFit",
    "EgressDenied",
    "FileBomb",
    "FileInterrupted",
    "FileKindUnknown",
    "FileLocked",
    "FileNotReady",
    "FileOfOutlook",
    "FileTooLarge",
    "FileTooOld",
    "FileUnreadable",
    "FileWithoutText",
    "GateShut",
    "GoldSealed",
    "GroupInUse",
    "GuardRefused",
    "HashMismatch",
    "HausgeistError",
    "HeadersTooLarge",
    "ImportRuns",
    "Internal",
    "InvalidField",
    "InvalidJSON",
    "LastAdmin",
    "LibraryFull",
    "LoadFailed",
    "LoginAway",
    "LoginBroken",
    "LoginClash",
    "LoginFailed",
    "LoginRefused",
    "LoginTaken",
    "LoginThrottled",
    "MethodNotAllowed",
    "ModelCrashed",
    "ModelLoading",
    "NeedsSecond",
    "NoSecondPerson",
    "NobodyAnswers",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "NotReadyToServe",
    "NotStored",
    "NotYoursToChange",
    "NotYoursToShare",
    "NothingLeft",
    "NothingToLearn",
    "PasswordDue",
    "PatternWrong",
    "PeopleAsked",
    "PromptBroken",
    "QueueFull",
    "SetupError",
    "SetupLinkSpent",
    "SharingOff",
    "SourceNotFound",
    "StudentBroken",
    "StudentDown",
    "StudentServes",
    "StudentUnsure",
    "TooDelicateToShare",
    "TooLarge",
    "TooMany",
    "TooManyFiles",
    "TookTooLong",
    "TookTooMuch",
    "TrailBroken",
    "TrainingFailed",
    "TrainingNotInstalled",
    "Unavailable",
    "UnknownBase",
    "UnknownModel",
    "UnsafeModelFile",
    "Unsupported",
    "UnsupportedEncoding",
    "Upstream",
    "UpstreamAway",
    "UpstreamBusy",
    "UpstreamRefused",
    "UpstreamTimeout",
    "VeilDown",
    "WasShared",
    "WeakPassword",
    "WorkCrashed",
    "WorkEnded",
    "WrongHost",
]
