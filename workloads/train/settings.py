"""What a training run is made of: every value that changes its result, with its default and a check.

Saved in each checkpoint, so that a run only continues with the settings it began with.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


class SettingsError(ValueError):
    """A setting cannot be used; the message names it, what was found and what was expected."""


@dataclass
class Settings:
    """Everything that decides the outcome of a run, together with the data and the framework version."""

    model: str = "sqnxt_23v5_1.0"
    form: str = "cifar"
    epochs: int = 18
    batch_size: int = 128
    optimiser: str = "sgd"  # sgd (Nesterov momentum) or adamw
    peak_lr: float = 0.3
    momentum: float = 0.9
    weight_decay: float = 5e-4  # on convolution and FC weights; none on batch norms and biases
    schedule: str = "onecycle"  # after the warm-up: onecycle falls in a straight line, cosine along half a wave
    warmup: float = 0.2  # share of all steps
    label_smoothing: float = 0.0
    ema: float = 0.0  # decay of the averaged weights that are tested and exported; 0 for none
    padding: int = 4
    flip: bool = True
    cutout: int = 0
    sizes: str = ""  # progressive resizing: '24:8' trains the first 8 epochs on 24x24 images
    precision: str = "float32"  # or bfloat16 (autocast)
    seed: int = 1
    workers: int = 2  # threads that share a batch; each normalises its own part
    fused: bool = True  # batch norm and ReLU as one compiled operator (fused_norm.cpp)
    limit: int = 0  # use only that many training images; 0 for all
    start_from: str = ""  # checkpoint of a finished run whose weights this one begins with; empty: weights from the seed

    def check(self) -> None:
        """Raises SettingsError at the first value out of range."""
        for name, choices in (
            ("form", ("cifar", "imagenet")),
            ("optimiser", ("sgd", "adamw")),
            ("schedule", ("onecycle", "cosine")),
            ("precision", ("float32", "bfloat16")),
        ):
            if getattr(self, name) not in choices:
                raise SettingsError(f"{name}: found '{getattr(self, name)}', expected one of {', '.join(choices)}")
        for name in ("epochs", "batch_size", "workers"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name}: found {getattr(self, name)}, expected at least 1")
        for name, low, high in (
            ("peak_lr", 0, 10), ("momentum", 0, 1), ("weight_decay", 0, 1), ("warmup", 0, 1),
            ("label_smoothing", 0, 1), ("ema", 0, 1), ("padding", 0, 64), ("cutout", 0, 512), ("limit", 0, 1 << 40),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise SettingsError(f"{name}: found {getattr(self, name)}, expected {low} to {high}")
        if self.batch_size % self.workers:
            raise SettingsError(f"batch_size: found {self.batch_size}, expected a multiple of workers ({self.workers})")
        if self.fused and self.precision != "float32":
            raise SettingsError("fused: works in float32 only; expected --no-fused with bfloat16")
        self.size_of_epoch(0, 32)

    def size_of_epoch(self, epoch: int, full_size: int) -> int:
        """Side of the training images in `epoch` (from 0), in pixels, according to `sizes`."""
        last_epoch = 0
        for part in filter(None, self.sizes.split(",")):
            size, _, count = part.partition(":")
            if not (size.isdigit() and count.isdigit()):
                raise SettingsError(f"sizes: found '{part}', expected PIXELS:EPOCHS such as 24:8")
            last_epoch += int(count)
            if epoch < last_epoch:
                return int(size)
        return full_size

    def differences(self, other: dict) -> list[str]:
        """The fields in which a saved dictionary differs, as readable lines. A field that it lacks is younger than the
        checkpoint, which was made as if it had its default."""
        mine = dataclasses.asdict(self)
        saved = dataclasses.asdict(Settings()) | other
        return [
            f"{key}: checkpoint has {saved.get(key)!r}, this command has {mine.get(key)!r}"
            for key in sorted(mine.keys() | saved.keys())
            if mine.get(key) != saved.get(key)
        ]
