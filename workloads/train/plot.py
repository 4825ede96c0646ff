#!/usr/bin/env python3
"""Draws log.csv of one or more runs: loss and top-1 accuracy against epochs, as SVG or PNG.

  plot.py --out curves.svg v5=run/v5/log.csv v1=run/v1/log.csv
"""

from __future__ import annotations

import argparse
import csv
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)


def read_log(path: str) -> dict[str, list[float]]:
    """Columns of a log as lists of numbers. Raises ValueError on a file that is not a log."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or "test_top1_percent" not in rows[0]:
        raise ValueError(f"{path}: found no row with test_top1_percent, expected the log.csv of train.py")
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def draw(logs: dict[str, dict[str, list[float]]], out: str) -> None:
    """Two panels, loss and accuracy; solid lines are the test images, dashed ones the (augmented) training images."""
    figure, panels = plt.subplots(1, 2, figsize=(10, 4), constrained_layout=True)
    for panel, (train, test, title) in zip(panels, (
        ("train_loss", "test_loss", "cross entropy"), ("train_top1_percent", "test_top1_percent", "top-1 (%)"),
    )):  # fmt: skip
        for index, (label, log) in enumerate(logs.items()):
            color = f"C{index}"
            panel.plot(log["epoch"], log[test], color=color, label=f"{label} test")
            panel.plot(log["epoch"], log[train], color=color, linestyle="--", label=f"{label} train")
        panel.set_xlabel("epoch")
        panel.set_title(title)
        panel.grid(alpha=0.3)
        panel.legend()
    figure.savefig(out)
    plt.close(figure)


def main(argv: list[str] | None = None) -> int:
    """Reads the logs, draws one picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="+", metavar="[LABEL=]LOG", help="log.csv of a run, with its name in the legend")
    parser.add_argument("--out", required=True, metavar="FILE", help="picture; .svg or .png decides the format")
    arguments = parser.parse_args(argv)
    named = [text.partition("=") if "=" in text else (text, "=", text) for text in arguments.logs]
    try:
        draw({label: read_log(path) for label, _, path in named}, arguments.out)
    except (OSError, ValueError) as error:
        print(f"plot.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
