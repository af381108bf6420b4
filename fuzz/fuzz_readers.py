"""Coverage-guided fuzzing of everything that reads a stranger's bytes: decoding, segmenting, and each document format.

README.md beside this file says how to run it. An input is a byte that chooses the reader, and a file's bytes. Each has to end in an
article that keeps the contract, or in an error of carestance's own.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module

import atheris

with atheris.instrument_imports(include=["carestance", "pypdf", "docx", "email"]):
    from carestance.articles.article import Article, segment
    from carestance.articles.documents import DOCUMENT_READERS
    from carestance.articles.names import printable, storable
    from carestance.articles.readers import MAX_FIELD, MAX_TITLE, article_from_text, clean, decode
    from carestance.articles.sentences import split_sentences
    from carestance.errors import CarestanceError
    from carestance.tagging.holder import SpeakerTracker

#: Seconds of the processor: an input of a few kilobytes that takes longer shows a cost that grows faster than the input.
MAX_SECONDS = 10.0
READERS = [*DOCUMENT_READERS, "text", "mixed", "sentences"]


def check(article: Article) -> None:
    """Offsets point at the units, in order and apart; everything can be written as UTF-8."""
    end = 0
    tracker = SpeakerTracker()
    for i, unit in enumerate(article.units):
        if unit.index != i or article.text[unit.start : unit.end] != unit.text or not end <= unit.start < unit.end:
            raise AssertionError(f"unit {i} does not keep the contract")
        end = unit.end
        tracker.speaker(unit)
    for text in (article.id, article.text, article.display_title, *article.metadata, *article.metadata.values()):
        text.encode("utf-8")
    if len(article.display_title) > MAX_TITLE or any(len(value) > MAX_FIELD for value in article.metadata.values()):
        raise AssertionError("a field is longer than its cap")


def check_sentences(text: str) -> None:
    """Sentences cover every character that is no white space, once."""
    spans = split_sentences(text)
    if "".join("".join(text[a:b].split()) for a, b in spans) != "".join(text.split()):
        raise AssertionError("sentences lose or double characters")
    segment(clean(text))
    printable(storable(text)).encode("utf-8")


def read_one(data: bytes) -> None:
    """Give the bytes after the first to the reader that the first one names."""
    if not data:
        return
    name, content = READERS[data[0] % len(READERS)], data[1:]
    started = time.process_time()
    try:
        if name == "sentences":
            check_sentences(content.decode("utf-8", "surrogateescape"))
        elif name == "text":
            check(article_from_text(decode(content, "x"), "x"))
        elif name == "mixed":
            text = content.decode("utf-8", "surrogatepass" if data[0] > 127 else "replace")
            check(article_from_text(text, text[:20], title=text[5:], metadata={text[:3]: text}))
        else:
            check(DOCUMENT_READERS[name](content, "x" + name))
    except (CarestanceError, UnicodeDecodeError) as error:
        if isinstance(error, UnicodeDecodeError) and name != "mixed":
            raise
    if time.process_time() - started > MAX_SECONDS:
        raise AssertionError(f"{name} took longer than {MAX_SECONDS} seconds")


if __name__ == "__main__":
    # Libraries load when first needed: not on the clock of the first input.
    for module in ("trafilatura", "lxml.html", "pypdf", "docx", "charset_normalizer"):
        import_module(module)
    atheris.Setup(sys.argv, read_one)
    atheris.Fuzz()
