"""Readers of documents that are no plain text, by the ending of their files."""

from __future__ import annotations

from collections.abc import Callable

from carestance.articles.article import Article
from carestance.articles.mail import read_eml
from carestance.articles.pdf import read_pdf
from carestance.articles.webpage import read_html
from carestance.articles.word import read_docx

#: A reader for each ending: from a file's bytes and the article's id to the article.
DOCUMENT_READERS: dict[str, Callable[[bytes, str], Article]] = {
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".eml": read_eml,
}
