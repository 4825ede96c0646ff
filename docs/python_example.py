"""Sweeps the DRAM bandwidth of a machine from Python. Cells (# %%) as in a notebook; docs/python.md."""

# %% What there is
import json
import pathlib
import tempfile

import numpy as np

import npusim

print(len(npusim.networks()), "networks,", ", ".join(npusim.archs()))

# %% Compile once, run once
machine = npusim.Machine("shift_npu")
program = machine.compile("sqnxt_23v5_1.0_cifar")
print(program.network, "takes", program.input_shape, "in", program.instructions, "instructions")

image = np.linspace(-1, 1, int(np.prod(program.input_shape)), dtype=np.float32).reshape(program.input_shape)
result = machine.run(program, image)
report = result["report"]
print(f"{report['cycles']:,} cycles, class {int(result['output'].argmax())}")
assert result["codes"].shape == result["output"].shape == program.output_shape

# %% The functional engine computes the same, without time
assert np.array_equal(machine.run(program, image, engine="functional")["codes"], result["codes"])

# %% Several images in one run share the weights on chip
pair = machine.compile("sqnxt_23v5_1.0_cifar", batch=2)
both = machine.run(pair, np.stack([image, -image]), engine="functional")
assert pair.images == 2 and np.array_equal(both["codes"][0], result["codes"])

# %% Where the time goes
slowest = sorted(report["layers"], key=lambda layer: layer["cycles"], reverse=True)[:5]
for layer in slowest:
    print(f"{layer['name']:<28} {layer['cycles']:>9,} cycles")

# %% The same program on machines with other DRAMs: no new compilation, other cycles, the same result
with tempfile.TemporaryDirectory() as folder:
    for bytes_per_cycle in (4, 8, 16, 32):
        config = machine.config
        config["name"] = f"dram_{bytes_per_cycle}"
        config["dram"]["bytes_per_cycle"] = bytes_per_cycle
        path = pathlib.Path(folder) / "machine.json"
        path.write_text(json.dumps(config))
        other = npusim.Machine(str(path)).run(program, image)
        assert np.array_equal(other["codes"], result["codes"])
        print(f"{bytes_per_cycle:>3} bytes a cycle: {other['report']['cycles']:>9,} cycles")

# %% Faults are npusim.Error
try:
    machine.run(program, np.zeros(3, dtype=np.float32))
except npusim.Error as error:
    print("refused:", error)
