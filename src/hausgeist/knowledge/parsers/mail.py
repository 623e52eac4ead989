# SPDX-License-Identifier: EUPL-1.2
"""EML: bytes in, the mail's head, words and attachments out. Attachments are read one level deep."""

from collections.abc import Callable
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser

from hausgeist.errors import HausgeistError
from hausgeist.knowledge.parsers.html import words_of
from hausgeist.knowledge.parsers.kinds import MAIL
from hausgeist.knowledge.parsers.read import ATTACHMENTS_CUT, UNREAD, Lines, Read

ATTACHMENTS_MOST = 50

_HEAD = ("From", "To", "Cc", "Date", "Subject")


def read(payload: bytes, inner: Callable[[bytes], Read] | None) -> Read:
    """A mail; ``inner`` reads its attachments, None: they are only named."""
    mail = BytesParser(policy=policy.default).parsebytes(payload)
    assert isinstance(mail, EmailMessage)
    lines = Lines()
    result = Read(media=MAIL)
    for name in _HEAD:
        value = _field(mail, name)
        if value:
            lines.add(f"{name}: {value}")
    lines.add("")
    body = mail.get_body(("plain", "html"))
    if body is not None:
        words = _content(body)
        if body.get_content_subtype() == "html":
            words_of(words, lines)
        else:
            lines.add(words.replace("\r\n", "\n"))
    attachments = list(mail.iter_attachments()) if mail.is_multipart() else []
    for number, attachment in enumerate(attachments[:ATTACHMENTS_MOST], 1):
        assert isinstance(attachment, EmailMessage)
        _attachment(attachment, number, lines, result, inner)
    if len(attachments) > ATTACHMENTS_MOST:
        result.note(ATTACHMENTS_CUT, read=ATTACHMENTS_MOST, count=len(attachments))
    return lines.finish(result)


def _attachment(
    attachment: EmailMessage,
    number: int,
    lines: Lines,
    result: Read,
    inner: Callable[[bytes], Read] | None,
) -> None:
    name = " ".join((attachment.get_filename() or f"{number}").split())[:200]
    content = attachment.get_payload(decode=True)
    size = len(content) if isinstance(content, bytes) else 0
    lines.add(f"\n--- {name} ({size} B) ---\n")
    if inner is None or not isinstance(content, bytes) or not content:
        return
    try:
        found = inner(content)
    except HausgeistError:
        result.note(UNREAD, name=name)
        return
    if found.text:
        lines.add(found.text)
    else:  # a picture in a mail is only named
        result.note(UNREAD, name=name)


def _field(mail: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(mail.get(name, "")).split())[:1000]
    except (ValueError, IndexError, AttributeError, TypeError):  # the standard parser on odd heads
        return ""


def _content(body: MIMEPart) -> str:
    try:
        return str(body.get_content())
    except (LookupError, ValueError):  # a character set that nobody knows
        content = body.get_payload(decode=True)
        return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
