"""Bad files between good ones: each ends in one row that says why, the good ones are all tagged."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from pathlib import Path

import pytest

from carestance.articles.names import storable
from tests.articles.test_documents import BODY, PAGES, PARAGRAPHS, document_xml, lines, make_docx, make_pdf, repack

pytest.importorskip("trafilatura", exc_type=ImportError)
pytest.importorskip("docx", exc_type=ImportError)
pypdf = pytest.importorskip("pypdf", exc_type=ImportError)

#: Peak memory of a whole run over all of these files, in megabytes.
MOST_MEMORY = 1_500
SENTENCE = "Councils should keep control of their services.\n"


def encrypted_pdf() -> bytes:
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(make_pdf([lines(*BODY)]))))
    writer.encrypt("secret", "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def bombed_docx() -> bytes:
    return repack(make_docx(), {"word/media/image1.png": b"\x00" * 120_000_000})


def entity_docx(definition: bytes) -> bytes:
    head, _, rest = document_xml(make_docx()).partition(b"?>")
    return repack(make_docx(), {"word/document.xml": head + b"?>" + definition + rest.replace(b"Drift went on.", b"&x;")})


def sparse(path: Path) -> None:
    """A hundred megabytes that take no room on the disk."""
    with path.open("wb") as stream:
        stream.truncate(100_000_000)


def link_loop(path: Path) -> None:
    path.symlink_to(path.with_name("other end"))
    path.with_name("other end").symlink_to(path)


#: What the file holds (or how it is made), and what its row says. One line of docs/reliability.md each.
REFUSED: dict[str, tuple[bytes | Callable[[], bytes] | Callable[[Path], None], str]] = {
    "empty.txt": (b"", "is empty"),
    "one-byte.txt": (b"x", "holds no sentence"),
    "nuls.txt": (b"\x00" * 1000, "is empty"),
    "mark-only.txt": (b"\xef\xbb\xbf", "is empty"),
    "mark-only-16.txt": (b"\xff\xfe", "is empty"),
    "broken-16.txt": (b"\xff\xfeC\x00o", "starts like utf-16 text but is not"),
    "binary.txt": (b"\x89PNG\x00\xff\xfe\x00" * 50, "binary data"),
    "hundred-megabytes.txt": (sparse, "has 100,000,000 bytes, more than the 20,000,000"),
    "million-words.txt": (b"word " * 1_000_000, "more than the 1,000,000"),
    "many-sentences.txt": (b"It is so. " * 21_000, "21,000 sentences, more than the 20,000"),
    "furniture.txt": (b"Home\n\nNews\n\nSign in\n\nSubscribe now\n\nAll rights reserved.\n", "only page furniture"),
    "symbols.md": (b"* * *\n\n---\n", "holds no sentence"),
    "deep.html": (b"<div>" * 10_000 + PARAGRAPHS.encode(), "100 levels"),
    "no-text.html": (b"<html><body><a href=x></a></body></html>", "no main text"),
    "truncated.pdf": (lambda: make_pdf(PAGES)[:700], "cannot be read as a PDF|holds no text"),
    "encrypted.pdf": (encrypted_pdf, "needs a password"),
    "scanned.pdf": (lambda: make_pdf([[]]), "text recognition"),
    "bomb.docx": (bombed_docx, "unpacks to more than the 100,000,000"),
    "external.docx": (lambda: entity_docx(b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "document type definition"),
    "laughs.docx": (lambda: entity_docx(b'<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY x "&a;&a;&a;">]>'), "document type definition"),
    "password.docx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "password"),
    "no-mail.eml": (b"Just a text.\n", "no headers of an e-mail"),
    "loop.txt": (link_loop, "cannot be read"),
    "nowhere.txt": (lambda path: path.symlink_to("gone"), "a link to nowhere"),
    "pipe.txt": (lambda path: os.mkfifo(path), "not a regular file"),
    "device.txt": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
}
#: What is odd and read all the same, and words that have to be found in its rows.
READ: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    "utf-16.txt": ("The council’s plan is wrong.\n".encode("utf-16"), "council’s"),
    "utf-16-unmarked.txt": ("The council’s plan is wrong.\n".encode("utf-16-le"), "council’s"),
    "marked.txt": ("\ufeffThe council’s plan is wrong.\n".encode(), "council’s"),
    "windows.txt": ("The council’s plan costs £3m and is wrong.\n".encode("cp1252"), "council’s plan costs £3m"),
    "lone-surrogate.txt": (b"Councils \xed\xa0\x80 should decide on their own services.\n", "should decide"),
    "nul-inside.txt": (b"Councils\x00 should decide on their own services.\n", "Councils should decide"),
    "french.txt": ("Les communes devraient décider elles-mêmes de leurs services.\n".encode(), "décider elles-mêmes"),
    "long-line.txt": (b"word " * 100_000 + b"end.", "word word"),
    "endless-word.txt": (b"Councils should decide " + b"a" * 900_000 + b" on services.", "Councils should decide"),
    "endless-dots.txt": (b"Councils should decide " + b"." * 900_000 + b"x on their services.", "Councils should decide"),
    "macros.docx": (lambda: make_docx(word__vbaProject_dot_bin=b"\xd0\xcf\x11\xe0" * 50), "independent trust"),
    "new\nline \"quotes\" 'n' ümlaut.txt": (SENTENCE.encode(), "Councils should keep"),
    "bytes-\udce9\udcff.txt": (SENTENCE.encode() + b"Twice.", "Councils should keep"),
}


def put(folder: Path, name: str, content: object) -> None:
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
        return
    assert callable(content)
    if signature(content).parameters:
        content(path)
    else:
        path.write_bytes(content())


@dataclass(frozen=True)
class Ran:
    """One run over all of them."""

    code: int
    err: bytes
    rows: list[dict]
    memory: float
    folder: Path

    def of(self, name: str) -> list[dict]:
        doc = storable(str(self.folder / name))
        return [row for row in self.rows if row["doc"] == doc]


@pytest.fixture(scope="module")
def ran(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("bad")
    for i, (name, (content, _)) in enumerate((REFUSED | READ).items()):
        put(folder, name, content)
        # A good one before each; the number makes them differ.
        (folder / f"{name}-good.txt").write_text(f"Article {i} says that councils should keep control.\n")
    output = folder.parent / "rows.jsonl"
    command = [sys.executable, "-m", "carestance", "tag", str(folder), "-m", str(tiny_model), "-o", str(output), "-q"]
    with (folder.parent / "err").open("wb") as err:
        process = subprocess.Popen(command, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    rows = [json.loads(line) for line in output.read_bytes().split(b"\n") if line]
    return Ran(process.returncode, (folder.parent / "err").read_bytes(), rows, usage.ru_maxrss / 1024, folder)


def test_the_run_says_that_some_failed(ran: Ran) -> None:
    assert ran.code == 3
    assert b"Traceback" not in ran.err
    assert ran.memory < MOST_MEMORY


@pytest.mark.parametrize("name", list(REFUSED))
def test_bad_file_is_one_clear_row(ran: Ran, name: str) -> None:
    (row,) = ran.of(name)
    assert row["error"]["type"] == "ArticleError"
    assert re.search(REFUSED[name][1], row["error"]["message"])
    assert row["error"]["message"].startswith(row["doc"])


@pytest.mark.parametrize("name", list(READ))
def test_odd_file_is_read(ran: Ran, name: str) -> None:
    assert any(READ[name][1] in row["text"] for row in ran.of(name))


def test_every_good_file_is_tagged(ran: Ran) -> None:
    for name in REFUSED | READ:
        assert [row["unit"] for row in ran.of(f"{name}-good.txt")] == [0]


def test_zip_bomb_is_small_itself() -> None:
    with zipfile.ZipFile(io.BytesIO(bombed_docx())) as archive:
        assert sum(part.file_size for part in archive.infolist()) > 100 * sum(part.compress_size for part in archive.infolist())
