"""Training an encoder model: network, seeds, averaging, export."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from carestance.errors import MissingExtraError, ModelError, OptionError
from carestance.labels.store import LabelSet
from carestance.models.calibration import Decision
from carestance.models.shipped import find_model
from carestance.models.store import FolderWriter, Manifest, sha256_of
from carestance.models.windows import SentenceTokenizer, WindowSpec, build_windows
from carestance.schema import HOLDERS, TARGETS
from carestance.training.card import render_card
from carestance.training.data import LabelledArticle, gold_hash

if TYPE_CHECKING:
    from carestance.models.network import StanceNetwork
    from carestance.training.loop import Example
    from carestance.training.train import EncoderConfig, TrainConfig

#: Share of windows that are shown without their title, so that untitled texts are no surprise.
_UNTITLED = 0.1
#: First windows of an article end after a random number of sentences up to this.
_FIRST = 9


def require_torch() -> None:
    """Check that the training extra is there.

    Raises
    ------
    MissingExtraError
        If torch or transformers cannot be imported.
    """
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in ("torch", "transformers", "safetensors")):
        raise MissingExtraError("train", "training an encoder")


def find_encoder(name: str, sha256: str | None) -> str:
    """Resolve an encoder's folder or hub name and check its weights.

    Raises
    ------
    ModelError
        If a folder's ``model.safetensors`` is missing or is not the one the hash names.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        return name
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ModelError(f"{folder}: holds no model.safetensors")
    if sha256 is not None and sha256_of(weights) != sha256:
        raise ModelError(f"{weights}: is not the file named by the configuration (its sha256 differs); fetch the encoder again")
    return str(folder)


def load_tokenizer(encoder: str) -> SentenceTokenizer:
    """Load the fast tokenizer of an encoder from its folder or the hub."""
    from tokenizers import Tokenizer

    path = Path(encoder) / "tokenizer.json"
    return SentenceTokenizer(Tokenizer.from_file(str(path)) if path.is_file() else Tokenizer.from_pretrained(encoder))


class ArticleWindows:
    """Makes an epoch's training windows of labelled articles.

    Parameters
    ----------
    articles
        The articles.
    tokens
        The encoder's tokenizer.
    spec
        How articles are cut.
    """

    def __init__(self, articles: Sequence[LabelledArticle], tokens: SentenceTokenizer, spec: WindowSpec) -> None:
        self._articles = articles
        self._tokens = tokens
        self._spec = spec
        self._encoded = [tokens.encode([a.document.title, *a.document.sentences]) for a in articles]

    def __call__(self, rng: random.Random) -> list[Example]:
        """Windows over every article; starts and titles vary with the generator."""
        from carestance.training.loop import Example

        examples = []
        for article, encoded in zip(self._articles, self._encoded, strict=True):
            title = [] if rng.random() < _UNTITLED else encoded[0]
            for window in build_windows(encoded[1:], title, self._tokens, self._spec, first=rng.randint(1, _FIRST)):
                units = [unit for unit, _, _ in window.spans]
                examples.append(Example(window, article.labels[units], article.soft[units], article.holders[units]))
        return examples


class OutsideWindows:
    """Makes an epoch's windows of outside stance data: the statement in front, one output."""

    def __init__(self, folder: Path, tokens: SentenceTokenizer, spec: WindowSpec) -> None:
        from carestance.training.outside import read_outside

        self._data = read_outside(folder)
        self._tokens = tokens
        self._spec = WindowSpec(spec.max_tokens, 0, title=False)

    def __call__(self, rng: random.Random) -> list[Example]:
        """Windows over every statement, packed anew."""
        from carestance.training.loop import Example
        from carestance.training.outside import stance_windows

        examples = []
        for packed in stance_windows(self._data, rng):
            encoded = self._tokens.encode([packed.statement, *packed.sentences])
            for window in build_windows(encoded[1:], [], self._tokens, self._spec, statement=encoded[0][:80]):
                units = [unit for unit, _, _ in window.spans]
                labels = np.array(packed.labels)[units][:, None]
                soft = np.eye(4)[labels]
                examples.append(Example(window, labels, soft, np.full(len(units), -1)))
        return examples


def train_network(
    options: EncoderConfig,
    seed: int,
    articles: Sequence[LabelledArticle],
    *,
    outside: Path | None = None,
    checkpoint: Path | None = None,
    log: Any = None,
) -> tuple[StanceNetwork, SentenceTokenizer]:
    """Train one network.

    Parameters
    ----------
    options
        The configuration.
    seed
        Of initialisation, order and windows.
    articles
        Training articles.
    outside
        Folder of outside stance data, needed where the configuration uses it.
    checkpoint
        File to save to after each epoch and to go on from.
    log
        Called with a line of text after each epoch.

    Raises
    ------
    MissingExtraError, ModelError, OptionError
        If environment, encoder or outside data are not there.
    """
    require_torch()
    import torch

    from carestance.models.network import StanceNetwork
    from carestance.training.loop import LoopOptions, class_weights, run
    from carestance.training.warm_start import warm_start

    def say(text: str) -> None:
        (log or (lambda line: print(line, file=sys.stderr)))(text)

    torch.manual_seed(seed)
    name = find_encoder(options.encoder, options.sha256)
    tokens = load_tokenizer(name)
    spec = WindowSpec(options.max_tokens, options.context_sentences)
    loop = LoopOptions(
        epochs=options.epochs,
        learning_rate=options.learning_rate,
        head_learning_rate=options.head_learning_rate,
        layer_decay=options.layer_decay,
        tokens_per_step=options.tokens_per_step,
        polarity_weight=options.polarity_weight,
        seed=seed,
    )
    network = StanceNetwork.from_pretrained(name, len(TARGETS), options.dropout)
    if options.start_from is not None:
        warm_start(network, find_model(options.start_from))
    if options.outside_epochs:
        if outside is None:
            raise OptionError("the configuration trains on outside stance data: name its folder with --outside")
        first = StanceNetwork.from_pretrained(name, 1, options.dropout)
        outside_loop = replace(loop, epochs=options.outside_epochs, polarity_weight=0.0)
        saved = checkpoint.with_name("outside-" + checkpoint.name) if checkpoint else None
        run(
            first,
            OutsideWindows(outside, tokens, spec),
            torch.ones(1, 4),
            tokens.pad_id,
            outside_loop,
            checkpoint=saved,
            on_epoch=lambda epoch, loss: say(f"outside data, epoch {epoch + 1}: loss {loss:.3f}"),
        )
        network.backbone.load_state_dict(first.backbone.state_dict())
    labels = np.concatenate([a.labels for a in articles])
    run(
        network,
        ArticleWindows(articles, tokens, spec),
        class_weights(labels, options.class_weight_power),
        tokens.pad_id,
        loop,
        checkpoint=checkpoint,
        on_epoch=lambda epoch, loss: say(f"seed {seed}, epoch {epoch + 1} of {options.epochs}: loss {loss:.3f}"),
    )
    return network, tokens


def train_encoder(
    config: TrainConfig,
    articles: Sequence[LabelledArticle],
    dev: Sequence[LabelledArticle],
    used: Sequence[LabelSet],
    output: Path,
    outside: Path | None,
    checkpoints: Path,
    encoder: str | None = None,
) -> Manifest:
    """Train, export, calibrate and write an encoder model's folder.

    With several seeds the one with the best F-avg on the development split is exported. ``encoder`` names a copy of the configured
    encoder on this machine; the card keeps the configuration's own name.
    """
    from carestance.models.onnx import GRAPH, TOKENIZER, OnnxModel
    from carestance.training.export import export_onnx
    from carestance.training.train import calibrate

    options = config.encoder
    if options is None:
        raise OptionError('kind = "encoder" needs an [encoder] table')
    if encoder is not None:
        options = options.model_copy(update={"encoder": encoder})
    spec = WindowSpec(options.max_tokens, options.context_sentences)
    candidates: list[tuple[float, Manifest]] = []
    for seed in options.seeds:
        checkpoint = checkpoints / f"seed{seed}.safetensors"
        network, tokens = train_network(options, seed, articles, outside=outside, checkpoint=checkpoint)
        with FolderWriter(output) as folder:
            export_onnx(network, folder.staging / GRAPH, quantise=options.quantise)
            tokens.save(folder.staging / TOKENIZER)
            blank = Decision(temperature={}, bias={}, thresholds={})
            model = OnnxModel.open(folder.staging, spec, TARGETS, blank)
            decision, scores = calibrate(model, lambda d, m=model: m.scores([d])[0][0], dev)
            if candidates and scores.get("dev_f_avg", 0.0) <= candidates[-1][0]:
                continue
            render_card(folder.staging, output.name, config, used, articles, dev, decision, scores)
            manifest = folder.finish(
                kind="onnx",
                decision=decision,
                targets=TARGETS,
                data_sha256=gold_hash(used),
                options={"window": asdict(spec), "holders": list(HOLDERS)},
                scores=scores,
            )
        candidates.append((scores.get("dev_f_avg", 0.0), manifest))
    return candidates[-1][1]
