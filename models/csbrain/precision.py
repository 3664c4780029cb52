"""How exactly the fused network multiplies, and what the processor can do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

Precision = Literal["fp32", "tf32", "bf16"]
"""fp32 throughout; tf32 for products and convolutions on CUDA; bf16 for the large maps (and tf32 for the rest)."""

_TF32_SINCE = (8, 0)
"""Compute capability from which a GPU has TF32 and bfloat16 products (Ampere)."""


def usable(precision: Precision, device: torch.device) -> tuple[Precision, str]:
    """Return the precision that a device has, and why it is not the one wanted (empty if it is)."""
    obstacle = _obstacle(precision, device)
    return ("fp32", f"precision = {precision}: {obstacle}; running in fp32") if obstacle else (precision, "")


def _obstacle(precision: Precision, device: torch.device) -> str:
    if precision == "fp32":
        return ""
    if device.type == "cuda":
        enough = torch.cuda.get_device_capability(device) >= _TF32_SINCE
        return "" if enough else f"{torch.cuda.get_device_name(device)} has no such products"
    if precision == "tf32":
        return "only CUDA GPUs have TF32"
    supported = torch._C._has_mkldnn and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return "" if supported else "this processor has no bfloat16 kernels"


@contextmanager
def products(precision: Precision) -> Iterator[None]:
    """Let CUDA round the factors of float32 products and convolutions to TF32, or keep it from that.

    By torch's defaults convolutions are rounded and products are not. On a CPU nothing changes.
    """
    rounded = precision != "fp32"
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    matmul.allow_tf32 = cudnn.allow_tf32 = rounded
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before
