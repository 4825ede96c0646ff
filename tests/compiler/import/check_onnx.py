"""Exports networks with npusim and asks the ONNX project's own checker and shape inference about each.

usage: check_onnx.py NPUSIM NETWORK...   exit code 77 (skipped) without the package python3-onnx
NETWORK: a name of `npusim networks`, or NAME:qdq for its quantised form
"""

import pathlib
import subprocess
import sys
import tempfile

try:
    import onnx
    import onnx.shape_inference
except ImportError:
    print("SKIPPED: python3-onnx is not installed")
    sys.exit(77)


def check(tool: str, network: str, folder: pathlib.Path) -> None:
    """Raises where the exported model is not valid ONNX or its declared shapes are not the inferred ones."""
    name, _, form = network.partition(":")
    path = folder / "net.onnx"
    (folder / "net.json").unlink(missing_ok=True)
    subprocess.run([tool, "export", name, "-o", str(path), "--quiet", *(["--qdq"] if form else [])], check=True)
    model = onnx.load(str(path))
    onnx.checker.check_model(model, full_check=True)
    declared = {info.name: info for info in [*model.graph.value_info, *model.graph.output]}
    del model.graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    compared = 0
    for info in [*inferred.graph.value_info, *inferred.graph.output]:
        if info.name not in declared:  # between QuantizeLinear and DequantizeLinear
            assert form, f"{network}, {info.name}: inferred, not declared"
            continue
        found = [dim.dim_value for dim in info.type.tensor_type.shape.dim]
        expected = [dim.dim_value for dim in declared[info.name].type.tensor_type.shape.dim]
        assert found == expected, f"{network}, {info.name}: inferred {found}, declared {expected}"
        compared += 1
    assert compared == len(declared)
    print(f"{network}: {len(model.graph.node)} nodes, valid", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        for name in sys.argv[2:]:
            check(sys.argv[1], name, pathlib.Path(temporary))
