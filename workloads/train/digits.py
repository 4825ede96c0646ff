#!/usr/bin/python3
"""Writes the handwritten digits of Debian's python3-sklearn as images: a small real labelled set for the demonstration.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998
(CC BY 4.0), in the package 1797 images of 8x8 pixels with 17 grey levels. They come from 13 people who did not write
the images of the original training part. Here every one is scaled to 32x32 and the first 1200, in the package's order,
are for training.

    workloads/train/digits.py --out out/digits
    out/digits/train/<digit>/NNNN.png   1200 images
    out/digits/test/<digit>/NNNN.png     597 images
"""

from __future__ import annotations

import argparse
import gzip
import pathlib
import sys

import numpy as np
from PIL import Image

TABLE = pathlib.Path("/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz")
TRAINING_IMAGES = 1200
SIDE = 8
LARGEST_LEVEL = 16
SCALED_SIDE = 32


def read_digits(table: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
    """images uint8 [image][row][column], labels [image]. Raises ValueError naming the table."""
    with gzip.open(table, "rt") as file:
        numbers = np.loadtxt(file, delimiter=",")
    if numbers.ndim != 2 or numbers.shape[1] != SIDE * SIDE + 1:
        raise ValueError(f"{table}: found {numbers.shape}, expected rows of {SIDE * SIDE} levels and a label")
    levels = numbers[:, :-1].reshape(-1, SIDE, SIDE)
    return np.round(levels * (255 / LARGEST_LEVEL)).astype(np.uint8), numbers[:, -1].astype(int)


def write_images(folder: pathlib.Path, images: np.ndarray, labels: np.ndarray) -> None:
    """One folder for each digit, files numbered in order."""
    for number, (image, label) in enumerate(zip(images, labels)):
        path = folder / str(label) / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).resize((SCALED_SIDE, SCALED_SIDE), Image.Resampling.BILINEAR).save(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for train/ and test/")
    parser.add_argument("--table", default=TABLE, type=pathlib.Path, metavar="FILE", help=f"({TABLE})")
    arguments = parser.parse_args()
    try:
        images, labels = read_digits(arguments.table)
        out = pathlib.Path(arguments.out)
        write_images(out / "train", images[:TRAINING_IMAGES], labels[:TRAINING_IMAGES])
        write_images(out / "test", images[TRAINING_IMAGES:], labels[TRAINING_IMAGES:])
    except (OSError, ValueError) as error:
        print(f"digits.py: {error} (the table comes with the package python3-sklearn)", file=sys.stderr)
        return 2
    print(f"{len(labels)} images in {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
