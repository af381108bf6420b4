"""The report: safe and whole as a file, and usable in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carestance.articles.article import Article
from carestance.errors import ModelError, OptionError
from carestance.report import ReportWriter
from carestance.report.data import DECISIONS, article_data, index_entry, target_facts, to_json
from carestance.report.page import page_parts
from carestance.schema import LABELS, TARGETS
from carestance.tagging.predictor import ArticleTags, TaggedUnit, TargetStance
from carestance.tagging.rows import CopyMark

NASTY = "</script><script>window.hacked = true</script><img src=x onerror='window.hacked = true'>"
TEXT = f"""Councils and trusts

Councils know their families best. The minister said trusts would do better.

{NASTY} Ministers have no plan for the regions.

What comes next

• Keep services local, whatever happens.
• Nobody knows whether trusts work.
"""
#: Favour, against, neutral, unrelated, abstain for the first target; the others are not about it.
TURNS = ("favour", "against", "neutral", "unrelated", "abstain")


def stance(decision: str, top: float) -> TargetStance:
    label = "favour" if decision == "abstain" else decision
    return TargetStance(label, decision, {name: top if name == label else round((1 - top) / 3, 4) for name in LABELS})


def tagged(article: Article, turns: Sequence[str] = TURNS, targets: Sequence[str] = TARGETS) -> ArticleTags:
    """Tag without a model: decisions in turn for the first target, sides held by the author and by others in turn."""
    units = []
    for unit in article.units:
        decision = turns[unit.index % len(turns)]
        stances = {t: stance(decision if t == targets[0] else "unrelated", round(0.95 - 0.03 * unit.index, 2)) for t in targets}
        holder = ("other" if decision == "against" else "author") if decision in ("favour", "against") else ""
        units.append(TaggedUnit(unit, stances, holder, "The minister" if holder == "other" else ""))
    return ArticleTags(article, tuple(units), "test@12345678")


def article(number: int = 0, text: str = TEXT, **metadata: str) -> Article:
    return Article(f"saved/{number}.txt", text, metadata=metadata)


def write(path: Path, tags: Sequence[ArticleTags]) -> Path:
    with ReportWriter(path) as report:
        for one in tags:
            report.write(one)
    return path


class Page(HTMLParser):
    """Elements of a page, scripts by their attributes, as a browser would cut them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.style = ""
        self._open = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            attrs, text = self.scripts[-1]
            self.scripts[-1] = (attrs, text + data)
        elif self._open == "style":
            self.style += data

    def data(self, name: str) -> Any:
        return json.loads(next(text for attrs, text in self.scripts if attrs.get("id") == name))

    @property
    def programs(self) -> list[str]:
        return [text for attrs, text in self.scripts if attrs.get("type") != "application/json"]

    @property
    def policy(self) -> str:
        return next(a["content"] or "" for tag, a in self.elements if tag == "meta" and "http-equiv" in a)


# ---------------------------------------------------------------- the file


def test_page_loads_nothing_and_runs_only_its_own_code(tmp_path: Path) -> None:
    page = Page(write(tmp_path / "report.html", [tagged(article())]))
    assert len(page.programs) == 1
    assert not [tag for tag, _ in page.elements if tag in ("link", "img", "iframe", "object", "embed", "base", "form")]
    assert not [a for _, a in page.elements if "src" in a or "style" in a or any(name.startswith("on") for name in a)]
    assert "url(" not in page.style and "@import" not in page.style
    policy = page.policy.split("; ")
    assert policy[0] == "default-src 'none'"
    for kind, text in (("script-src", page.programs[0]), ("style-src", page.style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy


def test_script_puts_text_in_as_text_only() -> None:
    _, tail = page_parts({})
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser"):
        assert sink not in tail


def test_hostile_text_stays_in_its_element(tmp_path: Path) -> None:
    hostile = Article(f"{NASTY}.txt", TEXT, title=f"<!--<script>{NASTY}", metadata={"outlet": NASTY, "date": "2020\u2028"})
    page = Page(write(tmp_path / "report.html", [tagged(hostile)]))
    assert [tag for tag, _ in page.elements].count("script") == 4
    assert page.data("line-0")["title"] == hostile.title
    assert page.data("article-0")["doc"] == hostile.id
    texts = [u["text"] for block in page.data("article-0")["blocks"] for u in block["units"]]
    assert texts == [u.text for u in hostile.units]


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_comes_back_and_holds_nothing_that_html_reads(value: Any) -> None:
    text = to_json(value)
    assert json.loads(text) == value
    assert not re.search("[<>&\u2028\u2029]", text)
    text.encode("utf-8")


def test_lone_surrogates_can_be_written() -> None:
    assert to_json("a\ud83db") == '"a\\ud83db"'


def test_numbers_a_browser_cannot_read_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json([float("nan")])


def test_paragraphs_headings_and_lists_are_rebuilt() -> None:
    blocks = article_data(tagged(article()), TARGETS)["blocks"]
    assert [(b["kind"], b["marker"], len(b["units"])) for b in blocks] == [
        ("title", "", 1),
        ("body", "", 2),
        ("body", "", 1),
        ("heading", "", 1),
        ("body", "•", 1),
        ("body", "•", 1),
    ]
    first = blocks[1]["units"][0]
    assert first["text"] == "Councils know their families best."
    assert DECISIONS[first["decisions"][0]] == "against" and first["holder"] == "other" and first["speaker"] == "The minister"
    assert first["probs"][0][first["labels"][0]] == 0.92


def test_counts_are_of_the_body_and_by_holder() -> None:
    tags = tagged(article(date="12 March 2016", Outlet=" LGC "))
    line = index_entry(tags, TARGETS)
    body = [u for u in tags.units if u.unit.kind == "body"]
    assert line["sentences"] == len(body) == 5
    decided = [u.stance["localism"].decision for u in body]
    assert line["counts"][0]["author"] == [decided.count("favour"), 0]
    assert line["counts"][0]["other"] == [0, decided.count("against")]
    assert line["counts"][0]["rest"] == [decided.count(d) for d in ("neutral", "unrelated", "abstain")]
    assert (line["year"], line["outlet"]) == (2016, "LGC")


@pytest.mark.parametrize(("date", "year"), [("2016-03-12", 2016), ("12/03/1999", 1999), ("last week", None), ("ref 120167", None)])
def test_year_is_found_in_dates(date: str, year: int | None) -> None:
    assert index_entry(tagged(article(date=date)), TARGETS)["year"] == year


def test_link_is_only_ever_to_the_web() -> None:
    assert article_data(tagged(article(url="javascript:alert(1)")), TARGETS)["link"] == ""
    assert article_data(tagged(article(url="https://example.org/a")), TARGETS)["link"] == "https://example.org/a"


def test_targets_are_described() -> None:
    own, foreign = target_facts(["regional_commissioning", "free_school_meals"])
    assert own["title"] == "Regional commissioning" and "larger than one council" in own["statement"]
    assert foreign == {"name": "free_school_meals", "title": "Free school meals", "statement": ""}


def test_articles_are_streamed_and_the_page_comes_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    report = ReportWriter(path)
    sizes = []
    for i in range(40):
        report.write(tagged(article(i)))
        sizes.append(sum(f.stat().st_size for f in path.parent.iterdir()))
        assert not path.exists()
    # What has been written is on the disk, not kept: all but the stream's own buffer.
    assert sizes[-1] > 30 * (len(to_json(article_data(tagged(article()), TARGETS))) - 300)
    report.close()
    report.close()
    assert [f.name for f in path.parent.iterdir()] == ["report.html"]
    assert Page(path).data("line-39")["doc"] == "saved/39.txt"
    with pytest.raises(ValueError, match="closed"):
        report.write(tagged(article()))


def test_same_articles_make_the_same_file(tmp_path: Path) -> None:
    one, two = (write(tmp_path / name, [tagged(article())]) for name in ("one.html", "two.html"))
    assert one.read_bytes() == two.read_bytes()


def test_failed_run_leaves_the_old_report(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="stop"), ReportWriter(path) as report:
        report.write(tagged(article()))
        raise RuntimeError("stop")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_failed_close_removes_the_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    report = ReportWriter(path)
    report.write(tagged(article()))
    path.mkdir()
    with pytest.raises(OSError, match=re.escape("report.html")):
        report.close()
    assert list(tmp_path.iterdir()) == [path]


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="folder"):
        ReportWriter(tmp_path)
    report = ReportWriter(tmp_path / "report.html")
    report.write(tagged(article()))
    with pytest.raises(ModelError, match="other|about"):
        report.write(tagged(article(), targets=("localism", "trusts")))
    report.abort()
    assert not list(tmp_path.iterdir())


def test_report_without_articles_is_a_page(tmp_path: Path) -> None:
    page = Page(write(tmp_path / "report.html", []))
    assert [t["name"] for t in page.data("facts")["targets"]] == list(TARGETS)


# ---------------------------------------------------------------- the browser


def missing_for_browser() -> str:
    if find_spec("selenium") is None:
        return "selenium is not installed"
    if not (shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")):
        return "there is no Chromium"
    return "" if shutil.which("chromedriver") else "there is no chromedriver"


in_browser = pytest.mark.skipif(bool(missing_for_browser()), reason=f"browser tests: {missing_for_browser()}")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = next(b for n in ("chromium", "chromium-browser", "google-chrome") if (b := shutil.which(n)))
    switches = (
        "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update disable-sync"
    )
    for switch in switches.split():
        options.add_argument(f"--{switch}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    try:
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    except WebDriverException as error:
        pytest.skip(f"browser tests: Chromium does not start here ({error.msg})")
    driver.set_window_size(1280, 900)
    yield driver
    driver.quit()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Open a report of some articles; at the end nothing may have been refused or gone wrong in the page."""

    def open_report(tags: Sequence[ArticleTags], fragment: str = "") -> Any:
        browser.get("about:blank")
        browser.get(write(tmp_path / "report.html", tags).as_uri() + fragment)
        return browser

    yield open_report
    assert browser.get_log("browser") == []


def find(browser: Any, css: str) -> list[Any]:
    return browser.find_elements("css selector", css)


def texts(browser: Any, css: str) -> list[str]:
    return [e.text for e in find(browser, css)]


def marked(browser: Any) -> list[str]:
    """Decisions by which sentences of the text are marked, in reading order."""
    classes = [e.get_attribute("class").split()[1] for e in find(browser, "#title .sentence, #text .sentence")]
    return [c for c in classes if c != "plain"]


def run(browser: Any, script: str, *arguments: Any) -> Any:
    return browser.execute_script(script, *arguments)


def await_true(browser: Any, script: str) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 10).until(lambda b: b.execute_script(f"return {script}"))


@in_browser
def test_one_article_is_shown_at_once_and_as_text(show: Any) -> None:
    page = show([tagged(article())])
    assert not find(page, "#list")[0].is_displayed() and not find(page, "#back")[0].is_displayed()
    assert find(page, "h1#title")[0].text.endswith("Councils and trusts")
    assert NASTY in run(page, "return document.getElementById('text').textContent")
    assert run(page, "return window.hacked") is None and not find(page, "img")
    assert texts(page, "#text h2")[0].endswith("What comes next")
    assert len(find(page, "#text p")) == 2 and len(find(page, "#text li")) == 2
    assert run(page, "return document.documentElement.scrollWidth <= innerWidth")


@in_browser
def test_policy_stops_what_is_not_its_own(browser: Any, show: Any) -> None:
    page = show([tagged(article())])
    run(page, "const s = document.createElement('script'); s.textContent = 'window.hacked = true'; document.body.append(s)")
    assert run(page, "return window.hacked") is None
    assert "Content Security Policy" in browser.get_log("browser")[0]["message"]


@in_browser
def test_switches_choose_what_is_marked(show: Any) -> None:
    page = show([tagged(article())])
    everything = ["favour", "against", "neutral", "abstain", "favour", "against"]
    assert marked(page) == everything
    against, other = find(page, "#sides input[value='1']")[0], find(page, "#holders input[value='other']")[0]
    against.click()
    assert marked(page) == [m for m in everything if m != "against"]
    against.click()
    other.click()
    assert "against" not in marked(page) and "neutral" in marked(page)
    other.click()
    run(page, "const e = document.getElementById('least'); e.value = 85; e.dispatchEvent(new Event('input'))")
    # Abstentions stay: they are no decisions, so there is nothing to hold to a probability.
    assert marked(page) == ["favour", "against", "neutral", "abstain"]
    assert find(page, "#least-value")[0].text == "85%"
    find(page, "#targets input")[1].click()
    assert marked(page) == []
    assert find(page, "#evidence-none")[0].is_displayed()
    assert "independent trust" in find(page, "#statement")[0].text


@in_browser
def test_tip_comes_with_the_pointer_and_with_the_keyboard(show: Any) -> None:
    from selenium.webdriver import ActionChains, Keys

    page = show([tagged(article())])
    tip = find(page, "#tip")[0]
    sentence = find(page, "#text .against")[0]
    assert not tip.is_displayed()
    ActionChains(page).move_to_element(sentence).perform()
    assert tip.is_displayed() and "Localism: against, 92%" in tip.text and "The minister (not the author)" in tip.text
    ActionChains(page).send_keys(Keys.ESCAPE).perform()
    assert not tip.is_displayed()
    run(page, "document.getElementById('text').focus()")
    ActionChains(page).send_keys(Keys.TAB).perform()
    assert tip.is_displayed() and run(page, "return document.activeElement === arguments[0]", sentence)
    assert sentence.get_attribute("aria-describedby") == "tip"
    unsure = find(page, "#text .abstain")[0]
    run(page, "arguments[0].focus()", unsure)
    assert "unsure; most likely in favour" in tip.text
    assert "dotted" in unsure.value_of_css_property("text-decoration-style")


@in_browser
def test_evidence_is_strongest_first_and_leads_to_the_text(show: Any) -> None:
    long = TEXT + "\nCouncils run them well. Trusts do not. Regions might."
    page = show([tagged(article(text=long), turns=("favour", "against"))])
    assert len(find(page, "#quotes li")) == 8
    find(page, "#more")[0].click()
    shares = [int(n) for n in re.findall(r"(\d+)%", " ".join(texts(page, "#quotes .quiet")))]
    assert shares == sorted(shares, reverse=True) and len(shares) == 10
    assert not find(page, "#more")[0].is_displayed()
    find(page, "#quotes a")[2].click()
    await_true(page, "document.activeElement.dataset.unit === '2'")
    assert page.current_url.endswith("#article=0&unit=2")


@in_browser
def test_citation_is_copied_with_its_text_fragment(show: Any, browser: Any) -> None:
    quote = "Local care - run by councils, near families - is what the seventeen areas of the north asked for."
    page = show([tagged(article(text=f"A title\n\n{quote} Short one here.", url="https://example.org/a#top", outlet="LGC"))])
    browser.execute_cdp_cmd("Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    item = next(e for e in find(page, "#quotes li") if quote in e.text)
    item.find_element("css selector", "button").click()
    await_true(page, "document.getElementById('said').textContent === 'Copied'")
    copied = page.execute_async_script("navigator.clipboard.readText().then(arguments[0], String)")
    address = "https://example.org/a#:~:text=Local%20care%20%2D%20run%20by,of%20the%20north%20asked%20for."
    assert copied == f"“{quote}” A title. LGC. saved/0.txt, {address}"


@in_browser
def test_table_sorts_searches_and_turns_pages(show: Any) -> None:
    from selenium.webdriver import Keys

    tags = [tagged(Article(f"saved/{i}.txt", TEXT + "More on it follows here. " * (i % 7), title=f"Article {i}")) for i in range(250)]
    page = show(tags)
    assert len(find(page, "#rows tr")) == 100 and texts(page, "#rows a")[0] == "Article 0"
    assert find(page, "#found")[0].text == "Articles 1 to 100 of 250 articles"
    find(page, "#next")[0].click()
    assert texts(page, "#rows a")[0] == "Article 100"
    title, sentences = find(page, "th[data-key='title']")[0], find(page, "th[data-key='sentences']")[0]
    title.find_element("css selector", "button").click()
    # Numbers in titles are compared as numbers.
    assert texts(page, "#rows a")[:3] == ["Article 0", "Article 1", "Article 2"] and title.get_attribute("aria-sort") == "ascending"
    sentences.find_element("css selector", "button").send_keys(Keys.ENTER)
    counts = [int(t) for t in texts(page, "#rows td[data-name='Sentences']")]
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[-1]
    assert sentences.get_attribute("aria-sort") == "descending" and title.get_attribute("aria-sort") is None
    # Every word has to be there, wherever: 24, 124, 224 and 240 to 249.
    find(page, "#query")[0].send_keys("article 24")
    assert find(page, "#found")[0].text == "13 articles" and not find(page, "#pages")[0].is_displayed()
    find(page, "#query")[0].send_keys(" nothing")
    assert find(page, "#found")[0].text == "No article fits this search." and not find(page, "#rows tr")


@in_browser
def test_address_leads_to_an_article_and_back(show: Any) -> None:
    page = show([tagged(article(i, TEXT.replace("Councils and trusts", f"Heading number {i}"))) for i in range(3)])
    assert find(page, "#list")[0].is_displayed() and not find(page, "#reader")[0].is_displayed()
    bar = find(page, "#rows tr:first-child .bar")[0]
    assert bar.get_attribute("aria-label") == "Author: 1 in favour, 0 against"
    find(page, "#rows a")[1].click()
    await_true(page, "location.hash === '#article=1' && !document.getElementById('reader').hidden")
    assert find(page, "#title")[0].text.endswith("Heading number 1")
    find(page, "#sides input[value='0']")[0].click()
    find(page, "#back a")[0].click()
    await_true(page, "!document.getElementById('list').hidden")
    assert run(page, "return document.activeElement.getAttribute('href')") == "#article=1"
    page.back()
    await_true(page, "!document.getElementById('reader').hidden")
    # What was switched off stays off from one article to the next.
    assert "favour" not in marked(page)
    run(page, "location.hash = '#article=99'")
    await_true(page, "!document.getElementById('list').hidden")


@in_browser
def test_address_of_a_sentence_opens_it(show: Any) -> None:
    page = show([tagged(article(i)) for i in range(2)], "#article=1&unit=4")
    assert run(page, "return document.activeElement.dataset.unit") == "4"


@in_browser
def test_trend_needs_dates_or_outlets(show: Any) -> None:
    page = show([tagged(article(i)) for i in range(2)])
    assert not find(page, "#trend")[0].is_displayed()
    page = show([tagged(article(i, date=str(2015 + i), outlet="LGC" if i else NASTY)) for i in range(4)])
    assert len(find(page, "#trend svg")) == len(TARGETS)
    assert "2015: +1.00 (1 sentence)" in find(page, "#trend svg")[0].get_attribute("aria-label")
    assert texts(page, "#trend tbody th") == ["LGC", NASTY]
    assert run(page, "return window.hacked") is None
    find(page, "#query")[0].send_keys("lgc")
    assert texts(page, "#trend tbody th") == ["LGC"]


@in_browser
def test_all_outlets_can_be_seen(show: Any) -> None:
    page = show([tagged(article(i, outlet=f"Outlet {i}")) for i in range(9)])
    assert len(find(page, "#trend tbody tr")) == 6
    find(page, "#more-outlets")[0].click()
    assert texts(page, "#trend tbody th") == [f"Outlet {i}" for i in range(9)]
    assert run(page, "return document.activeElement.textContent") == "Outlet 6" and not find(page, "#more-outlets")


@in_browser
def test_repeated_articles_are_marked_and_can_be_left_out(browser: Any, show: Any, tmp_path: Path) -> None:
    page = show([tagged(article(i)) for i in range(2)])
    assert not find(page, "#repeats")[0].is_displayed() and not find(page, ".repeat")
    marks = [None, CopyMark("saved/0.txt", 1.0), CopyMark(NASTY, 0.996)]
    with ReportWriter(tmp_path / "copies.html") as report:
        for i, mark in enumerate(marks):
            report.write(tagged(article(i, outlet="LGC")), mark)
    page.get((tmp_path / "copies.html").as_uri())
    assert [t.removeprefix("⧉ ") for t in texts(page, "#rows .repeat")] == ["The same text as saved/0.txt", f"99% the same text as {NASTY}"]
    assert find(page, "#repeats")[0].text == "Leave out 2 articles that repeat an earlier one"
    assert texts(page, "#trend td[data-name='Articles']") == ["3"]
    find(page, "#unique")[0].click()
    assert find(page, "#found")[0].text == "1 article" and texts(page, "#trend td[data-name='Articles']") == ["1"]
    run(page, "location.hash = '#article=1'")
    await_true(page, "!document.getElementById('reader').hidden")
    assert "The same text as saved/0.txt" in find(page, "#about")[0].text


AXE_HINT = "accessibility test: set CARESTANCE_AXE to the path of axe.min.js (npm install axe-core in a folder of its own)"


@in_browser
@pytest.mark.skipif(not os.environ.get("CARESTANCE_AXE"), reason=AXE_HINT)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(show: Any, width: int, scheme: str) -> None:
    page = show([tagged(article(i, date=str(2015 + i), outlet="LGC")) for i in range(3)])
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    page.set_script_timeout(120)
    try:
        for fragment in ("#articles", "#article=1"):
            run(page, f"location.hash = '{fragment}'")
            await_true(page, f"document.getElementById('reader').hidden === {'true' if fragment == '#articles' else 'false'}")
            run(page, Path(os.environ["CARESTANCE_AXE"]).read_text(encoding="utf-8"))
            found = page.execute_async_script(
                "axe.run(document).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes[0].html)).then(arguments[0])"
            )
            assert found == []
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@in_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_at_the_side(show: Any, width: int) -> None:
    page = show([tagged(article(i, date="2016", outlet="LGC")) for i in range(2)])
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    try:
        for fragment in ("#articles", "#article=1"):
            run(page, f"location.hash = '{fragment}'")
            await_true(page, f"document.getElementById('reader').hidden === {'true' if fragment == '#articles' else 'false'}")
            assert run(page, "return document.documentElement.scrollWidth <= innerWidth")
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
