"""Weights of a shipped model, back in a network: training goes on from there instead of from the bare encoder.

An ONNX graph in 8 bits holds every weight as integers with one scale a channel; what is read back differs from the trained weights by
rounding (about half a percent), which further training mends.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from carestance.errors import ModelError
from carestance.models.store import read_manifest

if TYPE_CHECKING:
    from carestance.models.network import StanceNetwork

_GRAPH = "model.onnx"
Weights = dict[str, npt.NDArray[np.float32]]


def read_weights(folder: Path) -> Weights:
    """Read a model folder's weights by the names they have in the network.

    Parameters
    ----------
    folder
        A model folder of kind ``onnx``.

    Raises
    ------
    ModelError
        If it is damaged or of another kind.
    """
    import onnx
    from onnx import numpy_helper

    manifest = read_manifest(folder)
    if manifest.kind != "onnx":
        raise ModelError(f"{folder}: only an encoder model can be trained further; this is {manifest.kind}")
    graph = onnx.load(folder / _GRAPH).graph
    stored = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    weights: Weights = {name: a for name, a in stored.items() if a.dtype == np.float32 and not name.endswith("_scale")}
    for name, array in stored.items():
        if name.endswith("_quantized"):
            base = name.removesuffix("_quantized")
            weights[base] = _dequantise(array, stored[f"{base}_scale"], stored[f"{base}_zero_point"])
    return weights | _linear_weights(graph, weights)


def _dequantise(array: npt.NDArray[Any], scale: npt.NDArray[np.float32], zero: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    result: npt.NDArray[np.float32] = (array.astype(np.float32) - zero.astype(np.float32)) * scale
    return result


def _linear_weights(graph: Any, weights: Weights) -> Weights:
    """Names of the multiplied matrices: the exporter drops them, but each is followed by the addition of its named bias."""
    readers: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    found: Weights = {}
    for node in graph.node:
        if node.op_type not in ("MatMulInteger", "MatMul"):
            continue
        matrix = node.input[1].removesuffix("_quantized")
        bias = _bias_after(node, readers, weights)
        if matrix in weights and bias is not None:
            found[bias.removesuffix("bias") + "weight"] = np.ascontiguousarray(weights[matrix].T)
    return found


def _bias_after(node: Any, readers: dict[str, list[Any]], weights: Weights) -> str | None:
    for _ in range(5):
        following = readers.get(node.output[0], [])
        if len(following) != 1:
            return None
        node = following[0]
        if node.op_type == "Add":
            return next((name for name in node.input if name in weights and name.endswith(".bias")), None)
    return None


def warm_start(network: StanceNetwork, folder: Path) -> None:
    """Fill a network with a model folder's weights.

    Raises
    ------
    ModelError
        If the folder's model is not of the network's form.
    """
    import torch

    weights = read_weights(folder)
    state = network.state_dict()
    for name, current in state.items():
        if name.endswith("position_ids"):
            continue
        if name not in weights or tuple(weights[name].shape) != tuple(current.shape):
            raise ModelError(f"{folder}: holds no weights that fit {name}; it was made from another encoder or for other targets")
        state[name] = torch.from_numpy(np.array(weights[name]))
    network.load_state_dict(state)
