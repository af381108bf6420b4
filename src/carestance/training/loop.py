"""The training loop of encoders (torch): windows in, a network out; resumable and deterministic given a seed.

AdamW with layer-wise learning rates (Howard & Ruder, 2018), linear warm-up and decay, bf16 autocast; cross-entropy
weighted by a power of the inverse label frequency, with auxiliary losses for the direction of sides and for the holder.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from carestance.models.network import StanceNetwork
from carestance.models.windows import Window, pad_batch
from carestance.schema import LABELS

FAVOUR, AGAINST = LABELS.index("favour"), LABELS.index("against")
WARM_UP = 0.06
_LAYER = re.compile(r"layer\.(\d+)\.")


@dataclass(frozen=True, slots=True)
class Example:
    """One window with the labels of its scored sentences.

    Attributes
    ----------
    window
        Token ids and spans.
    labels
        Shape (spans, outputs): label indices; they pick the loss weight.
    soft
        Shape (spans, outputs, 4): what the network should answer.
    holders
        Shape (spans,); ``-1`` where there is none.
    """

    window: Window
    labels: np.ndarray
    soft: np.ndarray
    holders: np.ndarray


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """How to train; see :class:`carestance.training.train.EncoderConfig`."""

    epochs: int
    learning_rate: float
    head_learning_rate: float
    layer_decay: float
    tokens_per_step: int
    polarity_weight: float = 0.0
    holder_weight: float = 0.2
    weight_decay: float = 0.01
    seed: int = 0


def batches(examples: Sequence[Example], tokens: int, rng: random.Random | None) -> list[list[int]]:
    """Group windows of like length; shuffled where a generator is given."""
    order = list(range(len(examples)))
    if rng is None:
        order.sort(key=lambda i: len(examples[i].window.ids))
    else:
        rng.shuffle(order)
        pools = [sorted(order[k : k + 64], key=lambda i: len(examples[i].window.ids)) for k in range(0, len(order), 64)]
        order = [i for pool in pools for i in pool]
    groups: list[list[int]] = []
    longest = 0
    for i in order:
        longest = max(longest, len(examples[i].window.ids))
        if groups and longest * (len(groups[-1]) + 1) <= tokens:
            groups[-1].append(i)
        else:
            groups.append([i])
            longest = len(examples[i].window.ids)
    if rng is not None:
        rng.shuffle(groups)
    return groups


def _tensors(examples: Sequence[Example], pad_id: int) -> tuple[Tensor, ...]:
    ids, mask, spans = pad_batch([e.window for e in examples], pad_id)
    labels = np.full((len(examples), spans.shape[1], examples[0].labels.shape[1]), -1)
    soft = np.zeros((*labels.shape, 4), dtype=np.float32)
    holders = np.full((len(examples), spans.shape[1]), -1)
    for row, example in enumerate(examples):
        labels[row, : len(example.labels)] = example.labels
        soft[row, : len(example.soft)] = example.soft
        holders[row, : len(example.holders)] = example.holders
    return tuple(torch.from_numpy(a) for a in (ids, mask, spans, labels, soft, holders))


def _optimiser(network: StanceNetwork, options: LoopOptions) -> torch.optim.Optimizer:
    """Lower layers learn slower; word embeddings stay as they are."""
    n_layers = int(network.backbone.config.num_hidden_layers)
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if "word_embeddings" in name:
            parameter.requires_grad = False
            continue
        found = _LAYER.search(name)
        depth = n_layers - 1 - int(found[1]) if found else n_layers
        rate = options.learning_rate * options.layer_decay**depth if name.startswith("backbone") else options.head_learning_rate
        decay = 0.0 if parameter.dim() == 1 else options.weight_decay
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": p, "lr": rate, "weight_decay": decay, "peak": rate} for (rate, decay), p in groups.items()], fused=True
    )


def _schedule(optimiser: torch.optim.Optimizer, step: int, total: int) -> None:
    warm = max(1, int(WARM_UP * total))
    factor = (step + 1) / warm if step < warm else max(0.02, 1 - (step - warm) / max(1, total - warm))
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * factor


def _loss(network: StanceNetwork, tensors: tuple[Tensor, ...], weights: Tensor, options: LoopOptions) -> Tensor:
    ids, mask, spans, labels, soft, holders = tensors
    with torch.autocast("cpu", torch.bfloat16):
        scores, holder_scores = network(ids, mask, spans)
    known = labels >= 0
    losses = -(soft * scores.float().log_softmax(-1)).sum(-1)
    index = labels.clamp_min(0)
    weighted = losses * torch.take_along_dim(weights.expand(*labels.shape, 4), index.unsqueeze(-1), -1).squeeze(-1) * known
    loss = weighted.sum() / known.sum().clamp_min(1)
    if options.polarity_weight:
        loss = loss + options.polarity_weight * _polarity_loss(scores.float(), labels)
    if (holders >= 0).any():
        loss = loss + options.holder_weight * torch.nn.functional.cross_entropy(holder_scores.float()[holders >= 0], holders[holders >= 0])
    return loss


def _polarity_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """Favour against against, on the units that take a side: what the network learns last, after topics."""
    sides = (labels == FAVOUR) | (labels == AGAINST)
    if not sides.any():
        return scores.sum() * 0.0
    return torch.nn.functional.cross_entropy(scores[sides][:, [FAVOUR, AGAINST]], (labels[sides] == AGAINST).long())


def class_weights(labels: np.ndarray, power: float) -> Tensor:
    """Inverse label frequency to a power, mean 1 over the data; shape (outputs, 4)."""
    counts = np.stack([np.bincount(column[column >= 0], minlength=4) for column in labels.T]).astype(float) + 1.0
    weights = (counts.sum(1, keepdims=True) / counts) ** power
    weights /= (weights * counts).sum(1, keepdims=True) / counts.sum(1, keepdims=True)
    return torch.tensor(weights, dtype=torch.float32)


def run(
    network: StanceNetwork,
    make_examples: Callable[[random.Random], list[Example]],
    weights: Tensor,
    pad_id: int,
    options: LoopOptions,
    *,
    checkpoint: Path | None = None,
    on_epoch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> None:
    """Train a network in place.

    Parameters
    ----------
    network
        The network.
    make_examples
        Makes an epoch's windows; they differ from epoch to epoch.
    weights
        Loss weight a label, shape (outputs, 4).
    pad_id
        Padding token.
    options
        How to train.
    checkpoint
        Safetensors file saved after each epoch (its name plus ``.epoch`` holds the number); where it exists, training goes on from it
        with a fresh optimiser.
    on_epoch
        Called with epoch and mean loss.
    """
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    optimiser = _optimiser(network, options)
    done = _resume(network, checkpoint)
    per_epoch = len(batches(make_examples(random.Random(options.seed)), options.tokens_per_step, random.Random(options.seed)))
    for epoch in range(options.epochs):
        examples = make_examples(rng)
        groups = batches(examples, options.tokens_per_step, rng)
        if epoch < done:
            continue
        network.train()
        total = 0.0
        for n, group in enumerate(groups):
            _schedule(optimiser, epoch * per_epoch + n, options.epochs * per_epoch)
            loss = _loss(network, _tensors([examples[i] for i in group], pad_id), weights, options)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            total += float(loss.detach())
        _save(network, checkpoint, epoch + 1)
        on_epoch(epoch, total / max(1, len(groups)))


def _resume(network: StanceNetwork, checkpoint: Path | None) -> int:
    if checkpoint is None or not checkpoint.is_file():
        return 0
    from safetensors.torch import load_file

    network.load_state_dict(load_file(checkpoint))
    return int(checkpoint.with_name(checkpoint.name + ".epoch").read_text())


def _save(network: StanceNetwork, checkpoint: Path | None, epoch: int) -> None:
    if checkpoint is None:
        return
    from safetensors.torch import save_file

    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, checkpoint)
    checkpoint.with_name(checkpoint.name + ".epoch").write_text(str(epoch))
