"""Runs an exported network with numpy alone, so that the tests compare torch with something that is not torch.

Knows the operators that export.py can produce, float32, batch 1, NCHW. Not fast and not meant for anything else.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper


def _windows(x: np.ndarray, kernel, strides, pads, fill: float, ceil_mode: bool = False) -> np.ndarray:
    """x [channels][h][w] -> [channels][out_h][out_w][kernel_h][kernel_w]; pads top, left, bottom, right."""
    top, left, bottom, right = pads
    extra = [(s - 1 if ceil_mode else 0) for s in strides]
    x = np.pad(x, ((0, 0), (top, bottom + extra[0]), (left, right + extra[1])), constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, tuple(kernel), axis=(1, 2))
    return view[:, :: strides[0], :: strides[1]]


def _conv(x, weights, attributes):
    """x [in][h][w], weights [out][in / group][kh][kw] -> [out][oh][ow]."""
    group = attributes.get("group", 1)
    windows = _windows(x, weights.shape[2:], attributes["strides"], attributes["pads"], 0.0)
    parts = zip(np.split(windows, group), np.split(weights, group))
    return np.concatenate([np.einsum("chwij,ocij->ohw", w, k, optimize=True) for w, k in parts])


def _batch_norm(x, scale, offset, mean, variance, attributes):
    factor = scale / np.sqrt(variance + attributes.get("epsilon", 1e-5))
    return x * factor[:, None, None] + (offset - mean * factor)[:, None, None]


def _max_pool(x, attributes):
    pads = attributes.get("pads", [0] * 4)
    windows = _windows(x, attributes["kernel_shape"], attributes["strides"], pads, -np.inf, attributes.get("ceil_mode", 0))
    return windows.max((3, 4))


def _node(node, inputs):
    """Value of one node; the batch axis is stripped from maps and vectors alike."""
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    x = inputs[0] if inputs else None
    if node.op_type == "Conv":
        y = _conv(x, inputs[1], attributes)
        return y + inputs[2][:, None, None] if len(inputs) > 2 else y
    if node.op_type == "BatchNormalization":
        return _batch_norm(*inputs, attributes)
    if node.op_type == "Relu":
        return np.maximum(x, 0)
    if node.op_type == "Clip":
        return np.clip(x, inputs[1], inputs[2])
    if node.op_type == "Add":
        return x + inputs[1]
    if node.op_type == "MaxPool":
        return _max_pool(x, attributes)
    if node.op_type == "GlobalAveragePool":
        return x.mean((1, 2), keepdims=True)
    if node.op_type == "Flatten":
        return x.reshape(-1)
    if node.op_type == "Gemm" and attributes.get("transB"):
        return inputs[1] @ x + inputs[2]
    if node.op_type == "Constant":
        return numpy_helper.to_array(attributes["value"])
    raise NotImplementedError(f"{node.name}: operator {node.op_type}")


def run(path: str, image: np.ndarray) -> np.ndarray:
    """Logits [classes] of the network in `path` for one image float32 [3][h][w]."""
    graph = onnx.load(path).graph
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    values[graph.input[0].name] = image
    for node in graph.node:
        values[node.output[0]] = _node(node, [values[name] for name in node.input if name])
    return values[graph.output[0].name]
