"""Model cards, rendered from a template (Mitchell et al., 2019)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from carestance.labels.store import LabelSet
from carestance.models.calibration import OTHER_PRECISION, SIDE_PRECISION, Decision
from carestance.models.store import CARD
from carestance.schema import LABELS, TARGETS
from carestance.training.data import LabelledArticle

if TYPE_CHECKING:
    from carestance.training.train import TrainConfig

_TEMPLATE = """\
# {{ name }}: stance of sentences on who should run children's services

{{ what }}

**Use.** Tagging British articles, sentence by sentence, for reading and for counting over many articles. **Not for** judging
people, single sentences without a reader, other countries or other subjects.

**Labels.** For each of {{ targets | join(", ") }}: {{ labels | join(", ") }}; or `abstain`.

## Training data
{% for row in data -%}
- {{ row }}
{% endfor %}
The labels come from language models of one family that followed the project's codebook; the texts of the authored corpus, their people
and figures are invented. See the data statement, `labels/README.md`.

## Scores on the development split
{% if scores -%}
Authored texts by writers that are not in the training split, body sentences only, all of them decided. The same split chose calibration
and thresholds, so calibration looks somewhat better here than on new articles.

| score | value |
|---|---|
{% for key, value in scores.items() -%}
| {{ key }} | {{ "%.3f" | format(value) }} |
{% endfor -%}
{% else -%}
There was no development split: probabilities are as trained, nothing abstains.
{% endif %}
## Calibration and abstention
Scores are divided by a temperature a target, fitted on the development split. A decision is the most probable label, or `abstain` where
its probability is below the threshold: for favour and against the lowest one at which {{ side }} of the decided sides are right there,
for neutral and unrelated {{ other }}.

| target | temperature | {% for l in labels %}{{ l }} | {% endfor %}
|---|---|---|---|---|---|
{% for t in targets -%}
| {{ t }} | {{ "%.2f" | format(decision.temperature.get(t, 1.0)) }} |
{%- for l in labels %} {{ "%.2f" | format(decision.threshold(t, l)) }} |{% endfor %}
{% endfor %}
## Limits
Irony, sides carried only by what stands before, and opposite sides on two targets in one sentence are where it errs most. A label is about
the sentence, not about its truth, and not about the outlet.

## How it was made
{% if note -%}
{{ note }}

{% endif -%}
`carestance train` with this configuration:

```
{{ config }}
```
"""

_WHAT = {
    "tfidf": "A linear baseline: hashed TF-IDF of words and characters of the sentence alone, a linear support vector machine a target.",
    "encoder": "A pretrained encoder that reads windows of the whole article once and labels each sentence from its own tokens, "
    "for all targets together.",
}


def render_card(
    folder: Path,
    name: str,
    config: TrainConfig,
    used: Sequence[LabelSet],
    articles: Sequence[LabelledArticle],
    dev: Sequence[LabelledArticle],
    decision: Decision,
    scores: dict[str, float],
) -> None:
    """Write a model's card into its folder."""
    template = jinja2.Environment(autoescape=False, keep_trailing_newline=True, undefined=jinja2.StrictUndefined).from_string(_TEMPLATE)
    text = template.render(
        name=name,
        what=_WHAT[config.kind],
        targets=TARGETS,
        labels=LABELS,
        data=[_described(s, articles) for s in used],
        scores=scores,
        side=f"{SIDE_PRECISION:.0%}",
        other=f"{OTHER_PRECISION:.0%}",
        decision=decision,
        note=config.note,
        config=config.model_dump_json(indent=1, exclude_none=True, exclude={"note"}),
    )
    (folder / CARD).write_text(text, encoding="utf-8")


def _described(label_set: LabelSet, articles: Sequence[LabelledArticle]) -> str:
    names: Any = set(label_set.texts)
    own = [a for a in articles if a.id in names]
    counts = {t: Counter(LABELS[int(v)] for a in own for v in a.labels[a.body][:, i]) for i, t in enumerate(TARGETS)}
    figures = "; ".join(f"{t} " + "/".join(str(c[label]) for label in LABELS) for t, c in counts.items())
    return f"`{label_set.name}`: {len(own)} articles; body sentences by label ({'/'.join(LABELS)}): {figures}"
