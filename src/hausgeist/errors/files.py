# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong with files that come in, and with reading them in a limited child."""

from collections.abc import Callable

from hausgeist.errors.tree import N_, BadRequest, BadUpload, HausgeistError, TooLarge


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


class FileTooLarge(TooLarge):
    """A file that somebody attaches exceeds the limit, in megabytes."""

    code = "file_too_large"
    text = N_("The file is larger than {limit} MB. Split it, or attach the pages that matter.")


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
        "LibreOffice file, a web page, a mail, a text or a picture (PNG, JPEG, WebP, GIF)."
    )


class FileTooOld(BadUpload):
    """A document or slides as Word and PowerPoint kept them before 2007."""

    code = "file_too_old"
    text = N_(
        "The file is of an old version of Word or PowerPoint. Open it there, save it as DOCX, PPTX or "
        "PDF, and attach that."
    )


class FileOfOutlook(BadUpload):
    """A mail as Outlook keeps it, in a form of its own."""

    code = "file_of_outlook"
    text = N_(
        "The mail is in a form that only Outlook reads (MSG). Save it there as EML, as text or as PDF, "
        "and attach that; its attachments on their own."
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
