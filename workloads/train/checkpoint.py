"""Checkpoints that survive a kill at any moment: written beside the target, synced, then renamed over it."""

from __future__ import annotations

import os
import pathlib
from typing import Callable

import torch

FORMAT = 1


class CheckpointError(ValueError):
    """A checkpoint cannot be read or belongs to another run."""


def write_atomically(path: pathlib.Path, write: Callable) -> None:
    """Calls write(file) on a temporary binary file and renames it to `path`: readers see the old file or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    with open(temporary, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def save(path: pathlib.Path, state: dict) -> None:
    """Writes `state` (tensors, numbers, strings, lists, dictionaries)."""
    write_atomically(path, lambda file: torch.save({"format": FORMAT, **state}, file))


def load(path: pathlib.Path) -> dict:
    """Reads what `save` wrote. Raises CheckpointError."""
    try:
        state = torch.load(path, map_location="cpu")
    except Exception as error:  # torch raises anything from EOFError to UnpicklingError
        raise CheckpointError(f"{path}: not a readable checkpoint ({error})") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CheckpointError(f"{path}: found format {state.get('format') if isinstance(state, dict) else '?'}, expected {FORMAT}")
    return state
