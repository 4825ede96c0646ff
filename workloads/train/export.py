"""ONNX export of a trained network, with a JSON file beside it that says how to feed it and where it came from.

The graph is what the published network is: batch norms stay BatchNormalization nodes (whoever reads the file folds
them), batch 1, input 'input' as NCHW float, output 'logits' without softmax.
"""

from __future__ import annotations

import hashlib
import json
import pathlib

import onnx
import torch
from torch import nn

from checkpoint import write_atomically

OPSET = 13
LICENCE_NOTE = (
    "Weights trained from random initialisation by this project and published under this project's licence. "
    "No pre-trained weights were used and no image of a data set is contained."
)


def _without_shared_initialisers(file: onnx.ModelProto) -> None:
    """Gives every node its own initialiser: the exporter writes equal ones once and copies them by Identity nodes."""
    graph = file.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in [node for node in graph.node if node.op_type == "Identity" and node.input[0] in tensors]:
        copied = graph.initializer.add()
        copied.CopyFrom(tensors[node.input[0]])
        copied.name = node.output[0]
        graph.node.remove(node)


def export_onnx(model: nn.Module, image_size: int, path: pathlib.Path) -> None:
    """Writes `model` (evaluation mode) for input [1][3][image_size][image_size] and checks the file."""
    model = model.eval().to(memory_format=torch.contiguous_format)
    torch.onnx.export(
        model, torch.zeros(1, 3, image_size, image_size), str(path), opset_version=OPSET,
        input_names=["input"], output_names=["logits"],
        training=torch.onnx.TrainingMode.PRESERVE,  # EVAL would fold the batch norms here
        do_constant_folding=False,
    )  # fmt: skip
    file = onnx.load(str(path))
    _without_shared_initialisers(file)
    onnx.checker.check_model(file)
    onnx.save(file, str(path))


def export_run(trainer, folder: pathlib.Path, commands: list[str]) -> pathlib.Path:
    """Writes <model>.onnx and <model>.json of a Trainer's run to `folder`; returns the path of the JSON file. The
    accuracy in it is measured anew on the test images."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = trainer.settings
    onnx_path = folder / f"{settings.model}.onnx"
    test_loss, test_top1 = trainer.evaluate()
    size = trainer.form.size
    export_onnx(trainer.final_model(), size, onnx_path)
    content = onnx_path.read_bytes()
    description = {
        "name": settings.model,
        "file": onnx_path.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "opset": OPSET,
        "input": {
            "name": "input", "shape": [1, 3, size, size], "layout": "NCHW", "channel_order": "RGB",
            "mean": trainer.mean, "std": trainer.std, "formula": "(pixel in 0..255 - mean) / std",
        },
        "output": {"name": "logits", "shape": [1, len(trainer.classes)], "softmax": False},
        "classes": trainer.classes,
        "training": {
            "commands": commands, "seed": settings.seed, "epochs": settings.epochs,
            "finished_epochs": len(trainer.history), "workers": settings.workers, "precision": settings.precision,
            "framework": f"torch {torch.__version__}", "training_images": trainer.training_images,
        },
        "measured": {
            "test_images": trainer.test_images, "top1_percent": round(test_top1, 3), "loss": round(test_loss, 5),
            "how": "float32, evaluation mode, no test-time augmentation, all images of --test",
        },
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
        "licence": LICENCE_NOTE,
    }  # fmt: skip
    json_path = onnx_path.with_suffix(".json")
    write_atomically(json_path, lambda file: file.write((json.dumps(description, indent=1) + "\n").encode()))
    return json_path
