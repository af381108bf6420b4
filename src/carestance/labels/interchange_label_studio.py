"""Articles as Label Studio tasks: one task an article, one region a sentence with a choice for each target and the holder.

Suggestions go in as predictions. A task's ``data.units`` holds the W3C selectors of its sentences, which Label Studio carries through
unchanged. Regions come back counted in code points or, from older versions, in UTF-16 units: both are understood.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from carestance.errors import LabelsError
from carestance.labels.interchange import QUESTIONS, Answer, Quote, SourceText
from carestance.schema import HOLDERS, LABELS, TARGETS

Json = dict[str, Any]
_Spans = dict[tuple[int, int], Json]
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
#: What stands between tasks: the list's start, a comma, or its end; a list may be empty.
_SIGN = re.compile(r"\s*(\[\s*\]\s*$|\[|,|\]\s*$)\s*")
_NAME = re.compile(r"[^a-z0-9]+")


def labeling_config() -> str:
    """The labelling interface of a Label Studio project that takes the tasks."""
    kinds = "".join(f'    <Label value="{kind}"/>\n' for kind in ("heading", "body", "comment"))
    blocks = [f'  <Labels name="unit" toName="text">\n{kinds}  </Labels>\n  <Text name="text" value="$text" granularity="sentence"/>\n']
    for question in QUESTIONS:
        values, required = (HOLDERS, "false") if question == "holder" else (LABELS, "true")
        choices = "".join(f'    <Choice value="{value}"/>\n' for value in values)
        choice = f'<Choices name="{question}" toName="text" perRegion="true" choice="single-radio" required="{required}">'
        blocks.append(f'  <Header value="{question}" size="5"/>\n  {choice}\n{choices}  </Choices>\n')
    return f"<View>\n{''.join(blocks)}</View>\n"


def write_label_studio(articles: Iterable[SourceText], path: Path) -> int:
    """Write tasks, one a line of a JSON list, and the labelling interface next to them (``.xml``); the number of passages is returned."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        separator = "[\n"
        for article in articles:
            stream.write(separator + json.dumps(_task(article), ensure_ascii=False))
            separator = ",\n"
            count += len(article.passages)
        stream.write("[]\n" if separator == "[\n" else "\n]\n")
    path.with_suffix(".xml").write_text(labeling_config(), encoding="utf-8")
    return count


def _task(article: SourceText) -> Json:
    results: list[Json] = []
    for passage in article.passages:
        quote = passage.quote
        region = {"id": passage.id, "to_name": "text"}
        span = {"start": quote.start, "end": quote.end, "text": quote.exact}
        results.append({**region, "from_name": "unit", "type": "labels", "value": {**span, "labels": [passage.kind]}})
        for question, value in passage.labels.items():
            if value:
                choice = {**region, "from_name": question, "type": "choices", "value": {**span, "choices": [value]}}
                score = {"score": passage.probabilities[question]} if question in TARGETS else {}
                results.append({**choice, **score})
    units = [
        {"id": passage.id, "kind": passage.kind, "unsure": list(passage.unsure), "selector": passage.quote.selectors()}
        for passage in article.passages
    ]
    data = {"text": article.text, "doc": article.doc, "title": article.title, "doc_sha256": article.sha256, "units": units}
    least = min((p for passage in article.passages for p in passage.probabilities.values()), default=0.0)
    return {"data": data, "predictions": [{"model_version": article.model, "score": least, "result": results}]}


def read_label_studio(path: Path, annotator: str | None) -> Iterator[Answer]:
    """Read answers from Label Studio's JSON export; tasks that nobody has annotated are left out.

    Parameters
    ----------
    path
        The export.
    annotator
        Name for all annotations; ``None`` for the names or numbers that the export gives. Of several annotations of a task by
        one person the last counts.

    Raises
    ------
    LabelsError
        If the file is no such export or a region is no sentence of its task; the message names file, line and task.
    """
    for place, task in _tasks(path):
        try:
            data = task["data"]
            done: dict[str, list[Json]] = {}
            for annotation in task.get("annotations") or []:
                if not annotation.get("was_cancelled"):
                    done[annotator or _annotator(annotation)] = annotation["result"]
            spans = _spans(data) if done else {}
            for name, results in done.items():
                yield from _answers(place, name, data, spans, results)
        except KeyError as error:
            raise LabelsError(f"{place}: has no {error}; import only what labels export made") from error
        except (TypeError, AttributeError) as error:
            raise LabelsError(f"{place}: no valid task ({error})") from error


def _tasks(path: Path) -> Iterator[tuple[str, Json]]:
    """Tasks with file, line and number, so that a wrong one can be found."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsError(f"{path}: cannot be read ({error})") from error
    decoder, position, line, number = json.JSONDecoder(), 0, 1, 0
    while True:
        match = _SIGN.match(text, position)
        if match is None or match[1].startswith("[") != (number == 0):
            raise LabelsError(f"{path}, line {line}: not a JSON list of tasks")
        line += match.group().count("\n")
        position = match.end()
        if "]" in match[1]:
            return
        try:
            task, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise LabelsError(f"{path}, line {line}: no valid JSON ({error})") from error
        number += 1
        if not isinstance(task, dict):
            raise LabelsError(f"{path}, line {line}: task {number} is no object")
        yield f"{path}, line {line}, task {task.get('id', number)}", task
        line += text.count("\n", position, end)
        position = end


def _annotator(annotation: Mapping[str, Any]) -> str:
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        who = str(who.get("email") or "").partition("@")[0] or who.get("id")
    if isinstance(who, int):
        return f"user_{who}"
    return _NAME.sub("_", str(who or "").lower()).strip("_") or "label_studio"


def _spans(data: Mapping[str, Any]) -> _Spans:
    """Units by where their regions may say they are: in UTF-16 units, and in code points, which count for more."""
    astral = [match.start() for match in _ASTRAL.finditer(data["text"])]
    points: _Spans = {}
    wide: _Spans = {}
    for unit in data["units"]:
        quote = Quote.of_selectors(unit["selector"])
        place = {"unit": unit, "quote": quote}
        points[quote.start, quote.end] = place
        wide[quote.start + bisect_left(astral, quote.start), quote.end + bisect_left(astral, quote.end)] = place
    return wide | points


def _answers(place: str, annotator: str, data: Json, spans: _Spans, results: list[Json]) -> Iterator[Answer]:
    given: dict[str, dict[str, list[str]]] = {}
    found: dict[str, Json] = {}
    for result in results:
        if "value" not in result or "start" not in result["value"]:
            continue
        value = result["value"]
        span = spans.get((int(value["start"]), int(value["end"])))
        if span is None:
            words = str(value.get("text", ""))[:60]
            raise LabelsError(f"{place}: region {value['start']}-{value['end']} ({words!r}) is no sentence of the article")
        name = span["unit"]["id"]
        found[name] = span
        answers = given.setdefault(name, {})
        if result["type"] == "choices":
            answers.setdefault(result["from_name"], []).extend(value["choices"])
    for name, span in found.items():
        yield Answer(place, annotator, data["doc_sha256"], name, span["unit"]["kind"], span["quote"], given[name], data["text"])
