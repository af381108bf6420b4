"""Eight-bit weights and multiplications for an ONNX graph, with standard operators only.

Weights get one scale a channel. Activations get one scale a tensor, chosen as they come (``quantize_dynamic`` of onnxruntime), but
for what leaves a GELU: a few tokens hold values there that are many times larger than all others (Bondarenko et al., 2021, on
outliers in transformers), and one scale for all rounds the others away. Those get one scale a token (Yao et al., 2022, ZeroQuant).
On the development split that gives back most of what eight bits cost the base model's sides, for no more time.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

_STEPS = 127.0
_ZERO = 128


def quantise(source: Path, target: Path) -> None:
    """Write an 8-bit copy of a float graph.

    Parameters
    ----------
    source
        Graph with float weights.
    target
        File to write.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(source)
    _per_token(model.graph)
    onnx.save(model, source)
    logging.getLogger().setLevel(logging.ERROR)
    # Embeddings ("Gather") too: they are a fifth of the weights, and are not multiplied.
    quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm", "Gather"])


def _per_token(graph: Any) -> None:
    """Replace the multiplications that read a GELU by 8-bit ones with a scale for each token."""
    from onnx import numpy_helper

    weights = {t.name: t for t in graph.initializer}
    made_by = {name: node.op_type for node in graph.node for name in node.output}
    nodes: list[Any] = []
    replaced: set[str] = set()
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights and made_by.get(node.input[0]) == "Gelu":
            matrix = numpy_helper.to_array(weights[node.input[1]])
            replaced.add(node.input[1])
            added, constants = _token_scaled(node, matrix)
            nodes += added
            graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in constants.items())
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    kept = [t for t in graph.initializer if t.name not in replaced]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _token_scaled(node: Any, matrix: np.ndarray) -> tuple[list[Any], dict[str, np.ndarray]]:
    """Nodes that multiply ``node``'s input by ``matrix`` of shape (inputs, outputs) in 8 bits, and their constants."""
    from onnx import TensorProto, helper

    scale = np.maximum(np.abs(matrix).max(axis=0), 1e-9) / _STEPS
    # The suffixes "_quantized" and "_scale" are those of onnxruntime's own quantiser.
    base = node.input[1]
    names = {key: f"{base}_{key}" for key in ("quantized", "scale", "zero_point", "axis", "steps", "offset", "offset_integer", "least")}
    constants = {
        names["quantized"]: np.clip(np.round(matrix / scale), -_STEPS, _STEPS).astype(np.int8),
        names["scale"]: scale.astype(np.float32),
        names["zero_point"]: np.zeros(scale.shape, dtype=np.int8),
        names["axis"]: np.array([-1], dtype=np.int64),
        names["steps"]: np.float32(_STEPS),
        names["offset"]: np.float32(_ZERO),
        names["offset_integer"]: np.uint8(_ZERO),
        names["least"]: np.float32(1e-9),
    }
    nodes: list[Any] = []

    def add(operator: str, *inputs: str, **attributes: Any) -> str:
        output = f"{base}_step{len(nodes)}"
        nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output

    value = node.input[0]
    largest = add("Max", add("ReduceMax", add("Abs", value), names["axis"], keepdims=1), names["least"])
    token_scale = add("Div", largest, names["steps"])
    shifted = add("Add", add("Div", value, token_scale), names["offset"])
    integers = add("Cast", add("Round", shifted), to=TensorProto.UINT8)
    product = add("MatMulInteger", integers, names["quantized"], names["offset_integer"], names["zero_point"])
    scaled = add("Mul", add("Cast", product, to=TensorProto.FLOAT), token_scale)
    nodes.append(helper.make_node("Mul", [scaled, names["scale"]], list(node.output), name=f"{base}_multiplied"))
    return nodes, constants
