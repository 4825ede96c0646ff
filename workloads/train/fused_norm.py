"""Batch norm and ReLU as one operator for training on a CPU: compiles fused_norm.cpp once and calls it.

The same function as torch's batch_norm followed by relu, rounded differently in the last bits. Needs g++ with OpenMP;
the library is built into a cache folder the first time (a few seconds) and found there afterwards.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import pathlib
import subprocess

import torch

SOURCE = pathlib.Path(__file__).with_name("fused_norm.cpp")
FLAGS = ("-std=c++20", "-O3", "-march=native", "-ffast-math", "-fopenmp", "-fPIC", "-shared")


class BuildError(ValueError):
    """fused_norm.cpp could not be compiled here."""


@functools.cache
def library() -> ctypes.CDLL:
    """The compiled library. Raises BuildError with the compiler's message."""
    with open("/proc/cpuinfo") as file:  # -march=native: a library of another processor must not be picked up
        flags = next((line for line in file if line.startswith("flags")), "")
    key = hashlib.sha256((SOURCE.read_text() + " ".join(FLAGS) + flags).encode()).hexdigest()[:16]
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "npu_train"
    path = cache / f"fused_norm_{key}.so"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        try:
            subprocess.run(["g++", *FLAGS, str(SOURCE), "-o", str(temporary)], check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            message = getattr(error, "stderr", None) or error
            raise BuildError(f"{SOURCE.name}: g++ failed; use --no-fused to train without it\n{message}") from error
        os.replace(temporary, path)
    result = ctypes.CDLL(str(path))
    pointer, count, real = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float
    result.norm_relu_forward.argtypes = [pointer, count, count, pointer, pointer, real, pointer, pointer, pointer]
    result.norm_relu_backward.argtypes = [pointer] * 3 + [count, count] + [pointer] * 3 + [real] + [pointer] * 3
    result.norm_relu_forward.restype = result.norm_relu_backward.restype = None
    return result


class _NormRelu(torch.autograd.Function):
    """x float [batch][channels][h][w], channels-last in memory -> relu(norm(x)), batch mean, batch variance."""

    @staticmethod
    def forward(ctx, x, scale, offset, epsilon):
        x = x.contiguous(memory_format=torch.channels_last)
        y, mean, variance = torch.empty_like(x), torch.empty_like(scale), torch.empty_like(scale)
        rows, channels = x.numel() // x.shape[1], x.shape[1]
        library().norm_relu_forward(
            x.data_ptr(), rows, channels, scale.data_ptr(), offset.data_ptr(), epsilon,
            y.data_ptr(), mean.data_ptr(), variance.data_ptr(),
        )  # fmt: skip
        ctx.save_for_backward(x, y, scale, mean, variance)
        ctx.epsilon = epsilon
        ctx.mark_non_differentiable(mean, variance)
        return y, mean, variance

    @staticmethod
    def backward(ctx, grad_y, _grad_mean, _grad_variance):
        x, y, scale, mean, variance = ctx.saved_tensors
        grad_y = grad_y.contiguous(memory_format=torch.channels_last)
        grad_x, grad_scale, grad_offset = torch.empty_like(x), torch.empty_like(scale), torch.empty_like(scale)
        library().norm_relu_backward(
            x.data_ptr(), y.data_ptr(), grad_y.data_ptr(), x.numel() // x.shape[1], x.shape[1], scale.data_ptr(),
            mean.data_ptr(), variance.data_ptr(), ctx.epsilon, grad_x.data_ptr(), grad_scale.data_ptr(),
            grad_offset.data_ptr(),
        )  # fmt: skip
        return grad_x, grad_scale, grad_offset, None


def norm_relu(x: torch.Tensor, norm: torch.nn.BatchNorm2d) -> torch.Tensor:
    """relu(norm(x)) in training mode; updates the running statistics of `norm` as torch does. x must be float32."""
    y, mean, variance = _NormRelu.apply(x, norm.weight, norm.bias, norm.eps)
    with torch.no_grad():
        count = x.numel() // x.shape[1]
        norm.running_mean.lerp_(mean, norm.momentum)
        norm.running_var.lerp_(variance * (count / max(1, count - 1)), norm.momentum)
        norm.num_batches_tracked.add_(1)
    return y
