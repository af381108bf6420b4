"""Encoders at tagging time: ONNX Runtime and a tokenizer, no torch.

Each window of an article is encoded once, for all targets, and by itself, so that no article's tags depend on what else
is tagged with it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from carestance.errors import ModelError
from carestance.models.calibration import Decision
from carestance.models.protocol import Document, FloatArray, Prediction, softmax
from carestance.models.windows import SentenceTokenizer, Window, WindowSpec, build_windows, pad_batch
from carestance.schema import HOLDERS, LABELS

GRAPH = "model.onnx"
TOKENIZER = "tokenizer.json"


class OnnxModel:
    """An encoder with label heads, run by ONNX Runtime.

    Parameters
    ----------
    session
        ONNX Runtime session of the graph.
    tokens
        The tokenizer.
    spec
        How articles are cut into windows.
    targets
        Names along the target axis.
    decision
        Calibration and thresholds.
    """

    def __init__(self, session: Any, tokens: SentenceTokenizer, spec: WindowSpec, targets: tuple[str, ...], decision: Decision) -> None:
        self._session = session
        self._tokens = tokens
        self._spec = spec
        self._targets = targets
        self.decision = decision

    @classmethod
    def load(cls, folder: Path, manifest: Any, decision: Decision, threads: int | None = None) -> OnnxModel:
        """Load a verified folder.

        Raises
        ------
        ModelError
            If graph, tokenizer or options cannot be read.
        """
        try:
            spec = WindowSpec(**manifest.options["window"])
        except (KeyError, TypeError) as error:
            raise ModelError(f"{folder}: the manifest does not say how articles are cut into windows") from error
        return cls.open(folder, spec, manifest.targets, decision, threads)

    @classmethod
    def open(cls, folder: Path, spec: WindowSpec, targets: tuple[str, ...], decision: Decision, threads: int | None = None) -> OnnxModel:
        """Open graph and tokenizer of a folder.

        Raises
        ------
        ModelError
            If they cannot be read or do not fit the targets.
        """
        import onnxruntime

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(folder / GRAPH, options, providers=["CPUExecutionProvider"])
            tokens = SentenceTokenizer(Tokenizer.from_file(str(folder / TOKENIZER)))
        except Exception as error:  # the runtime and the tokenizer raise types of their own
            raise ModelError(f"{folder}: the encoder cannot be loaded ({type(error).__name__}: {str(error)[:200]})") from error
        outputs = session.get_outputs()
        if len(outputs) != 2 or list(outputs[0].shape[-2:]) != [len(targets), len(LABELS)]:
            raise ModelError(f"{folder}: the graph does not give {len(LABELS)} labels for {len(targets)} targets")
        return cls(session, tokens, spec, targets, decision)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the targets."""
        return self._targets

    def windows(self, document: Document) -> list[Window]:
        """Windows over one document."""
        encoded = self._tokens.encode([document.title, *document.sentences])
        return build_windows(encoded[1:], encoded[0], self._tokens, self._spec)

    def scores(self, documents: Sequence[Document]) -> list[tuple[FloatArray, FloatArray]]:
        """Raw label scores and P(other) of each document's units."""
        sums = [np.zeros((len(d.sentences), len(self._targets), len(LABELS))) for d in documents]
        holders = [np.zeros((len(d.sentences), len(HOLDERS))) for d in documents]
        weights = [np.zeros(len(d.sentences)) for d in documents]
        for d, document in enumerate(documents):
            for window in self.windows(document):
                labels, holder = self._run(window)
                for column, (unit, start, end) in enumerate(window.spans):
                    # A sentence cut into several windows counts each part by its length.
                    sums[d][unit] += (end - start) * labels[column]
                    holders[d][unit] += (end - start) * holder[column]
                    weights[d][unit] += end - start
        other = HOLDERS.index("other")
        result = []
        for label_sum, holder_sum, weight in zip(sums, holders, weights, strict=True):
            divisor = np.maximum(weight, 1.0)
            result.append((label_sum / divisor[:, None, None], softmax(holder_sum / divisor[:, None])[:, other]))
        return result

    def _run(self, window: Window) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Run one window by itself.

        Dynamic 8-bit multiplication scales by the largest value in a run: windows that share one would change each other's
        answer. A full window keeps the cores busy alone.
        """
        ids, mask, spans = pad_batch([window], self._tokens.pad_id)
        labels, holder = self._session.run(None, {"ids": ids, "mask": mask, "spans": spans})
        return labels[0], holder[0]

    def predict(self, documents: Sequence[Document]) -> list[Prediction]:
        """Label each document's units."""
        return [Prediction(self.decision.calibrate(scores, self._targets), other) for scores, other in self.scores(documents)]
