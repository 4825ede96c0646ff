#!/usr/bin/env python3
"""Command line of the training program: trains a small network, continues stopped runs, exports ONNX.

Run with --help for the options and examples.
"""

from __future__ import annotations

import argparse
import dataclasses
import pathlib
import shlex
import signal
import sys

import checkpoint
import data
import models
from settings import Settings, SettingsError
from trainer import Trainer

STOPPED = 3  # exit code of a run that was stopped and can be continued

EXAMPLES = f"""
networks: {models.known_names()}

examples
  a full run on CIFAR-10; the same command continues it wherever it was stopped:
    train.py --train ../shared/cifar10/train.tar --test ../shared/cifar10/test.tar \\
             --model sqnxt_23v5_1.0 --out run/v5
  two minutes to see that the loss falls:
    train.py --train ... --test ... --out run/try --epochs 1 --limit 12800 --sizes 24:1
  export what the checkpoint holds, without training:
    train.py --train ... --test ... --out run/v5 --export-only

files in --out
  checkpoint.pt  everything needed to continue (written after each epoch, every --save-minutes, and on a stop)
  log.csv        one row for each epoch; plot.py draws it
  <model>.onnx, <model>.json   after the last epoch, or with --export-only

A stop: Ctrl-C or SIGTERM ends after the current step, exit code {STOPPED}. A kill loses the steps since the last
checkpoint. A continued run ends with the same bits as one that was never stopped.
"""

HELP = {
    "model": "network to build",
    "form": "input form: cifar (32x32, stem without down-sampling) or imagenet",
    "epochs": "passes over the training images",
    "batch_size": "images per step",
    "optimiser": "sgd (Nesterov momentum) or adamw",
    "peak_lr": "highest learning rate",
    "momentum": "momentum of sgd",
    "weight_decay": "on convolution and FC weights",
    "schedule": "after the warm-up: onecycle (straight line to 0) or cosine",
    "warmup": "share of all steps in which the rate rises from 0 to its peak",
    "label_smoothing": "share of the target spread over all classes",
    "ema": "decay of averaged weights, which are then tested and exported; 0: none",
    "padding": "black border before the random crop, in pixels",
    "flip": "random mirror images",
    "cutout": "side of a random square set to the mean colour, in pixels; 0: none",
    "sizes": "progressive resizing, PIXELS:EPOCHS,...: '24:8' scales the images of the first 8 epochs to 24x24",
    "precision": "float32 or bfloat16 (autocast)",
    "seed": "of weights, order and augmentation",
    "workers": "threads that share each batch; every one normalises its own part, so this is part of the result",
    "fused": "batch norm and ReLU as one operator, compiled with g++ on first use",
    "start_from": "checkpoint of another run of the same network: begin with its weights (a second, longer cycle)",
    "limit": "use only that many training images, evenly spread; 0: all",
}


def parser() -> argparse.ArgumentParser:
    """The command line; settings take their defaults from `Settings`."""
    result = argparse.ArgumentParser(
        description="Train a SqueezeNext or a small MobileNet on a folder or tar of class folders.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    result.add_argument("--train", required=True, metavar="PATH", help="training images: folder or .tar with CLASS/*.jpg")
    result.add_argument("--test", required=True, metavar="PATH", help="test images, same classes")
    result.add_argument("--out", required=True, metavar="DIR", help="folder of this run")
    result.add_argument("--save-minutes", type=float, default=5, metavar="M", help="checkpoint at least every M minutes (5)")
    result.add_argument("--stop-after", type=int, metavar="STEPS", help="stop after that many steps in all")
    result.add_argument("--export-only", action="store_true", help="export the checkpoint's network and end")
    settings = result.add_argument_group("settings (a checkpoint only continues with the settings it was begun with)")
    for field in dataclasses.fields(Settings):
        option = "--" + field.name.replace("_", "-")
        text = f"{HELP[field.name]} ({field.default if field.default != '' else 'none'})"
        if isinstance(field.default, bool):
            settings.add_argument(option, action=argparse.BooleanOptionalAction, default=field.default, help=text)
        else:
            settings.add_argument(option, type=type(field.default), default=field.default, metavar="X", help=text)
    return result


def repeatable_commands(arguments: argparse.Namespace, trainer: Trainer) -> list[str]:
    """The commands that repeat this run from nothing, in order: every setting, and no folder of this machine but the
    images'. More than one if the run began with the weights of another."""
    runs = [dataclasses.asdict(trainer.settings)]
    origin = trainer.origin
    while origin:
        runs.insert(0, origin["settings"])
        origin = origin["origin"]
    return [
        repeatable_command(arguments, Settings(**settings), f"RUN{number}", f"RUN{number - 1}/checkpoint.pt")
        for number, settings in enumerate(runs, start=1)
    ]


def repeatable_command(arguments: argparse.Namespace, settings: Settings, out: str, start_from: str) -> str:
    """One of them; `start_from` stands for the path that the run was given, if it was given one."""
    words = ["workloads/train/train.py", "--train", arguments.train, "--test", arguments.test, "--out", out]
    if settings.start_from:
        settings = dataclasses.replace(settings, start_from=start_from)
    for field in dataclasses.fields(Settings):
        option, value = "--" + field.name.replace("_", "-"), getattr(settings, field.name)
        if isinstance(value, bool):
            words.append(option if value else "--no-" + option[2:])
        elif value != "":
            words += [option, str(value)]
    return shlex.join(words)


def run(arguments: argparse.Namespace) -> int:
    """Loads the images, trains or continues, exports. Returns the exit code."""
    settings = Settings(**{f.name: getattr(arguments, f.name) for f in dataclasses.fields(Settings)})
    settings.check()
    size = models.build(settings.model, settings.form)[1].size
    train = data.load_images(arguments.train, size, settings.limit or None)
    test = data.load_images(arguments.test, size)
    trainer = Trainer(settings, train, test, arguments.out)
    if trainer.checkpoint_path.exists():
        trainer.resume()
        print(f"continuing {trainer.checkpoint_path} at step {trainer.step} of {trainer.total_steps}", flush=True)
    elif arguments.export_only:
        raise checkpoint.CheckpointError(f"{trainer.checkpoint_path}: does not exist; train first")
    elif settings.start_from:
        trainer.start_from(pathlib.Path(settings.start_from))
    if not arguments.export_only:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(trainer, "stop_requested", True))
        if not trainer.run(arguments.save_minutes, arguments.stop_after, lambda text: print(text, flush=True)):
            print(f"stopped at step {trainer.step} of {trainer.total_steps}; the same command continues", flush=True)
            return STOPPED
    import export  # needs the onnx package, which training does not

    commands = repeatable_commands(arguments, trainer)
    print(f"exported {export.export_run(trainer, pathlib.Path(arguments.out), commands)}", flush=True)
    return 0


def main(argv: list[str] | None = None) -> int:
    """Parses, runs, and turns a user's faults into one line and exit code 2."""
    try:
        return run(parser().parse_args(argv))
    except (SettingsError, data.DataError, checkpoint.CheckpointError, ValueError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
