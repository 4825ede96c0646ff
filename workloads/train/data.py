"""Labelled images for training: read once into memory, then batches with seeded augmentation.

Reads a folder with one sub-folder per class, or a tar file that holds such a folder. Every random choice is a pure
function of (seed, epoch), so a run that stops in the middle of an epoch continues with the same batches.
Not here: anything that decides about the network or the optimiser.
"""

from __future__ import annotations

import io
import pathlib
import tarfile
from dataclasses import dataclass
from typing import Iterator

import numpy as np
import torch
from PIL import Image

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")


class DataError(ValueError):
    """The image source cannot be used; the message says where, what was found and what was expected."""


@dataclass
class ImageSet:
    """images uint8 [count][height][width][3] in RGB order; labels int64 [count], an index into `classes`."""

    images: np.ndarray
    labels: np.ndarray
    classes: list[str]


def _folder_files(root: pathlib.Path) -> Iterator[tuple[str, str, bytes]]:
    for path in root.rglob("*"):
        if path.suffix.lower() in IMAGE_SUFFIXES:
            yield path.parent.name, path.name, path.read_bytes()


def _tar_files(path: pathlib.Path) -> Iterator[tuple[str, str, bytes]]:
    with tarfile.open(path) as archive:
        for member in archive:
            name = pathlib.PurePosixPath(member.name)
            if member.isfile() and name.suffix.lower() in IMAGE_SUFFIXES:
                yield name.parent.name, name.name, archive.extractfile(member).read()


def _decode(data: bytes, size: int, where: str) -> np.ndarray:
    """One file's bytes -> uint8 [size][size][3]: shorter side scaled to `size` if it differs, centre crop."""
    try:
        image = Image.open(io.BytesIO(data)).convert("RGB")
    except OSError as error:
        raise DataError(f"{where}: not a readable image ({error})") from error
    if image.size != (size, size):
        scale = size / min(image.size)
        wide, high = (max(size, round(side * scale)) for side in image.size)
        left, top = (wide - size) // 2, (high - size) // 2
        image = image.resize((wide, high), Image.Resampling.BILINEAR).crop((left, top, left + size, top + size))
    return np.asarray(image, dtype=np.uint8)


def load_images(source: str, size: int, limit: int | None = None) -> ImageSet:
    """Reads `source` (folder or .tar), images as size x size. Classes are the sorted folder names, files are in name
    order. limit keeps that many images, evenly spread over the set. Raises DataError."""
    path = pathlib.Path(source)
    if not path.exists():
        raise DataError(f"{source}: does not exist; expected a folder or a .tar with one folder per class")
    files = sorted(_folder_files(path) if path.is_dir() else _tar_files(path))
    if not files:
        raise DataError(f"{source}: found no image, expected CLASS/*.jpg or *.png")
    classes = sorted({name for name, _, _ in files})
    if limit is not None and limit < len(files):
        files = [files[index] for index in np.linspace(0, len(files) - 1, limit).astype(int)]
    images = np.empty((len(files), size, size, 3), np.uint8)
    for index, (name, file, data) in enumerate(files):
        images[index] = _decode(data, size, f"{source}: {name}/{file}")
    labels = np.array([classes.index(name) for name, _, _ in files], np.int64)
    return ImageSet(images, labels, classes)


def channel_statistics(images: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of R, G, B over all pixels, in units of 0..255, rounded to 0.01."""
    pixels = images.reshape(-1, 3)
    total = np.zeros(3)
    square = np.zeros(3)
    for chunk in np.array_split(pixels, max(1, len(pixels) >> 20)):
        chunk = chunk.astype(np.float64)
        total += chunk.sum(0)
        square += (chunk * chunk).sum(0)
    mean = total / len(pixels)
    std = np.sqrt(np.maximum(square / len(pixels) - mean * mean, 1e-4))
    return [round(float(v), 2) for v in mean], [round(float(v), 2) for v in std]


class Normaliser:
    """uint8 [batch][h][w][3] -> float32 [batch][3][h][w] = (pixel - mean) / std, channels-last in memory."""

    def __init__(self, mean: list[float], std: list[float]):
        self._scale = 1.0 / torch.tensor(std)
        self._offset = -torch.tensor(mean) / torch.tensor(std)

    def __call__(self, batch: np.ndarray) -> torch.Tensor:
        pixels = torch.from_numpy(batch).float()
        return pixels.mul_(self._scale).add_(self._offset).permute(0, 3, 1, 2)


@dataclass
class Augmentation:
    """padding: black pixels added on each side before a random crop; flip: mirror every second image on average;
    cutout: side of the square set to the mean colour, 0 for none."""

    padding: int = 4
    flip: bool = True
    cutout: int = 0


class TrainingBatches:
    """Shuffled, augmented batches of an ImageSet; the last incomplete batch of an epoch is dropped."""

    def __init__(self, images: ImageSet, batch_size: int, seed: int, augmentation: Augmentation, normalise: Normaliser):
        if len(images.labels) < batch_size:
            raise DataError(f"training set: found {len(images.labels)} images, expected at least one batch of {batch_size}")
        self._labels = images.labels
        self._size = images.images.shape[1]
        self._batch_size = batch_size
        self._seed = seed
        self._augmentation = augmentation
        self._normalise = normalise
        pad = augmentation.padding
        padded = np.pad(images.images, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
        # [count][dy][dx][3][size][size]: every crop of every image, as a view
        self._crops = np.lib.stride_tricks.sliding_window_view(padded, (self._size, self._size), axis=(1, 2))

    @property
    def per_epoch(self) -> int:
        return len(self._labels) // self._batch_size

    def epoch(self, epoch: int, first: int, image_size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Batches `first` to the last of `epoch`: images float [batch][3][image_size][image_size], labels [batch].
        An image_size below the stored one scales the finished crop down (progressive resizing)."""
        rng = np.random.Generator(np.random.PCG64([self._seed, epoch]))
        count = len(self._labels)
        order = rng.permutation(count)
        offsets = rng.integers(0, 2 * self._augmentation.padding + 1, (count, 2))
        mirrored = (rng.random(count) < 0.5) & self._augmentation.flip
        holes = rng.integers(0, self._size, (count, 2))
        for batch in range(first, self.per_epoch):
            at = slice(batch * self._batch_size, (batch + 1) * self._batch_size)
            chosen = order[at]
            crops = self._crops[chosen, offsets[at, 0], offsets[at, 1]].transpose(0, 2, 3, 1)
            flips = mirrored[at]
            crops[flips] = crops[flips, :, ::-1]
            pixels = self._normalise(np.ascontiguousarray(crops))
            if self._augmentation.cutout:
                self._cut(pixels, holes[at])
            if image_size != self._size:
                pixels = torch.nn.functional.interpolate(
                    pixels, size=(image_size, image_size), mode="bilinear", antialias=True, align_corners=False
                )
            yield pixels.contiguous(memory_format=torch.channels_last), torch.from_numpy(self._labels[chosen])

    def _cut(self, pixels: torch.Tensor, holes: np.ndarray) -> None:
        side = self._augmentation.cutout
        for image, (row, column) in zip(pixels, holes - side // 2):
            image[:, max(0, row) : max(0, row + side), max(0, column) : max(0, column + side)] = 0.0


def test_batches(images: ImageSet, batch_size: int, normalise: Normaliser) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """All images in order, without augmentation."""
    for start in range(0, len(images.labels), batch_size):
        at = slice(start, start + batch_size)
        pixels = normalise(images.images[at]).contiguous(memory_format=torch.channels_last)
        yield pixels, torch.from_numpy(images.labels[at])
