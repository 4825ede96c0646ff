"""The training loop: steps, schedule, averaged weights, evaluation, log and checkpoints of one run.

A run is a pure function of its settings, its images and the framework version: the network starts from the seed,
batches depend on (seed, epoch), the learning rate on the step, each worker computes with a single thread, and the
workers' gradients are added in a fixed order.
"""

from __future__ import annotations

import concurrent.futures
import copy
import csv
import dataclasses
import io
import math
import pathlib
import time

import torch
from torch import nn

import checkpoint
import data
import models
from settings import Settings

LOG_COLUMNS = (
    "epoch", "steps", "image_size", "learning_rate", "train_loss", "train_top1_percent",
    "test_loss", "test_top1_percent", "train_images_per_second", "seconds",
)  # fmt: skip
TEST_BATCH = 250


def learning_rate(settings: Settings, step: int, steps: int) -> float:
    """Rate of `step` (from 0) of `steps`: straight up to the peak in the warm-up, then down to nothing."""
    warmup_steps = settings.warmup * steps
    position = step + 0.5
    if position < warmup_steps:
        return settings.peak_lr * position / warmup_steps
    rest = (position - warmup_steps) / (steps - warmup_steps)
    if settings.schedule == "cosine":
        return settings.peak_lr * 0.5 * (1 + math.cos(math.pi * rest))
    return settings.peak_lr * (1 - rest)


def make_optimiser(settings: Settings, model: nn.Module) -> torch.optim.Optimizer:
    """Weight decay on tensors with more than one axis only."""
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if settings.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=settings.peak_lr, foreach=True)
    nesterov = settings.momentum > 0
    return torch.optim.SGD(groups, lr=settings.peak_lr, momentum=settings.momentum, nesterov=nesterov, foreach=True)


def _single_threaded() -> None:
    """Settings that torch keeps for each thread: one kernel thread, tiny numbers count as zero."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


class Trainer:
    """One run. Each step's batch is divided among `workers` threads, each with a replica of the network that shares the
    weights and has its own gradients; a worker's batch norms see its own part of the batch. Replica 0 is `model`.
    `step` counts finished optimiser steps since the beginning of the run. `origin` describes the run whose weights this
    one began with, None if they came from the seed."""

    def __init__(self, settings: Settings, train: data.ImageSet, test: data.ImageSet, folder: str):
        settings.check()
        _single_threaded()
        torch.manual_seed(settings.seed)
        if train.classes != test.classes:
            raise data.DataError(f"test set: found classes {test.classes}, expected {train.classes}")
        self.settings = settings
        self.classes = train.classes
        self.training_images, self.test_images = len(train.labels), len(test.labels)
        self.folder = pathlib.Path(folder)
        self.mean, self.std = data.channel_statistics(train.images)
        model, self.form = models.build(settings.model, settings.form, len(train.classes))
        self.model = model.to(memory_format=torch.channels_last)
        if settings.fused:
            models.use_fused_norm(self.model)
        self._replicas = [self.model] + [self._replica() for _ in range(settings.workers - 1)]
        self._pool = concurrent.futures.ThreadPoolExecutor(settings.workers, initializer=_single_threaded)
        self.optimiser = make_optimiser(settings, self.model)
        self.averaged = {k: v.clone() for k, v in self.model.state_dict().items()} if settings.ema else None
        normalise = data.Normaliser(self.mean, self.std)
        augmentation = data.Augmentation(settings.padding, settings.flip, settings.cutout)
        self._batches = data.TrainingBatches(train, settings.batch_size, settings.seed, augmentation, normalise)
        self._test = lambda: data.test_batches(test, TEST_BATCH, normalise)
        self.step = 0
        self.history: list[dict] = []
        self.origin: dict | None = None
        self._sums = {"loss": 0.0, "correct": 0, "images": 0, "seconds": 0.0}
        self._last_save = time.monotonic()
        self.stop_requested = False

    def _replica(self) -> nn.Module:
        """A copy of the network whose parameters share the memory of the original's."""
        replica = copy.deepcopy(self.model)
        for mine, original in zip(replica.parameters(), self.model.parameters()):
            mine.data = original.data
        return replica

    @property
    def checkpoint_path(self) -> pathlib.Path:
        return self.folder / "checkpoint.pt"

    @property
    def total_steps(self) -> int:
        return self._batches.per_epoch * self.settings.epochs

    def save(self) -> None:
        """Writes the whole state of the run to `checkpoint_path`."""
        checkpoint.save(self.checkpoint_path, {
            "settings": dataclasses.asdict(self.settings), "classes": self.classes, "mean": self.mean, "std": self.std,
            "model": self.model.state_dict(), "optimiser": self.optimiser.state_dict(), "averaged": self.averaged,
            "random": torch.get_rng_state(), "step": self.step, "total_steps": self.total_steps,
            "history": self.history, "sums": self._sums, "origin": self.origin, "torch": torch.__version__,
        })  # fmt: skip
        self._last_save = time.monotonic()

    def resume(self) -> None:
        """Continues from `checkpoint_path`. Raises CheckpointError if it was made with other settings or data."""
        state = checkpoint.load(self.checkpoint_path)
        differences = self.settings.differences(state["settings"])
        if (state["mean"], state["std"], state["classes"]) != (self.mean, self.std, self.classes):
            differences.append("training images: their statistics or classes differ from those of the checkpoint")
        if differences:
            raise checkpoint.CheckpointError(f"{self.checkpoint_path}: belongs to another run:\n  " + "\n  ".join(differences))
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])
        self.averaged = state["averaged"]
        self.step, self.history, self._sums = state["step"], state["history"], state["sums"]
        self.origin = state.get("origin")

    def start_from(self, path: pathlib.Path) -> None:
        """Takes the tested weights of another run's checkpoint; everything else begins anew. Raises CheckpointError if
        it holds another network, form or classes, or images with other statistics."""
        state = checkpoint.load(path)
        settings = state["settings"]
        mine = (self.settings.model, self.settings.form, self.classes, self.mean, self.std)
        theirs = (settings["model"], settings["form"], state["classes"], state["mean"], state["std"])
        if mine != theirs:
            raise checkpoint.CheckpointError(f"{path}: found {theirs}, expected {mine}")
        weights = state["averaged"] or state["model"]
        self.model.load_state_dict(weights)
        for replica in self._replicas[1:]:
            replica.load_state_dict(weights)
        if self.averaged is not None:
            self.averaged = {name: value.clone() for name, value in weights.items()}
        self.origin = {"settings": settings, "steps": state["step"], "origin": state.get("origin")}

    def run(self, save_minutes: float, stop_after: int | None = None, report=print) -> bool:
        """Trains to the last epoch. Returns False if it was stopped before (stop_requested, or after `stop_after`
        steps in all); the checkpoint then holds everything to continue."""
        per_epoch = self._batches.per_epoch
        while True:
            epoch, first = divmod(self.step, per_epoch)
            if first == 0 and self._sums["images"]:  # also after a stop between an epoch's last step and its test
                self._finish_epoch(epoch - 1, report)
            if self.step == self.total_steps:
                return True
            size = self.settings.size_of_epoch(epoch, self.form.size)
            self.model.train()
            for images, labels in self._batches.epoch(epoch, first, size):
                self._train_step(images, labels)
                if self.step % 50 == 0:
                    report(self._progress(epoch, size))
                if self.stop_requested or self.step == stop_after:
                    self.save()
                    return False
                if time.monotonic() - self._last_save > 60 * save_minutes:
                    self.save()

    def _work(self, replica: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> tuple[float, int]:
        """Leaves the gradients of the mean loss in the replica; returns the summed loss and the hits."""
        replica.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.settings.precision == "bfloat16"):
            logits = replica(images)
        logits = logits.float()
        loss = nn.functional.cross_entropy(logits, labels, label_smoothing=self.settings.label_smoothing)
        loss.backward()
        return float(loss) * len(labels), int((logits.argmax(1) == labels).sum())

    def _train_step(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        start = time.monotonic()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.settings, self.step, self.total_steps)
        workers = len(self._replicas)
        parts = list(self._pool.map(self._work, self._replicas, images.chunk(workers), labels.chunk(workers)))
        for replica in self._replicas[1:]:
            torch._foreach_add_([p.grad for p in self.model.parameters()], [p.grad for p in replica.parameters()])
        if workers > 1:
            torch._foreach_div_([p.grad for p in self.model.parameters()], float(workers))
        self.optimiser.step()
        self.step += 1
        if self.averaged is not None:
            self._average()
        self._sums["loss"] += sum(loss for loss, _ in parts)
        self._sums["correct"] += sum(hits for _, hits in parts)
        self._sums["images"] += len(labels)
        self._sums["seconds"] += time.monotonic() - start

    def _average(self) -> None:
        """Averaged weights and batch statistics; the decay starts low so that the first weights are forgotten."""
        decay = min(self.settings.ema, (1 + self.step) / (10 + self.step))
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                self.averaged[name].lerp_(value, 1 - decay)
            else:
                self.averaged[name].copy_(value)

    def _progress(self, epoch: int, size: int) -> str:
        sums = self._sums
        return (
            f"epoch {epoch + 1}/{self.settings.epochs} step {self.step}/{self.total_steps} size {size} "
            f"loss {sums['loss'] / sums['images']:.4f} train {100 * sums['correct'] / sums['images']:.2f} % "
            f"{sums['images'] / sums['seconds']:.0f} images/s"
        )

    def _finish_epoch(self, epoch: int, report) -> None:
        size = self.settings.size_of_epoch(epoch, self.form.size)
        test_loss, test_top1 = self.evaluate()
        sums = self._sums
        self.history.append(dict(zip(LOG_COLUMNS, (
            epoch + 1, self.step, size, round(learning_rate(self.settings, self.step - 1, self.total_steps), 6),
            round(sums["loss"] / sums["images"], 5), round(100 * sums["correct"] / sums["images"], 3),
            round(test_loss, 5), round(test_top1, 3), round(sums["images"] / sums["seconds"], 1),
            round(sums["seconds"], 1),
        ))))  # fmt: skip
        self._sums = {"loss": 0.0, "correct": 0, "images": 0, "seconds": 0.0}
        self.save()
        self.write_log()
        report(f"epoch {epoch + 1} done: test loss {test_loss:.4f} top-1 {test_top1:.2f} %")

    def final_model(self) -> nn.Module:
        """The network that is tested and exported (averaged weights if the run keeps them), in evaluation mode."""
        if self.averaged is None:
            return self.model.eval()
        model, _ = models.build(self.settings.model, self.settings.form, len(self.classes))
        model.load_state_dict(self.averaged)
        return model.to(memory_format=torch.channels_last).eval()

    def evaluate(self) -> tuple[float, float]:
        """Mean loss and top-1 accuracy in percent of `final_model` on the test images."""
        model = self.final_model()

        def measure(batch):
            images, labels = batch
            with torch.inference_mode():
                logits = model(images)
                loss = float(nn.functional.cross_entropy(logits, labels, reduction="sum"))
            return loss, int((logits.argmax(1) == labels).sum())

        results = list(self._pool.map(measure, self._test()))
        return sum(r[0] for r in results) / self.test_images, 100.0 * sum(r[1] for r in results) / self.test_images

    def write_log(self) -> None:
        """Writes log.csv, one row for each finished epoch."""
        text = io.StringIO()
        writer = csv.DictWriter(text, LOG_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.history)
        checkpoint.write_atomically(self.folder / "log.csv", lambda file: file.write(text.getvalue().encode()))
