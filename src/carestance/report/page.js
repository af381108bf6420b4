"use strict";
/*
 * The report's page. Text from articles goes in as text nodes only, never as HTML, so whatever an article says
 * stays text. The address after "#" says what is shown: nothing for the table, "article=3" for an article, and
 * "article=3&unit=14" for one of its sentences.
 */
(() => {
  const FAVOUR = 0;
  const AGAINST = 1;
  const UNRELATED = 3;
  const ABSTAIN = 4;
  const ROWS = 100;
  const QUOTES = 8;
  const OUTLETS = 6;
  const LONG_QUOTE = 12;
  const SVG = "http://www.w3.org/2000/svg";
  const SIDE_WORDS = ["in favour", "against", "neutral", "not about it", "unsure"];
  const HOLDER_WORDS = { author: "the author", other: "others" };

  const byId = (id) => document.getElementById(id);
  const facts = readJson(byId("facts"));
  const lines = [...document.querySelectorAll("script.line")].map((script, number) => ({ ...readJson(script), number }));

  /** What the reader has chosen; kept from one article to the next. */
  const chosen = {
    query: "",
    unique: false,
    sort: { key: "", down: false },
    page: 0,
    target: 0,
    targetKept: false,
    sides: new Set([FAVOUR, AGAINST, 2, ABSTAIN]),
    holders: new Set(["author", "other"]),
    least: 0,
    allQuotes: false,
    allOutlets: false,
  };
  /** The article shown: its number, its data and its sentences by unit. */
  let open = null;
  /** Where the table was scrolled to when an article was opened. */
  let tableScroll = 0;
  /** The articles that the trend was last drawn for. */
  let drawn = "";

  // ---------------------------------------------------------------- building blocks

  function readJson(script) {
    return JSON.parse(script.textContent);
  }

  /** Make an element; strings among the children become text nodes. */
  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    setAll(node, attributes);
    node.append(...children);
    return node;
  }

  function makeSvg(tag, attributes = {}, ...children) {
    const node = document.createElementNS(SVG, tag);
    setAll(node, attributes);
    node.append(...children);
    return node;
  }

  function setAll(node, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
  }

  const capital = (words) => words[0].toUpperCase() + words.slice(1);
  const percent = (share) => `${Math.round(100 * share)}%`;
  const total = (numbers) => numbers.reduce((sum, n) => sum + n, 0);
  const many = (n, one, more) => `${n.toLocaleString("en-GB")} ${n === 1 ? one : more}`;
  const titleOf = (article) => article.title || article.doc;
  const repeatWords = ({ of, share }) => (share === 1 ? `The same text as ${of}` : `${percent(share)} the same text as ${of}`);
  const sourceOf = (article) => [article.outlet, article.date].filter(Boolean).join(", ");

  /**
   * A bar from a middle line: against to the left, favour to the right, both with their numbers.
   * Lengths are set through the style object: the content policy forbids style attributes.
   */
  function makeBar(who, [favour, against], unit) {
    const half = (side, n) => {
      const track = make("span", { class: "half" });
      if (n) {
        const fill = make("span", { class: `fill ${side}` });
        fill.style.width = percent(Math.min(1, n / (unit || 1)));
        track.append(fill);
      }
      return track;
    };
    const label = `${who}: ${favour} in favour, ${against} against`;
    return make(
      "span",
      { class: favour + against ? "bar" : "bar none", role: "img", "aria-label": label, title: label },
      make("span", { class: "who" }, who),
      make("span", { class: "number" }, String(against)),
      make("span", { class: "halves" }, half("against", against), half("favour", favour)),
      make("span", { class: "number right" }, String(favour)),
    );
  }

  function makeBars(counts, unit) {
    return [makeBar("Author", counts.author, unit), makeBar("Others", counts.other, unit)];
  }

  function say(words) {
    byId("said").textContent = words;
  }

  // ---------------------------------------------------------------- the table of articles

  const collator = new Intl.Collator("en-GB", { numeric: true, sensitivity: "base" });
  const net = (line, target) => {
    const { author, other } = line.counts[target];
    return author[FAVOUR] + other[FAVOUR] - author[AGAINST] - other[AGAINST];
  };
  const shareUnit = Math.max(
    0.05,
    ...lines.flatMap((line) => line.counts.flatMap((c) => [...c.author, ...c.other].map((n) => n / (line.sentences || 1)))),
  );

  const columns = [
    { key: "title", title: "Title", compare: (a, b) => collator.compare(titleOf(a), titleOf(b)) },
    { key: "doc", title: "Document", compare: (a, b) => collator.compare(a.doc, b.doc) },
    ...(lines.some((line) => line.date)
      ? [{ key: "date", title: "Date", compare: (a, b) => (a.year ?? 0) - (b.year ?? 0) || collator.compare(a.date, b.date) }]
      : []),
    { key: "sentences", title: "Sentences", compare: (a, b) => a.sentences - b.sentences },
    ...facts.targets.map((target, k) => ({
      key: target.name,
      title: target.title,
      hint: `Sort by ${target.title}: favour less against`,
      compare: (a, b) => net(a, k) - net(b, k),
    })),
  ];

  function buildTable() {
    for (const column of columns) {
      const button = make("button", { type: "button", title: column.hint }, column.title, make("span", { class: "arrow", "aria-hidden": "true" }));
      button.addEventListener("click", () => {
        const sort = chosen.sort;
        // Figures are first wanted from the top; names from A.
        const names = ["title", "doc", "date"].includes(column.key);
        chosen.sort = sort.key === column.key ? { key: column.key, down: !sort.down } : { key: column.key, down: !names };
        chosen.page = 0;
        showTable();
      });
      byId("columns").append(make("th", { scope: "col", role: "columnheader", "data-key": column.key }, button));
    }
    byId("query").addEventListener("input", (event) => {
      chosen.query = event.target.value;
      chosen.page = 0;
      showTable();
    });
    const repeats = lines.filter((line) => line.copy).length;
    byId("repeats").hidden = repeats === 0;
    byId("repeats-label").textContent = `Leave out ${many(repeats, "article that repeats an earlier one", "articles that repeat an earlier one")}`;
    byId("unique").addEventListener("change", (event) => {
      chosen.unique = event.target.checked;
      chosen.page = 0;
      showTable();
    });
    byId("previous").addEventListener("click", () => turnPage(-1));
    byId("next").addEventListener("click", () => turnPage(1));
    byId("trend").addEventListener("toggle", () => showTrend(foundLines()));
    // On a small screen the table comes first.
    byId("trend").open = matchMedia("(min-width: 62rem)").matches;
    const about = [many(lines.length, "article", "articles"), many(total(lines.map((l) => l.sentences)), "sentence", "sentences")];
    byId("list-about").textContent = about.join(", ");
  }

  function turnPage(step) {
    chosen.page += step;
    showTable();
    byId("list-title").scrollIntoView();
  }

  const searched = lines.map((line) => [line.title, line.doc, line.outlet, line.date].join("\n").toLowerCase());

  function foundLines() {
    const terms = chosen.query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = lines.filter((line) => !(chosen.unique && line.copy) && terms.every((term) => searched[line.number].includes(term)));
    const column = columns.find((c) => c.key === chosen.sort.key);
    if (column) found.sort((a, b) => (chosen.sort.down ? -1 : 1) * column.compare(a, b) || a.number - b.number);
    return found;
  }

  function showTable() {
    const found = foundLines();
    const first = chosen.page * ROWS;
    const shown = found.slice(first, first + ROWS);
    byId("rows").replaceChildren(...shown.map(makeRow));
    for (const header of byId("columns").children) {
      const sorted = header.dataset.key === chosen.sort.key;
      if (sorted) header.setAttribute("aria-sort", chosen.sort.down ? "descending" : "ascending");
      else header.removeAttribute("aria-sort");
    }
    const range = shown.length < found.length ? `Articles ${first + 1} to ${first + shown.length} of ` : "";
    byId("found").textContent = found.length ? range + many(found.length, "article", "articles") : "No article fits this search.";
    byId("pages").hidden = found.length <= ROWS;
    byId("previous").disabled = first === 0;
    byId("next").disabled = first + ROWS >= found.length;
    showTrend(found);
  }

  function makeRow(line) {
    const cell = (name, ...children) => make("td", { role: "cell", "data-name": name }, ...children);
    const link = make("a", { href: `#article=${line.number}` }, titleOf(line));
    const title = make("th", { scope: "row", role: "rowheader" }, link);
    if (line.outlet) title.append(make("span", { class: "quiet" }, ` ${line.outlet}`));
    if (line.copy) title.append(make("span", { class: "quiet repeat" }, ` ⧉ ${repeatWords(line.copy)}`));
    const unit = shareUnit * (line.sentences || 1);
    return make(
      "tr",
      { role: "row" },
      title,
      cell("Document", make("span", { class: "doc" }, line.doc)),
      ...(columns.some((c) => c.key === "date") ? [cell("Date", line.date)] : []),
      cell("Sentences", String(line.sentences)),
      ...facts.targets.map((target, k) => cell(target.title, ...makeBars(line.counts[k], unit))),
    );
  }

  // ---------------------------------------------------------------- by year and outlet

  /** Add up the articles of each group, as one line each, keeping the order in which groups come. */
  function groupBy(found, keyOf) {
    const groups = new Map();
    for (const line of found) {
      const key = keyOf(line);
      if (key === null || key === "") continue;
      const group = groups.get(key) ?? { key, articles: 0, sentences: 0, counts: facts.targets.map(() => ({ author: [0, 0], other: [0, 0] })) };
      group.articles += 1;
      group.sentences += line.sentences;
      line.counts.forEach((counts, k) => {
        for (const who of ["author", "other"]) counts[who].forEach((n, side) => (group.counts[k][who][side] += n));
      });
      groups.set(key, group);
    }
    return [...groups.values()];
  }

  function showTrend(found) {
    const panel = byId("trend");
    panel.hidden = !lines.some((line) => line.year || line.outlet);
    // Nothing is drawn while the panel is shut, nor again for the same articles in another order.
    const articles = `${chosen.unique} ${chosen.query}`;
    if (panel.hidden || !panel.open || articles === drawn) return;
    drawn = articles;
    const years = groupBy(found, (line) => line.year).sort((a, b) => a.key - b.key);
    const outlets = groupBy(found, (line) => line.outlet).sort((a, b) => b.articles - a.articles || collator.compare(a.key, b.key));
    const parts = [];
    if (years.length > 1) {
      parts.push(
        make("p", { class: "quiet" }, "Mean stance of the sentences that take a side, by year: +1 all in favour, −1 all against."),
        make("div", { class: "charts" }, ...facts.targets.map((target, k) => makeChart(target, years, k))),
        make(
          "p",
          { class: "key" },
          make("span", {}, make("span", { class: "line author", "aria-hidden": "true" }), " the author"),
          make("span", {}, make("span", { class: "line other", "aria-hidden": "true" }), " others"),
        ),
      );
    }
    if (outlets.length) parts.push(makeOutlets(outlets));
    byId("trend-body").replaceChildren(...(parts.length ? parts : [make("p", {}, "Too few dates and outlets among these articles.")]));
  }

  function makeChart(target, years, k) {
    const [width, height, left, right, top, bottom] = [320, 170, 44, 20, 12, 24];
    const [firstYear, lastYear] = [years[0].key, years[years.length - 1].key];
    const x = (year) => left + ((year - firstYear) / (lastYear - firstYear)) * (width - left - right);
    const y = (mean) => top + ((1 - mean) / 2) * (height - top - bottom);
    const series = { author: [], other: [] };
    for (const year of years) {
      for (const [who, points] of Object.entries(series)) {
        const [favour, against] = year.counts[k][who];
        if (favour + against) points.push({ year: year.key, mean: (favour - against) / (favour + against), n: favour + against });
      }
    }
    const words = (point) => `${point.year}: ${signed(point.mean)} (${many(point.n, "sentence", "sentences")})`;
    const label = Object.entries(series).map(([who, points]) => `${HOLDER_WORDS[who]}: ${points.map(words).join("; ") || "no sentence"}`);
    const svg = makeSvg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${target.title} by year. ${label.join(". ")}` });
    for (const mean of [1, 0, -1]) {
      svg.append(
        makeSvg("line", { class: "rule", x1: left - 10, x2: width - right + 10, y1: y(mean), y2: y(mean) }),
        makeSvg("text", { x: left - 14, y: y(mean) + 4, "text-anchor": "end" }, signed(mean, 0)),
      );
    }
    const room = Math.ceil(years.length / 6);
    years.forEach((year, i) => {
      const last = i === years.length - 1;
      if (!last && (i % room || years.length - 1 - i < room / 2)) return;
      svg.append(makeSvg("text", { x: x(year.key), y: height - 6, "text-anchor": "middle" }, String(year.key)));
    });
    for (const [who, points] of Object.entries(series)) {
      svg.append(makeSvg("polyline", { class: `line ${who}`, points: points.map((p) => `${x(p.year)},${y(p.mean)}`).join(" ") }));
      for (const p of points) {
        // Circles for the author and squares for others, so that the two are told apart without the line.
        const place = who === "author" ? { cx: x(p.year), cy: y(p.mean), r: 4 } : { x: x(p.year) - 4, y: y(p.mean) - 4, width: 8, height: 8 };
        svg.append(makeSvg(who === "author" ? "circle" : "rect", { class: who, ...place }, makeSvg("title", {}, `${HOLDER_WORDS[who]}, ${words(p)}`)));
      }
    }
    return make("figure", {}, make("figcaption", {}, target.title), svg);
  }

  const signed = (mean, digits = 2) => `${mean > 0 ? "+" : mean < 0 ? "−" : ""}${Math.abs(mean).toFixed(digits)}`;

  function makeOutlets(outlets) {
    const shown = chosen.allOutlets ? outlets : outlets.slice(0, OUTLETS);
    const unit = Math.max(0.05, ...shown.flatMap((o) => o.counts.flatMap((c) => [...c.author, ...c.other].map((n) => n / (o.sentences || 1)))));
    const head = ["Outlet", "Articles", ...facts.targets.map((t) => t.title)];
    const rows = shown.map((outlet) => {
      const cell = (name, ...children) => make("td", { role: "cell", "data-name": name }, ...children);
      return make(
        "tr",
        { role: "row" },
        make("th", { scope: "row", role: "rowheader" }, outlet.key),
        cell("Articles", String(outlet.articles)),
        ...facts.targets.map((target, k) => cell(target.title, ...makeBars(outlet.counts[k], unit * (outlet.sentences || 1)))),
      );
    });
    const more = make("button", { type: "button", id: "more-outlets" }, `Show all ${outlets.length} outlets`);
    more.addEventListener("click", () => {
      chosen.allOutlets = true;
      const table = makeOutlets(outlets);
      more.parentElement.replaceWith(table);
      // The button goes: the keyboard goes on at the first new outlet.
      const first = table.querySelectorAll("tbody th")[OUTLETS];
      first.tabIndex = -1;
      first.focus();
    });
    return make(
      "div",
      {},
      make(
        "table",
        { role: "table", "aria-label": "By outlet", class: "outlets" },
        make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...head.map((h) => make("th", { scope: "col", role: "columnheader" }, h)))),
        make("tbody", { role: "rowgroup" }, ...rows),
      ),
      ...(shown.length < outlets.length ? [more] : []),
    );
  }

  // ---------------------------------------------------------------- one article

  function openArticle(number) {
    const data = readJson(byId(`article-${number}`));
    const units = data.blocks.flatMap((block) => block.units.map((unit) => ({ ...unit, kind: block.kind })));
    open = { number, data, units, nodes: new Map() };
    chosen.allQuotes = false;
    if (!chosen.targetKept) chosen.target = busiestTarget(lines[number]);
    byId("title").replaceChildren();
    byId("text").replaceChildren(...makeText(data));
    if (!byId("title").hasChildNodes()) byId("title").textContent = titleOf(data);
    byId("about").replaceChildren(...makeAbout(data, lines[number].copy));
    byId("footer").textContent = `Tagged by ${data.model}, carestance ${facts.version}. Text SHA-256 ${data.sha256}.`;
    showTargets();
    showMarks();
  }

  /** The position on which most sentences take a side: shown until the reader chooses one. */
  function busiestTarget(line) {
    const sided = line.counts.map((c) => total([...c.author, ...c.other]));
    return sided.indexOf(Math.max(...sided));
  }

  function makeAbout(data, copy) {
    const doc = data.link ? make("a", { href: data.link, rel: "noopener noreferrer" }, data.doc) : data.doc;
    return [...(sourceOf(data) ? [`${sourceOf(data)} · `] : []), make("span", { class: "doc" }, doc), ...(copy ? [make("span", { class: "repeat" }, ` · ${repeatWords(copy)}`)] : [])];
  }

  /** The article as a reader knows it; comments are set apart. */
  function makeText(data) {
    const parts = [];
    let comments = null;
    let list = null;
    for (const block of data.blocks) {
      const sentences = block.units.flatMap((unit, i) => [...(i ? [" "] : []), makeSentence(unit)]);
      if (block.kind === "title") {
        // The title is a unit as well: it is shown once, at the top.
        byId("title").append(...sentences);
        continue;
      }
      const item = block.kind !== "heading" && block.marker;
      if (block.kind === "comment" && !comments) {
        comments = make("section", { class: "comments", "aria-label": "Readers’ comments" }, make("h2", {}, "Readers’ comments"));
        parts.push(comments);
      } else if (block.kind !== "comment") comments = null;
      const home = comments ?? { append: (node) => parts.push(node) };
      if (!item) {
        list = null;
        home.append(make(block.kind === "heading" ? "h2" : "p", {}, ...sentences));
        continue;
      }
      if (!list || list.dataset.kind !== block.kind) {
        list = make("ul", { "data-kind": block.kind, role: "list" });
        home.append(list);
      }
      list.append(make("li", {}, make("span", { class: "marker" }, block.marker), " ", make("span", {}, ...sentences)));
    }
    return parts;
  }

  function makeSentence(unit) {
    const node = make("span", { "data-unit": unit.unit, tabindex: "-1" }, unit.text);
    node.addEventListener("focus", () => showTip(node, unit));
    node.addEventListener("blur", hideTip);
    node.addEventListener("mouseenter", () => showTip(node, unit));
    node.addEventListener("mouseleave", leaveTip);
    open.nodes.set(unit.unit, node);
    return node;
  }

  function showTargets() {
    const line = lines[open.number];
    const unit = Math.max(1, ...line.counts.flatMap((c) => [...c.author, ...c.other]));
    const options = facts.targets.map((target, k) => {
      const radio = make("input", { type: "radio", name: "target", value: k });
      radio.checked = k === chosen.target;
      radio.addEventListener("change", () => {
        chosen.target = k;
        chosen.targetKept = true;
        chosen.allQuotes = false;
        showMarks();
      });
      const [neutral, , abstain] = line.counts[k].rest;
      const rest = `${neutral} neutral, ${abstain} unsure`;
      return make(
        "label",
        { class: "target" },
        radio,
        make("span", { class: "name" }, target.title),
        ...makeBars(line.counts[k], unit),
        make("span", { class: "quiet rest" }, rest),
      );
    });
    byId("targets").replaceChildren(byId("targets").querySelector("legend"), ...options);
  }

  const decisionOf = (unit) => unit.decisions[chosen.target];
  const probabilityOf = (unit) => unit.probs[chosen.target][unit.labels[chosen.target]];
  const takesSide = (unit) => decisionOf(unit) === FAVOUR || decisionOf(unit) === AGAINST;

  /** Whether the switches let a sentence be marked. Only decisions have a probability to be held to. */
  function isShown(unit) {
    const decision = decisionOf(unit);
    if (decision === UNRELATED || !chosen.sides.has(decision)) return false;
    if (takesSide(unit) && !chosen.holders.has(unit.holder)) return false;
    return decision === ABSTAIN || probabilityOf(unit) * 100 >= chosen.least;
  }

  function showMarks() {
    let marked = 0;
    for (const unit of open.units) {
      const node = open.nodes.get(unit.unit);
      const shown = isShown(unit);
      marked += shown ? 1 : 0;
      const by = takesSide(unit) ? ` by-${unit.holder}` : "";
      node.className = `sentence ${shown ? facts.decisions[decisionOf(unit)] + by : "plain"}`;
      if (shown) node.setAttribute("role", "mark");
      else node.removeAttribute("role");
      // Only what is marked is a stop for the keyboard; a click shows what is known of any other sentence.
      node.tabIndex = shown ? 0 : -1;
    }
    byId("statement").textContent = facts.targets[chosen.target].statement;
    byId("shown").textContent = `${marked} of ${many(open.units.length, "sentence or heading", "sentences and headings")} marked`;
    showQuotes();
  }

  function buildSwitches() {
    const onTick = (id, set, read) =>
      byId(id).addEventListener("change", ({ target }) => {
        if (target.checked) set.add(read(target.value));
        else set.delete(read(target.value));
        showMarks();
      });
    onTick("sides", chosen.sides, Number);
    onTick("holders", chosen.holders, String);
    byId("least").addEventListener("input", ({ target }) => {
      chosen.least = Number(target.value);
      byId("least-value").textContent = `${target.value}%`;
      target.setAttribute("aria-valuetext", `${target.value} per cent`);
      showMarks();
    });
    byId("more").addEventListener("click", () => {
      chosen.allQuotes = true;
      const first = byId("quotes").children.length;
      showQuotes();
      // The button goes: the keyboard goes on at the first new quote.
      byId("quotes").children[first]?.querySelector("a").focus();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hideTip();
    });
    const tip = byId("tip");
    tip.addEventListener("mouseenter", () => clearTimeout(tipTimer));
    tip.addEventListener("mouseleave", leaveTip);
    // The tip of a focused sentence goes with it; one under the pointer has lost its sentence.
    const onScroll = () => {
      if (tipNode && tipNode === document.activeElement) place(tip, tipNode);
      else hideTip();
    };
    addEventListener("scroll", onScroll, { passive: true });
    byId("skip").addEventListener("click", (event) => {
      // Followed as a link it would change what the address says is shown.
      event.preventDefault();
      byId("text").focus();
    });
  }

  // ---------------------------------------------------------------- what is known of a sentence

  let tipTimer = 0;
  let tipNode = null;

  function holderWords(unit) {
    if (unit.holder === "author") return "the author";
    return unit.speaker ? `${unit.speaker} (not the author)` : "somebody other than the author";
  }

  function showTip(node, unit) {
    clearTimeout(tipTimer);
    hideTip();
    const tip = byId("tip");
    const decision = decisionOf(unit);
    const target = facts.targets[chosen.target].title;
    const likeliest = unit.labels[chosen.target];
    const head =
      decision === ABSTAIN
        ? `${target}: unsure; most likely ${SIDE_WORDS[likeliest]}, ${percent(probabilityOf(unit))}`
        : `${target}: ${SIDE_WORDS[decision]}, ${percent(probabilityOf(unit))}`;
    const spread = unit.probs[chosen.target].map((p, label) => `${SIDE_WORDS[label]} ${percent(p)}`);
    tip.replaceChildren(make("strong", {}, head), make("span", {}, spread.join(" · ")));
    if (takesSide(unit)) tip.append(make("span", {}, `Held by ${holderWords(unit)}`));
    tip.hidden = false;
    place(tip, node);
    node.setAttribute("aria-describedby", "tip");
    tipNode = node;
  }

  /** Put the tip under the sentence, or over it where there is no room; it never leaves the window. */
  function place(tip, node) {
    const rects = node.getClientRects();
    const first = rects[0];
    const last = rects[rects.length - 1];
    const below = last.bottom + 6;
    const top = below + tip.offsetHeight > innerHeight ? Math.max(6, first.top - tip.offsetHeight - 6) : below;
    tip.style.top = `${top}px`;
    tip.style.left = `${Math.max(8, Math.min(last.left, document.documentElement.clientWidth - tip.offsetWidth - 8))}px`;
  }

  function hideTip() {
    byId("tip").hidden = true;
    tipNode?.removeAttribute("aria-describedby");
    tipNode = null;
  }

  /** The pointer may go on to the tip itself; a sentence that has the focus keeps its tip. */
  function leaveTip() {
    clearTimeout(tipTimer);
    tipTimer = setTimeout(() => {
      if (tipNode !== document.activeElement) hideTip();
    }, 200);
  }

  // ---------------------------------------------------------------- evidence and citations

  function showQuotes() {
    const quotes = open.units.filter((unit) => takesSide(unit) && isShown(unit)).sort((a, b) => probabilityOf(b) - probabilityOf(a) || a.unit - b.unit);
    const shown = chosen.allQuotes ? quotes : quotes.slice(0, QUOTES);
    byId("quotes").replaceChildren(...shown.map(makeQuote));
    byId("evidence-none").hidden = quotes.length > 0;
    byId("more").hidden = shown.length === quotes.length;
    byId("more").textContent = `Show all ${quotes.length}`;
  }

  function makeQuote(unit) {
    const side = facts.decisions[decisionOf(unit)];
    const kind = unit.kind === "comment" ? " · a reader’s comment" : unit.kind === "body" ? "" : " · heading";
    const link = make("a", { href: `#article=${open.number}&unit=${unit.unit}` }, "Show in the text");
    // A second click on the same address is no change of address.
    link.addEventListener("click", () => location.hash === link.hash && goTo(unit.unit));
    const copy = make("button", { type: "button" }, "Copy as citation");
    copy.addEventListener("click", () => copyText(citation(open.data, unit.text), copy));
    return make(
      "li",
      { class: side },
      make("blockquote", {}, unit.text),
      make("p", { class: "quiet" }, `${capital(SIDE_WORDS[decisionOf(unit)])}, ${percent(probabilityOf(unit))} · held by ${holderWords(unit)}${kind}`),
      make("div", { class: "buttons" }, link, copy),
    );
  }

  /** Quote, title, source, and an address that opens the page at the quote where the source is on the web. */
  function citation(article, text) {
    const quote = text.split(/\s+/).filter(Boolean).join(" ");
    const address = (article.link || article.doc).replace(/#.*$/s, "");
    // A saved file with a known address on the web gets both.
    const doc = article.link && article.link !== article.doc ? `${article.doc}, ` : "";
    const facts = [titleOf(article), sourceOf(article)].filter(Boolean).map((part) => (/[.?!]$/.test(part) ? part : `${part}.`));
    return `“${quote}” ${facts.join(" ")} ${doc}${address}#:~:text=${textFragment(quote)}`;
  }

  /** The quote as a text fragment: whole if it is short, else its first and last words. */
  function textFragment(quote) {
    const words = quote.split(" ");
    // A dash means something in a text fragment, and half a character cannot be encoded.
    const encode = (part) => encodeURIComponent(part.join(" ").replace(/\p{Surrogate}/gu, "\ufffd")).replaceAll("-", "%2D");
    return words.length > LONG_QUOTE ? `${encode(words.slice(0, 5))},${encode(words.slice(-5))}` : encode(words);
  }

  async function copyText(text, button) {
    const plain = "Copy as citation";
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      done = copyBySelection(text, button);
    }
    button.textContent = done ? "Copied" : "Could not copy: the citation is below";
    say(button.textContent);
    setTimeout(() => (button.textContent = plain), 2500);
  }

  /** For browsers that keep the clipboard from local files; the text stays in view if this fails as well. */
  function copyBySelection(text, button) {
    const box = make("textarea", { readonly: "", rows: "4", "aria-label": "Citation" });
    box.value = text;
    button.closest("li").append(box);
    box.select();
    const done = document.execCommand("copy");
    if (done) {
      box.remove();
      button.focus();
    }
    return done;
  }

  // ---------------------------------------------------------------- from table to article and back

  function route() {
    hideTip();
    const address = new URLSearchParams(location.hash.slice(1));
    const asked = address.get("article") ?? (lines.length === 1 ? "0" : "");
    const number = /^\d+$/.test(asked) && Number(asked) < lines.length ? Number(asked) : null;
    const fromList = !byId("list").hidden;
    const before = open;
    if (number === null) {
      open = null;
      showView("list");
      showTable();
      byId("footer").textContent = facts.model ? `Tagged by ${facts.model}, carestance ${facts.version}.` : `carestance ${facts.version}`;
      document.title = "Stance report";
      if (before) {
        scrollTo(0, tableScroll);
        byId("rows").querySelector(`a[href="#article=${before.number}"]`)?.focus({ preventScroll: true });
      }
      return;
    }
    if (fromList) tableScroll = scrollY;
    if (before?.number !== number) {
      showView("reader");
      openArticle(number);
      document.title = `${titleOf(open.data)} – stance report`;
      scrollTo(0, 0);
      // Not on the first showing: the browser has put the reader at the top already.
      if (fromList) byId("title").focus({ preventScroll: true });
    }
    if (address.has("unit")) goTo(Number(address.get("unit")));
  }

  function showView(name) {
    for (const view of ["list", "reader"]) byId(view).hidden = view !== name;
  }

  function goTo(unit) {
    const node = open.nodes.get(unit);
    if (!node) return;
    node.scrollIntoView({ block: "center" });
    node.focus({ preventScroll: true });
  }

  buildTable();
  buildSwitches();
  byId("back").hidden = lines.length < 2;
  addEventListener("hashchange", route);
  route();
})();
