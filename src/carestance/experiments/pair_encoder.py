"""An encoder that reads target and text as one input, for the outside benchmarks (torch)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from carestance.errors import MissingExtraError
from carestance.experiments.cells import CellSkippedError
from carestance.experiments.metrics import IntArray
from carestance.experiments.spec import PairEncoder

if TYPE_CHECKING:
    from carestance.experiments.benchmarks import Rows

_WARM_UP = 0.1
_WEIGHT_DECAY = 0.01
_TEST_BATCH = 64


def train_and_predict(options: PairEncoder, folder: Path, seed: int, train: Rows, test: Rows, n_labels: int) -> IntArray:
    """Fine-tune an encoder on the training rows and label the test rows.

    Parameters
    ----------
    options
        How to train.
    folder
        The encoder.
    seed
        Of the new head, the order and the dropout.
    train, test
        Rows of all targets together.
    n_labels
        Number of labels.

    Raises
    ------
    CellSkippedError
        If torch or transformers are not here.
    """
    from carestance.training.encoder import require_torch

    try:
        require_torch()
    except MissingExtraError as error:
        raise CellSkippedError(str(error)) from error
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=n_labels, dtype=torch.float32)
    encoded = [tokenizer(list(r.target), list(r.context), truncation=True, max_length=options.max_tokens) for r in (train, test)]
    _train(network, tokenizer, encoded[0], train.label, options, seed)
    network.eval()
    scores = np.zeros((len(test.label), n_labels))
    order = sorted(range(len(test.label)), key=lambda i: len(encoded[1]["input_ids"][i]))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), _TEST_BATCH):
            chosen = order[start : start + _TEST_BATCH]
            scores[chosen] = network(**_batch(tokenizer, encoded[1], chosen)).logits.float().numpy()
    labels: IntArray = scores.argmax(-1)
    return labels


def _batch(tokenizer: Any, encoded: Any, chosen: list[int]) -> Any:
    return tokenizer.pad({name: [values[i] for i in chosen] for name, values in encoded.items()}, return_tensors="pt")


def _train(network: Any, tokenizer: Any, encoded: Any, labels: IntArray, options: PairEncoder, seed: int) -> None:
    """AdamW with linear warm-up and decay; batches hold texts of like length."""
    import torch

    rng = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.learning_rate, weight_decay=_WEIGHT_DECAY, fused=True)
    per_epoch = -(-len(labels) // options.batch)
    total = per_epoch * options.epochs
    warm = max(1, int(_WARM_UP * total))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: (s + 1) / warm if s < warm else max(0.0, (total - s) / (total - warm))
    )
    lengths = np.array([len(x) for x in encoded["input_ids"]])
    network.train()
    for _ in range(options.epochs):
        # Noise on the lengths keeps batches of like length from being the same ones each epoch.
        order = np.argsort(lengths + rng.uniform(-8, 8, len(lengths)))
        for number in rng.permutation(per_epoch):
            chosen = order[number * options.batch : (number + 1) * options.batch].tolist()
            with torch.autocast("cpu", torch.bfloat16):
                scores = network(**_batch(tokenizer, encoded, chosen)).logits
            loss = torch.nn.functional.cross_entropy(scores.float(), torch.from_numpy(labels[chosen]))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            schedule.step()
