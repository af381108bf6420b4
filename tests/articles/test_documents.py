"""Web pages, PDFs, Word documents and e-mails: what is read of them, and what is refused."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
import zlib
from email.message import EmailMessage

import pytest

from carestance.articles import pdf, webpage, word
from carestance.articles.article import Article
from carestance.articles.documents import DOCUMENT_READERS
from carestance.articles.limits import limited
from carestance.errors import ArticleError, MissingExtraError

TITLE = "Council votes to hand children's services to trust"
BODY = [
    "The council will hand its children's services to an independent trust next April, the cabinet decided on Tuesday.",
    "Inspectors rated the department inadequate in June. They criticised drift and high caseloads.",
    "Unison, which represents most of the 340 staff, has asked for talks with the Department for Education.",
]
PARAGRAPHS = "".join(f"<p>{p}</p>" for p in BODY)


def read(suffix: str, data: bytes) -> Article:
    article = DOCUMENT_READERS[suffix](data, f"x{suffix}")
    assert all(article.text[u.start : u.end] == u.text for u in article.units)
    return article


def refused(suffix: str, data: bytes, match: str) -> None:
    with pytest.raises(ArticleError, match=match) as caught:
        read(suffix, data)
    assert str(caught.value).startswith(f"x{suffix}: ")
    assert "; " in str(caught.value) or "empty" in str(caught.value)


def paragraphs(article: Article) -> list[str]:
    return article.text.split("\n\n")


# --- all of them


def test_every_format_has_a_reader() -> None:
    assert set(DOCUMENT_READERS) == {".html", ".htm", ".pdf", ".docx", ".eml"}


def test_libraries_are_not_imported_before_they_are_needed() -> None:
    code = "import sys, carestance.articles.documents; print({'trafilatura', 'pypdf', 'docx', 'lxml', 'email.parser'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


@pytest.mark.parametrize(("suffix", "module"), [(".html", "trafilatura"), (".pdf", "pypdf"), (".docx", "docx")])
def test_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch, suffix: str, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"carestance\[documents\]"):
        read(suffix, b"x")


@pytest.mark.parametrize("suffix", [".html", ".pdf", ".docx", ".eml"])
@pytest.mark.parametrize("data", [b"", b"\x00\xff\xfe" * 40, b"%PDF-1.7", b"PK\x03\x04", b"<", bytes(range(256)) * 8])
def test_broken_files_are_refused_with_a_message(suffix: str, data: bytes) -> None:
    needs(suffix)
    with pytest.raises(ArticleError, match=f"x{suffix}"):
        read(suffix, data)


def test_too_large_a_file_is_refused() -> None:
    with limited(max_bytes=10):
        refused(".eml", b"Subject: hello there", "20 bytes, more than the 10")


def needs(suffix: str) -> None:
    library = {".html": "trafilatura", ".pdf": "pypdf", ".docx": "docx"}.get(suffix)
    if library:
        pytest.importorskip(library, exc_type=ImportError)


# --- web pages


PAGE = f"""<!DOCTYPE html><html><head><title>{TITLE} | The Chronicle</title>
<meta property="og:title" content="{TITLE}"><meta property="og:site_name" content="The Chronicle">
<meta name="author" content="Maria Stone"><meta property="article:published_time" content="2019-03-12T10:00:00Z"></head>
<body><nav><a href="/">Home</a> <a href="/news">News</a></nav><article><h1>{TITLE}</h1>
<p>{BODY[0]}</p><h2>What inspectors found</h2><p>{BODY[1]}</p><ul><li>Caseloads rose by a third.</li><li>Drift went on.</li></ul>
<p>{BODY[2]}</p></article><section id="comments" class="comments"><h3>Comments</h3>
<p>A reader of the paper writes that the whole plan is a disgrace and must be stopped.</p></section>
<footer>© The Chronicle. All rights reserved.</footer></body></html>"""


@pytest.fixture
def html() -> None:
    needs(".html")


@pytest.mark.usefixtures("html")
@pytest.mark.parametrize("suffix", [".html", ".htm"])
def test_page(suffix: str) -> None:
    article = read(suffix, PAGE.encode())
    assert paragraphs(article) == [
        TITLE, BODY[0], "What inspectors found", BODY[1], "- Caseloads rose by a third.", "- Drift went on.", BODY[2],
    ]  # fmt: skip
    assert article.title == TITLE
    assert article.metadata == {"author": "Maria Stone", "date": "2019-03-12", "outlet": "The Chronicle"}
    assert [u.text for u in article.units if u.kind == "heading"] == [TITLE, "What inspectors found"]


@pytest.mark.usefixtures("html")
@pytest.mark.parametrize(
    ("label", "encoding"),
    [("windows-1252", "cp1252"), ("iso-8859-1", "cp1252"), ("utf-8", "utf-8"), ("utf-8", "cp1252"), ("no-such", "cp1252")],
)
def test_page_encodings(label: str, encoding: str) -> None:
    page = f'<html><head><meta charset="{label}"><title>Café</title></head><body><p>It’s £3m – “too much”, he said of the trust’s plan.</p>{PARAGRAPHS}</body></html>'
    assert "It’s £3m – “too much”, he said" in read(".html", page.encode(encoding)).text


@pytest.mark.usefixtures("html")
def test_layout_tables_become_paragraphs() -> None:
    article = read(".html", f"<html><body><table><tr><td>{BODY[0]}</td></tr><tr><td>{BODY[1]}</td></tr></table></body></html>".encode())
    assert paragraphs(article) == BODY[:2]


@pytest.mark.usefixtures("html")
def test_embedded_pictures_do_not_count() -> None:
    picture = f'<img src="data:image/png;base64,{"A" * (webpage.MAX_MARKUP + 1)}">'
    assert BODY[1] in read(".html", f"<html><body>{picture}{PARAGRAPHS}</body></html>".encode()).text


@pytest.mark.usefixtures("html")
@pytest.mark.parametrize(
    ("markup", "match"),
    [
        ("<div>" * 10_000 + PARAGRAPHS, "100 levels"),
        ("<ul><li>" * 10_000 + PARAGRAPHS, "100 levels"),
        ("<b>a</b>" * 30_000, "20,000 elements"),
        ("<p " + " ".join(f"a{i}=1" for i in range(300_000)) + ">x", "500 attributes"),
        ("<p>" + "word " * 1_100_000, "characters of markup"),
        ("<a href=x></a>", "no main text"),
        (" \n ", "is empty"),
    ],
)
def test_hostile_pages_are_refused(markup: str, match: str) -> None:
    refused(".html", markup.encode(), match)


@pytest.mark.usefixtures("html")
@pytest.mark.parametrize("run", ["a" * 1_200_000, " " * 1_200_000, "a - " * 200_000, "2019-" * 200_000])
def test_endless_runs_in_a_page_cost_little_time(run: str) -> None:
    page = f"<html><head><title>{run}</title><meta name=author content='{run}'></head><body><p>{run}</p>{PARAGRAPHS}</body></html>"
    assert BODY[1] in read(".html", page.encode()).text


# --- PDF


def make_pdf(pages: list[list[tuple[str, float, float]]], *, compress: bool = False, content: bytes | None = None) -> bytes:
    """A valid file with one font; a page is lines of text with height and size."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"]
    kids = []
    for lines in pages:
        drawn = b"".join(
            b"BT /F1 %g Tf 72 %g Td (%s) Tj ET\n" % (size, top, text.encode("cp1252").replace(b"(", b"\\(").replace(b")", b"\\)"))
            for text, top, size in lines
        )
        stream = content if content is not None else drawn
        head = b"/Filter/FlateDecode" if compress else b""
        stream = zlib.compress(stream) if compress else stream
        objects.append(b"<<%s/Length %d>>stream\n%s\nendstream" % (head, len(stream), stream))
        kids.append(b"%d 0 R" % (len(objects) + 1))
        objects.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))
    return out.getvalue()


def lines(*texts: str, top: float = 760, size: float = 11) -> list[tuple[str, float, float]]:
    """Lines at the usual distance; an empty one is a gap."""
    return [(text, top - 13 * i, size) for i, text in enumerate(texts) if text]


HEAD = ("The Chronicle", 800, 9)
PAGES = [
    [
        HEAD,
        (TITLE, 780, 18),
        *lines(
            "The council will hand its children's services to an indepen-",
            "dent trust next April, a long-term plan that the cabinet de-",
            "cided on Tuesday (by five votes to four).",
            "",
            "What inspectors found",
            "",
            "Inspectors rated the department inadequate in June and they",
            "criticised drift and high caseloads. It was the third such",
            "report in as many years, and ministers had lost all pa-",
        ),
        ("Page 1 of 3", 30, 9),
    ],
    [
        HEAD,
        *lines(
            "tience with it. Unison asked for talks. The plan is long-",
            "term, it said.",
            "• Caseloads rose by a third over the same two years.",
            "• Drift went on.",
        ),
        ("Page 2 of 3", 30, 9),
    ],
    [HEAD, *lines("Unison represents most of the 340 staff."), ("Page 3 of 3", 30, 9)],
]


@pytest.fixture
def pypdf() -> None:
    needs(".pdf")


@pytest.mark.usefixtures("pypdf")
@pytest.mark.parametrize("compress", [False, True])
def test_pdf(compress: bool) -> None:
    assert paragraphs(read(".pdf", make_pdf(PAGES, compress=compress))) == [
        TITLE,
        "The council will hand its children's services to an independent trust next April, a long-term plan that the cabinet decided on Tuesday (by five votes to four).",
        "What inspectors found",
        "Inspectors rated the department inadequate in June and they criticised drift and high caseloads. It was the third such report in as many years, and ministers had lost all patience with it. Unison asked for talks. The plan is long-term, it said.",
        "• Caseloads rose by a third over the same two years.",
        "• Drift went on.",
        "Unison represents most of the 340 staff.",
    ]


@pytest.mark.usefixtures("pypdf")
def test_title_that_is_the_running_head_stays_once() -> None:
    pages = [[(TITLE, 780, 11), *lines(body)] for body in BODY]
    assert read(".pdf", make_pdf(pages)).text.count(TITLE) == 1


@pytest.mark.usefixtures("pypdf")
@pytest.mark.parametrize("user", ["", "secret"])
def test_encrypted_pdf(user: str) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf([lines(*BODY)]))))
    writer.encrypt(user, "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    if user:
        refused(".pdf", out.getvalue(), "password")
    else:
        assert BODY[0] in read(".pdf", out.getvalue()).text


@pytest.mark.usefixtures("pypdf")
def test_truncated_pdf_never_raises_anything_else() -> None:
    data = make_pdf(PAGES, compress=True)
    for end in range(1, len(data), 97):
        try:
            read(".pdf", data[:end])
        except ArticleError as error:
            assert str(error).startswith("x.pdf: ")


@pytest.mark.usefixtures("pypdf")
def test_pdf_with_too_many_pages() -> None:
    refused(".pdf", make_pdf([lines("Text.")] * (pdf.MAX_PAGES + 1)), f"301 pages, more than the {pdf.MAX_PAGES}")


@pytest.mark.usefixtures("pypdf")
def test_pdf_with_pages_that_unpack_to_too_much() -> None:
    refused(".pdf", make_pdf([[]], compress=True, content=b"q Q " * 2_000_000), "page 1 holds more than")
    refused(".pdf", make_pdf([[]], compress=True, content=b" " * 200_000_000), "x.pdf")


@pytest.mark.usefixtures("pypdf")
def test_pdf_with_endless_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_CHARACTERS", 100)
    refused(".pdf", make_pdf([lines(*BODY)]), "characters of text")


@pytest.mark.usefixtures("pypdf")
def test_pdf_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_SECONDS", -1.0)
    refused(".pdf", make_pdf([lines(*BODY)]), "takes longer than")


@pytest.mark.usefixtures("pypdf")
def test_pdf_whose_pages_contain_themselves() -> None:
    looped = make_pdf([lines("Text.")]).replace(b"/Kids[5 0 R]", b"/Kids[2 0 R]")
    refused(".pdf", looped, "x.pdf")


@pytest.mark.usefixtures("pypdf")
def test_scanned_pdf() -> None:
    refused(".pdf", make_pdf([[]]), "text recognition")


# --- Word


def make_docx(**changes: bytes) -> bytes:
    """The document below as a file; ``changes`` replaces or adds parts, with ``__`` for ``/`` and ``_dot_`` for ``.``."""
    from docx import Document

    document = Document()
    document.add_paragraph(TITLE, style="Title")
    document.add_paragraph(BODY[0])
    document.add_heading("What inspectors found", 1)
    document.add_paragraph("Caseloads rose by a third.", style="List Bullet")
    document.add_paragraph("Drift went on.", style="List Number")
    document.add_table(1, 1).cell(0, 0).text = BODY[1]
    last = document.add_paragraph("Unison, which represents most\tof the 340 staff, ")
    last.add_run("has asked for talks with the Department for Education.").bold = True
    document.sections[0].header.paragraphs[0].text = "A header"
    saved = io.BytesIO()
    document.save(saved)
    return repack(saved.getvalue(), {name.replace("__", "/").replace("_dot_", "."): content for name, content in changes.items()})


def repack(data: bytes, changes: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", compression) as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            new.writestr(name, changes.get(name) if name in changes else old.read(name))
    return out.getvalue()


def document_xml(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("word/document.xml")


@pytest.fixture
def docx() -> None:
    needs(".docx")


@pytest.mark.usefixtures("docx")
def test_docx() -> None:
    assert paragraphs(read(".docx", make_docx())) == [
        TITLE, BODY[0], "What inspectors found", "• Caseloads rose by a third.", "• Drift went on.", BODY[1], BODY[2],
    ]  # fmt: skip


@pytest.mark.usefixtures("docx")
def test_tracked_changes_read_as_accepted() -> None:
    xml = document_xml(make_docx()).replace(
        b"Drift went on.</w:t></w:r>",
        b"Drift </w:t></w:r><w:ins><w:r><w:t>went on.</w:t></w:r></w:ins><w:del><w:r><w:delText>is over.</w:delText></w:r></w:del>",
    )
    assert "• Drift went on." in paragraphs(read(".docx", make_docx(word__document_dot_xml=xml)))


@pytest.mark.usefixtures("docx")
def test_macros_are_ignored() -> None:
    assert BODY[0] in read(".docx", make_docx(word__vbaProject_dot_bin=b"\xd0\xcf\x11\xe0" * 50)).text


@pytest.mark.usefixtures("docx")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "definition",
    [
        '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;&b;">]>',
        '<!DOCTYPE w SYSTEM "http://example.org/w.dtd">',
    ],
)
def test_document_type_definitions_are_refused(definition: str, encoding: str) -> None:
    rest = document_xml(make_docx()).decode().split("?>", 1)[1]
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{definition}{rest}'.replace("Drift went on.", "&x;")
    refused(".docx", make_docx(word__document_dot_xml=xml.encode(encoding)), "document type definition")


@pytest.mark.usefixtures("docx")
def test_encodings_that_could_hide_a_definition_are_refused() -> None:
    refused(".docx", make_docx(word__document_dot_xml=b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE w+AD4-'), "type definition")


@pytest.mark.usefixtures("docx")
def test_archive_that_declares_too_much() -> None:
    bomb = b"\x00" * (word.MAX_UNPACKED_BYTES + 1)
    refused(".docx", make_docx(word__media__image1_dot_png=bomb), "unpacks to more than the 100,000,000")


@pytest.mark.usefixtures("docx")
def test_archive_that_holds_more_than_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_docx(word__media__image1_dot_png=b"\x00" * 3_000_000)
    honest, lie = (3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    refused(".docx", data.replace(honest, lie), "cannot be read as a Word document")
    monkeypatch.setattr(word, "MAX_UNPACKED_BYTES", 1_000_000)
    refused(".docx", data, "unpacks to more than")


@pytest.mark.usefixtures("docx")
def test_archives_packed_in_other_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    refused(".docx", repack(make_docx(), {}, zipfile.ZIP_BZIP2), "packed in a way")
    refused(".docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "password")
    monkeypatch.setattr(word, "MAX_PARTS", 5)
    refused(".docx", make_docx(), "more than the 5")


@pytest.mark.usefixtures("docx")
def test_too_much_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "MAX_XML_BYTES", 1_000)
    refused(".docx", make_docx(), "bytes of text markup")


@pytest.mark.usefixtures("docx")
def test_markup_nested_without_end() -> None:
    xml = (
        document_xml(make_docx())
        .replace(b"<w:body>", b"<w:body>" + b"<w:sdt>" * 10_000)
        .replace(b"</w:body>", b"</w:sdt>" * 10_000 + b"</w:body>")
    )
    refused(".docx", make_docx(word__document_dot_xml=xml), "x.docx")


@pytest.mark.usefixtures("docx")
def test_other_archives_and_empty_documents() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as new:
        new.writestr("readme.txt", "no document")
    refused(".docx", archive.getvalue(), "cannot be read as a Word document")
    refused(".docx", make_docx()[:2_000], "cannot be read as a Word document")


# --- e-mail


def mail(plain: str | None = None, html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = TITLE
    message["From"] = "Maria Stone <maria@example.org>"
    message["Date"] = "Tue, 12 Mar 2019 10:00:00 +0000"
    if plain is not None:
        message.set_content(plain)
    if html is not None:
        message.add_alternative(html, subtype="html") if plain is not None else message.set_content(html, subtype="html")
    return message


def test_plain_mail() -> None:
    article = read(".eml", mail("\n\n".join(BODY), "<p>another version</p>").as_bytes())
    assert article.text.strip() == "\n\n".join(BODY)
    assert article.title == TITLE
    assert article.metadata == {"author": "Maria Stone", "date": "2019-03-12"}


@pytest.mark.usefixtures("html")
@pytest.mark.parametrize("plain", [None, " \n"])
def test_mail_as_a_page(plain: str | None) -> None:
    assert paragraphs(read(".eml", mail(plain, f"<html><body>{PARAGRAPHS}</body></html>").as_bytes())) == BODY


def test_encoded_headers_and_old_charsets() -> None:
    raw = (
        "Subject: =?utf-8?q?It=E2=80=99s_decided?=\nFrom: editor@example.org\nDate: nonsense\n"
        "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\nIt’s £3m, he said of the trust.\n"
    ).encode("cp1252")
    article = read(".eml", raw)
    assert (article.title, article.metadata) == ("It’s decided", {"author": "editor@example.org"})
    assert article.text == "It’s £3m, he said of the trust.\n"


def test_attachments_are_not_read() -> None:
    message = mail("\n\n".join(BODY))
    message.add_attachment("Not part of the message at all.", filename="notes.txt")
    assert "Not part" not in read(".eml", message.as_bytes()).text


def test_mail_without_message() -> None:
    message = mail()
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="a.png")
    refused(".eml", message.as_bytes(), "only attachments or pictures")


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"Just a text that was named wrongly.\n", "no headers of an e-mail"),
        (b"Subject: x\nContent-Type: text/plain; " + b"a=b; " * 500_000 + b"\n\nText of the mail.", "characters in one header"),
        (b"Subject: x\nContent-Type: text/plain;\r\n " + b"a=b;\r\n " * 500_000 + b"\n\nText of the mail.", "characters in one header"),
        (b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 2_000, "more than 500 parts"),
        (
            b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: text/plain\n\nx\n" * 3_000,
            "headers of parts",
        ),
        (b"Subject: x\n\n" + b"\n" * 600_000, "more than 500,000 lines"),
        (
            b"Subject: x\n"
            + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(1_000))
            + b"\nText.",
            "more than 50 parts that hold",
        ),
        (b"Subject: x\n" + b"Content-Type: message/rfc822\n\n" * 1_900 + b"\nText.", "deeply nested"),
    ],
)
def test_hostile_mail_is_refused(data: bytes, match: str) -> None:
    refused(".eml", data, match)


@pytest.mark.parametrize(
    "header",
    [
        "From: <",
        "From: @",
        "From: =?utf-8?b?//?= <",
        "Date: Tue, 99 Foo",
        "Content-Type: ;;;",
        "From: a:b;",
        "Subject: =?x?q?",
        "Subject: " + "(" * 100_000,
        "From: " + "a@b.c, " * 100_000,
    ],
)
def test_odd_headers_do_no_harm(header: str) -> None:
    assert read(".eml", f"To: a@b.c\n{header}\n\nThe text of the mail stands.\n".encode()).text
