"""From a trained network to an ONNX graph with dynamic axes, 8-bit where that is asked for."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any, Literal

import torch

from carestance.models.network import StanceNetwork
from carestance.training.quantise import quantise as quantise_graph

#: Hosts of git repositories refuse files of 100 MB; weights are cut into parts below this.
PART_BYTES = 60_000_000
#: Smaller tensors stay in the graph.
SMALL_TENSOR_BYTES = 4096


def export_onnx(network: StanceNetwork, path: Path, *, quantise: Literal["int8", "none"] = "int8") -> None:
    """Write a network as an ONNX graph with inputs ``ids``, ``mask``, ``spans`` and outputs ``labels``, ``holder``.

    Parameters
    ----------
    network
        The trained network.
    path
        File to write.
    quantise
        ``"int8"`` stores and multiplies the weights of linear layers in 8 bits (:mod:`carestance.training.quantise`).
    """
    network.eval()
    rows, tokens, sentences = torch.export.Dim("rows"), torch.export.Dim("tokens"), torch.export.Dim("sentences")
    ids = torch.ones(2, 24, dtype=torch.int64)
    spans = torch.zeros(2, 3, 24)
    spans[:, 0, 1:8] = spans[:, 1, 8:16] = spans[:, 2, 16:24] = 1.0
    shapes = {"ids": {0: rows, 1: tokens}, "mask": {0: rows, 1: tokens}, "spans": {0: rows, 1: sentences, 2: tokens}}
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = Path(scratch) / "plain.onnx"
        program = torch.onnx.export(
            network,
            (ids, torch.ones_like(ids), spans),
            dynamo=True,
            input_names=["ids", "mask", "spans"],
            output_names=["labels", "holder"],
            dynamic_shapes=shapes,
            verbose=False,
        )
        program.save(plain)
        quantised = Path(scratch) / "quantised.onnx"
        if quantise == "int8":
            quantise_graph(plain, quantised)
        _write_parts(quantised if quantise == "int8" else plain, path)


def _strip_notes(model: Any) -> None:
    """Remove what the exporter notes of the code it ran, with the paths of this machine."""
    graph = model.graph
    del model.metadata_props[:]
    for part in (graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer, *model.functions):
        part.ClearField("doc_string")
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]


def _write_parts(source: Path, target: Path) -> None:
    """Write a graph; where its weights pass :data:`PART_BYTES` they go into numbered files beside it."""
    import onnx
    from onnx.external_data_helper import set_external_data

    model = onnx.load(source)
    _strip_notes(model)
    large = [t for t in model.graph.initializer if t.HasField("raw_data") and len(t.raw_data) > SMALL_TENSOR_BYTES]
    if sum(len(t.raw_data) for t in large) <= PART_BYTES:
        onnx.save(model, target)
        return
    part, filled = 1, 0
    for tensor in large:
        size = len(tensor.raw_data)
        if filled + size > PART_BYTES:
            part, filled = part + 1, 0
        set_external_data(tensor, location=f"weights-{part}.bin")
        filled += size
    onnx.save(model, target)
