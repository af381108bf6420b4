"""Word documents (.docx): paragraphs and list items of the main text, read from a checked archive."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from carestance.articles.article import Article
from carestance.articles.guards import library, reading, without_long_words
from carestance.articles.readers import article_from_text
from carestance.errors import ArticleError

#: Limits of the archive that a .docx is: entries, bytes of all of them unpacked, bytes of its XML.
MAX_PARTS = 2_000
MAX_UNPACKED_BYTES = 100_000_000
MAX_XML_BYTES = 20_000_000
_ADVICE = "open it in a word processor and save it again as .docx, or as plain text (.txt)"
_CHUNK = 65_536
#: Old Word files, and new ones behind a password, are containers of this kind.
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EBCDIC_XML = b"\x4c\x6f\xa7\x94"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']*)")
_PLAIN_ENCODINGS = (b"utf-8", b"utf-16", b"us-ascii")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARAGRAPH = f"{_W}p"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
#: Deleted and moved text, properties, and the second copy of a text box; paragraphs inside are found by themselves.
_HIDDEN = (f"{_W}del", f"{_W}moveFrom", _FALLBACK)
_NOT_READ = (*_HIDDEN, f"{_W}pPr", f"{_W}rPr", _PARAGRAPH)
_CHARACTERS = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}


def read_docx(data: bytes, id: str) -> Article:
    """Read the main text of a Word document.

    Macros, headers, footers, notes and tracked deletions are left out; nothing outside the file is ever opened.

    Parameters
    ----------
    data
        The file's bytes.
    id
        The article's name.

    Raises
    ------
    ArticleError
        If the file is broken, behind a password, larger than the limits above, holds a document type definition, or
        holds no text.
    MissingExtraError
        If python-docx is not installed.
    """
    docx = library("docx", "reading Word documents")
    with reading(data, id, "a Word document", _ADVICE):
        if data.startswith(_OLE_MAGIC):
            raise ArticleError(f"{id}: is an old Word file (.doc) or protected by a password; save it as .docx without a password")
        _check_archive(data, id)
        document = docx.Document(BytesIO(data))
        text = "\n\n".join(_paragraphs(document))
    return article_from_text(text, id)


def _check_archive(data: bytes, id: str) -> None:
    """Refuse archives that unpack to too much, or whose XML could reach outside or grow while it is parsed."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS:
            raise ArticleError(f"{id}: holds {len(parts):,} parts, more than the {MAX_PARTS:,} a Word document may have; {_ADVICE}")
        _check_unpacked(sum(part.file_size for part in parts), id)
        unpacked = xml = 0
        for part in parts:
            if part.flag_bits & 1 or part.compress_type not in _METHODS:
                raise ArticleError(f"{id}: is packed in a way that Word does not use (encrypted or unknown); {_ADVICE}")
            content = _unpack(archive, part, MAX_UNPACKED_BYTES - unpacked, id)
            unpacked += len(content)
            if _is_xml(content):
                xml += len(content)
                _check_xml(content, id)
        if xml > MAX_XML_BYTES:
            raise ArticleError(f"{id}: holds {xml:,} bytes of text markup, more than the {MAX_XML_BYTES:,} allowed; split it")


def _check_unpacked(size: int, id: str) -> None:
    if size > MAX_UNPACKED_BYTES:
        raise ArticleError(f"{id}: unpacks to more than the {MAX_UNPACKED_BYTES:,} bytes a Word document may have; {_ADVICE}")


def _unpack(archive: zipfile.ZipFile, part: zipfile.ZipInfo, room: int, id: str) -> bytes:
    """One part's bytes, counted while they are unpacked: what an archive declares need not be true."""
    chunks, size = [], 0
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            _check_unpacked(size + MAX_UNPACKED_BYTES - room, id)
            chunks.append(chunk)
    return b"".join(chunks)


def _is_xml(content: bytes) -> bool:
    return content[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<") or content.startswith(_EBCDIC_XML)


def _check_xml(content: bytes, id: str) -> None:
    """Refuse document type definitions, and encodings in which one could be hidden."""
    plain = content.replace(b"\x00", b"")  # UTF-16 as good as ASCII
    declared = _XML_ENCODING.search(plain[:400])
    hidden = content.startswith(_EBCDIC_XML) or (declared is not None and declared[1].lower() not in _PLAIN_ENCODINGS)
    if hidden or b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise ArticleError(f"{id}: holds a document type definition or entities, which no word processor writes; {_ADVICE}")


def _paragraphs(document: Any) -> Iterator[str]:
    """Text of each paragraph in reading order, those of tables and text boxes included."""
    list_styles = _list_styles(document)
    for paragraph in document.element.body.iter(_PARAGRAPH):
        if any(parent.tag in _HIDDEN for parent in paragraph.iterancestors()):
            continue
        text = "\n".join(line for line in (" ".join(part.split()) for part in without_long_words(_text(paragraph)).split("\n")) if line)
        if text:
            yield f"• {text}" if _is_list_item(paragraph, list_styles) else text


def _text(paragraph: Any) -> str:
    """Visible characters of one paragraph, without those of paragraphs inside it."""
    pieces = []
    waiting = list(reversed(paragraph))
    while waiting:
        node = waiting.pop()
        if node.tag in _NOT_READ:
            continue
        if node.tag == f"{_W}t":
            pieces.append(node.text or "")
        else:
            pieces.append(_CHARACTERS.get(node.tag, ""))
            waiting.extend(reversed(node))
    return "".join(pieces)


def _list_styles(document: Any) -> set[str]:
    """Identifiers of the styles whose name makes a list ("List Bullet"), but not "List Paragraph", which only indents."""
    names = {style.styleId: str(style.name_val or "").lower() for style in document.styles.element.style_lst}
    return {style for style, name in names.items() if name.startswith("list") and name != "list paragraph"}


def _is_list_item(paragraph: Any, list_styles: set[str]) -> bool:
    """Whether a paragraph is numbered or bulleted by itself or by its style; numbered headings are none."""
    style = str(paragraph.style or "")
    numbering = paragraph.pPr.numPr if paragraph.pPr is not None else None
    if numbering is None:
        return style in list_styles
    number = numbering.find(f"{_W}numId")
    return number is not None and number.get(f"{_W}val") != "0" and not style.lower().startswith(("heading", "title"))
