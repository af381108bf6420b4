"""Saved e-mails (.eml): the message itself, with its subject, sender and day."""

from __future__ import annotations

import re
from typing import Any

from carestance.articles.article import Article
from carestance.articles.guards import reading, without_long_words
from carestance.articles.readers import article_from_text
from carestance.articles.webpage import decode_labelled, page_text
from carestance.errors import ArticleError

#: Limits of an e-mail: its lines, its parts, those of them that hold parts, the headers that describe parts, the
#: characters of one header.
MAX_MAIL_LINES = 500_000
MAX_MAIL_PARTS = 500
MAX_MAIL_MULTIPARTS = 50
MAX_MAIL_HEADERS = 2_000
MAX_MAIL_HEADER = 2_000
_MAIL_ADVICE = "save the message again from the mail program, or its text as .txt"
_CONTENT_HEADER = re.compile(rb"^content-[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb"boundary[\s*\d]{0,20}=", re.IGNORECASE)


def read_eml(data: bytes, id: str) -> Article:
    """Read the message of a saved e-mail: its plain part, else its HTML part; attachments are never opened.

    Parameters
    ----------
    data
        The file's bytes.
    id
        The article's name.

    Returns
    -------
    Article
        The subject is its title, the sender's name (else address) its ``author``, the day it was sent its ``date``.

    Raises
    ------
    ArticleError
        If the file is no e-mail, exceeds the limits above, or holds no message.
    MissingExtraError
        If the message is a web page and trafilatura is not installed.
    """
    from email import message_from_bytes, policy

    with reading(data, id, "an e-mail", _MAIL_ADVICE):
        _check_mail_bytes(data, id)
        message = message_from_bytes(data, policy=policy.default)
        _check_mail(message, id)
        text = _mail_text(message, id)
        title = " ".join(str(_mail_header(message, "subject") or "").split())
        metadata = _mail_metadata(message)
    return article_from_text(text, id, title=title, metadata=metadata)


def _check_mail_bytes(data: bytes, id: str) -> None:
    """Refuse what would take too long to parse: headers cost the square of their length, lines the depth of parts."""
    plain = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    headers = [len(header[0]) for header in _CONTENT_HEADER.finditer(plain)]
    for count, limit, what in (
        (max(headers, default=0), MAX_MAIL_HEADER, "characters in one header"),
        (len(headers), MAX_MAIL_HEADERS, "headers of parts"),
        (plain.count(b"\n"), MAX_MAIL_LINES, "lines"),
        (sum(1 for _ in _BOUNDARY.finditer(plain)), MAX_MAIL_MULTIPARTS, "parts that hold further parts"),
    ):
        if count > limit:
            raise ArticleError(f"{id}: has more than {limit:,} {what}; {_MAIL_ADVICE}")


def _check_mail(message: Any, id: str) -> None:
    """Refuse what is no e-mail, or has too many parts."""
    names = {name.lower() for name, _ in message.raw_items()}
    if not names & {"from", "subject", "date", "message-id", "received", "to"}:
        raise ArticleError(f"{id}: has no headers of an e-mail (From, Subject, Date); {_MAIL_ADVICE}")
    if any(number > MAX_MAIL_PARTS for number, _ in enumerate(message.walk(), 1)):
        raise ArticleError(f"{id}: has more than {MAX_MAIL_PARTS:,} parts; {_MAIL_ADVICE}")


def _mail_text(message: Any, id: str) -> str:
    for kind in ("plain", "html"):
        part = message.get_body(preferencelist=(kind,))
        if part is None:
            continue
        text = decode_labelled(part.get_payload(decode=True) or b"", str(part.get_content_charset() or ""), id)
        if text.strip():
            return without_long_words(text) if kind == "plain" else page_text(text, id)
    raise ArticleError(f"{id}: holds no message, only attachments or pictures; save what it carries as a file of its own")


def _mail_metadata(message: Any) -> dict[str, str]:
    sender, date = _mail_header(message, "from"), _mail_header(message, "date")
    senders = sender.addresses if sender else ()
    author = (senders[0].display_name or senders[0].addr_spec) if senders else ""
    sent = date.datetime.date().isoformat() if date and date.datetime else ""
    return {key: value for key, value in (("author", author), ("date", sent)) if value}


def _mail_header(message: Any, name: str) -> Any:
    """A header of sensible length, ``None`` where it is missing or malformed: the message is worth reading without."""
    value = next((value for key, value in message.raw_items() if key.lower() == name), "")
    if len(value) > MAX_MAIL_HEADER:
        return None
    try:
        return message[name]
    except Exception:  # the standard library's parser raises various ones on odd headers
        return None
