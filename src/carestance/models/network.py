"""The neural sentence-stance network (torch; training and export only).

A pretrained encoder reads a window; every sentence is pooled from its own tokens by attention (one query a
target), and a small head turns the pooled vector into four label scores. The holder of the side has a head of
its own. With a target statement in front of the window one head serves all targets.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedModel


class SharedDropout(nn.Module):
    """Dropout with one mask for all tokens of a sequence (Gal & Ghahramani, 2016).

    Element-wise masks cost a third of a training step on a CPU (the generator is serial); one mask a sequence
    costs nothing and regularises as well.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Drop hidden features of ``x`` of shape (..., tokens, hidden)."""
        if not self.training or self.p == 0:
            return x
        shape = (*x.shape[:-2], 1, x.shape[-1]) if x.dim() > 2 else x.shape
        keep = (torch.rand(shape, device=x.device) >= self.p).to(x.dtype) / (1 - self.p)
        return x * keep


def _replace_dropout(module: nn.Module, p: float) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.Dropout):
            # Attention weights (named plainly "dropout" in a self-attention) stay whole: masks there are the costly ones.
            inside_attention = "SelfAttention" in type(module).__name__
            setattr(module, name, nn.Dropout(0.0) if inside_attention else SharedDropout(p))
        else:
            _replace_dropout(child, p)


class StanceNetwork(nn.Module):
    """Encoder, attention pooling a target, label heads and a holder head.

    Parameters
    ----------
    backbone
        A transformers encoder.
    n_outputs
        Label heads: one a target, or a single one where the target's statement is part of the input.
    dropout
        Rate of :class:`SharedDropout` in the encoder and before the heads.
    """

    def __init__(self, backbone: PreTrainedModel, n_outputs: int, dropout: float = 0.1) -> None:
        super().__init__()
        hidden = int(backbone.config.hidden_size)
        self.backbone = backbone
        _replace_dropout(self.backbone, dropout)
        self.n_outputs = n_outputs
        self.query = nn.Linear(hidden, n_outputs + 1)
        self.drop = nn.Dropout(dropout)
        self.dense = nn.Linear(hidden, hidden)
        self.heads = nn.Parameter(torch.randn(n_outputs, hidden, 4) * 0.02)
        self.bias = nn.Parameter(torch.zeros(n_outputs, 4))
        self.holder = nn.Linear(hidden, 2)

    @classmethod
    def from_pretrained(cls, path: str, n_outputs: int, dropout: float = 0.1) -> StanceNetwork:
        """Load the encoder from a hub name or a folder; the heads start anew."""
        config = AutoConfig.from_pretrained(path)
        backbone = AutoModel.from_pretrained(path, config=config, dtype=torch.float32)
        if getattr(backbone, "pooler", None) is not None:
            backbone.pooler = None
        return cls(backbone, n_outputs, dropout)

    def forward(self, ids: Tensor, mask: Tensor, spans: Tensor) -> tuple[Tensor, Tensor]:
        """Score the sentences of a batch of windows.

        Parameters
        ----------
        ids, mask
            Shape (windows, tokens).
        spans
            Shape (windows, sentences, tokens), 1 where a token belongs to the sentence.

        Returns
        -------
        labels : Tensor of shape (windows, sentences, n_outputs, 4)
        holder : Tensor of shape (windows, sentences, 2)
        """
        states = self.backbone(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        scores = self.query(states)
        weights = torch.exp(scores - scores.amax(dim=1, keepdim=True).detach())
        # (windows, outputs + 1, sentences, tokens): attention within the sentence's own tokens.
        attention = spans.unsqueeze(1) * weights.transpose(1, 2).unsqueeze(2)
        attention = attention / attention.sum(-1, keepdim=True).clamp_min(1e-9)
        pooled = attention @ states.unsqueeze(1)
        hidden = self.drop(torch.nn.functional.gelu(self.dense(self.drop(pooled))))
        labels = torch.einsum("bosh,ohk->bsok", hidden[:, : self.n_outputs], self.heads) + self.bias
        return labels, self.holder(hidden[:, -1])
