#!/usr/bin/python3
"""Runs one unittest module of workloads/train for ctest; says that it is skipped where PyTorch is missing."""

import pathlib
import sys
import unittest

SKIPPED = 77  # ctest's SKIP_RETURN_CODE of these tests

folder = pathlib.Path(__file__).resolve().parents[2] / "workloads" / "train"
sys.path.insert(0, str(folder))
try:
    import torch  # noqa: F401
except ImportError as error:
    print(f"SKIPPED: {sys.argv[1]} needs Debian's python3-torch ({error})")
    sys.exit(SKIPPED)
sys.dont_write_bytecode = True
result = unittest.main(module=sys.argv[1], argv=[sys.argv[0], "--verbose"], exit=False).result
sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)
