"""A report of hostile articles in a real browser: everything in it is text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from carestance.articles.article import Article
from carestance.articles.readers import article_from_text
from tests.report import test_report
from tests.report.test_report import find, in_browser, tagged, write

browser = test_report.browser

HOSTILE = {
    "script": "<script>window.hacked = 1</script>",
    "end of data": "</script><script>window.hacked = 1</script>",
    "comment": "<!--<script>window.hacked = 1//",
    "handler": "<img src=x onerror=window.hacked=1><svg onload=window.hacked=1><body onpageshow=window.hacked=1>",
    "attribute": "\" onfocus=window.hacked=1 autofocus x=\"' onmouseover='window.hacked=1",
    "link": '<a href="javascript:window.hacked=1">x</a> javascript:window.hacked=1 [x](javascript:window.hacked=1)',
    "frame": "<iframe src='data:text/html,<script>parent.hacked=1</script>'></iframe><object data=x></object><embed src=x>",
    "style": "</style><style>body { display: none } * { color: red !important }</style>",
    "style attribute": '<p style="position:fixed;inset:0;background:url(https://example.org/x)">covered</p>',
    "page": "<base href=https://example.org/><meta http-equiv=refresh content='0;url=https://example.org'><form action=x><input name=y></form>",
    "template": "{{constructor.constructor('window.hacked=1')()}} ${window.hacked=1} <%= hacked %>",
    "prototype": "__proto__ constructor toString hasOwnProperty",
    "entity": "&lt;script&gt;window.hacked=1&lt;/script&gt; &#x3c;b&#x3e;",
    "direction": "\u202eevil\u2067 turned\u202d around",
    "separators": "a\u2028b\u2029c\x00d\ud800e\ufeff",
    "huge": "W" * 20_000,
}


def hostile(kind: str, number: int) -> Article:
    nasty = HOSTILE[kind]
    text = f"{nasty} Councils\n\nCouncils {nasty} know best. Ministers disagree about everything.\n\n• One {nasty} of the points.\n\n{nasty} says so.\n"
    fields = {"outlet": nasty, "date": f"2020 {nasty}", "url": f"javascript:window.hacked=1//{nasty}", nasty: nasty}
    return article_from_text(text, f"{number} {nasty}.txt", title=nasty, metadata=fields)


def articles(*kinds: str) -> list[Any]:
    return [tagged(hostile(kind, i)) for i, kind in enumerate(kinds)]


def assert_inert(page: Any) -> None:
    facts = page.execute_script(
        """
        const all = [...document.querySelectorAll("*")];
        return {
          hacked: window.hacked ?? null,
          foreign: all.filter((e) => ["IMG", "IFRAME", "OBJECT", "EMBED", "BASE", "FORM", "SVG:SCRIPT"].includes(e.tagName)).length,
          handlers: all.flatMap((e) => e.getAttributeNames()).filter((name) => name.startsWith("on")),
          programs: all.filter((e) => e.localName === "script" && e.type !== "application/json").length,
          styles: document.querySelectorAll("style").length,
          metas: document.querySelectorAll("meta[http-equiv]").length,
          links: all.filter((e) => e.localName === "a").map((e) => e.protocol),
          loaded: performance.getEntriesByType("resource").length,
          shown: getComputedStyle(document.body).display,
          wide: document.documentElement.scrollWidth - innerWidth,
          address: location.protocol,
        };
        """
    )
    links = set(facts.pop("links"))
    assert links <= {"file:", "http:", "https:"}
    assert facts.pop("wide") <= 0
    assert facts.pop("shown") != "none"
    assert facts == {
        "hacked": None, "foreign": 0, "handlers": [], "programs": 1, "styles": 1, "metas": 1, "loaded": 0, "address": "file:",
    }  # fmt: skip
    assert page.get_log("browser") == []


@in_browser
@pytest.mark.parametrize("kind", list(HOSTILE))
def test_hostile_article_is_text(kind: str, browser: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "report.html", articles(kind))
    browser.get("about:blank")
    browser.get(path.as_uri())
    nasty = article_from_text(f"Councils {HOSTILE[kind]} know best.").text
    seen = browser.execute_script("return document.getElementById('text').textContent")
    assert nasty.replace("\n", " ").split()[1] in seen
    assert_inert(browser)
    # Showing what is known of a sentence, its quotations and its citation puts the text in more places.
    browser.execute_script("document.querySelectorAll('#text .sentence, #quotes button').forEach((e) => { e.focus(); e.click(); })")
    assert_inert(browser)


@in_browser
def test_table_of_hostile_articles_is_text(browser: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "report.html", articles(*HOSTILE))
    browser.get("about:blank")
    browser.get(path.as_uri())
    assert len(find(browser, "#rows tr")) == len(HOSTILE)
    assert_inert(browser)
    for address in ("#article=<script>window.hacked=1</script>", "#article=0&unit=%22onload=x", "#__proto__=1", "#article=1e3", "#unit=1"):
        browser.get(path.as_uri() + address)
        assert_inert(browser)


@in_browser
def test_direction_is_that_of_english(browser: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "report.html", articles("direction"))
    browser.get("about:blank")
    browser.get(path.as_uri())
    rises = browser.execute_script(
        """
        const place = (node, i) => {
          const range = document.createRange();
          range.setStart(node, i);
          range.setEnd(node, i + 1);
          return range.getBoundingClientRect().left;
        };
        const ends = [...document.querySelectorAll("#text .sentence")].map((e) => [...e.childNodes].find((n) => n.nodeType === 3 && n.length > 4));
        return ends.filter(Boolean).map((node) => place(node, 3) > place(node, 0));
        """
    )
    assert len(rises) >= 3 and all(rises)


@in_browser
def test_policy_refuses_foreign_style_picture_frame_and_request(browser: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "report.html", articles("script"))
    browser.get("about:blank")
    browser.get(path.as_uri())
    browser.execute_async_script(
        """
        const done = arguments[0];
        const style = document.createElement("style");
        style.textContent = "body { display: none }";
        const picture = document.createElement("img");
        picture.src = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=";
        const frame = document.createElement("iframe");
        frame.src = "data:text/html,<p>x</p>";
        document.body.append(style, picture, frame);
        fetch("http://127.0.0.1:9/").catch(() => setTimeout(done, 300));
        """
    )
    assert browser.execute_script("return getComputedStyle(document.body).display") != "none"
    said = " ".join(entry["message"] for entry in browser.get_log("browser"))
    for kind in ("style-src", "img-src", "connect-src"):
        assert kind in said
