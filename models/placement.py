"""Where a network runs: CPU or CUDA, with a word when it is not where it was wanted.

Torch is imported inside the functions: a session whose decoder is plain NumPy starts without it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

Where = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class Placement:
    """The device, and why it is not another one (empty if it is as wanted)."""

    device: torch.device
    notice: str = ""


def place(device: Where = "auto") -> Placement:
    """Choose the device: ``auto`` takes CUDA where it works; a GPU that cannot be used means the CPU and a notice."""
    import torch

    if device == "cpu":
        return Placement(torch.device("cpu"))
    obstacle = _cuda_obstacle()
    if not obstacle:
        return Placement(torch.device("cuda"))
    wanted = "" if device == "auto" else "CUDA was asked for; "
    return Placement(torch.device("cpu"), f"{wanted}running on the CPU: {obstacle}")


def _cuda_obstacle() -> str:
    """Say why CUDA cannot be used; empty if it can."""
    import torch

    if torch.version.cuda is None:
        return "this PyTorch is built without CUDA"
    if not torch.cuda.is_available():
        return "no CUDA GPU with a working driver was found"
    try:
        torch.zeros(1, device="cuda")
    except RuntimeError as exc:
        return f"the CUDA GPU cannot be used: {str(exc).partition(chr(10))[0]}"
    return ""


def one_thread() -> None:
    """Give torch one thread: in the live path a second one raises the 99th percentile 10 to 60 times on a busy CPU.

    Does nothing while torch is not loaded: the decoder that loads it calls this again.
    """
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
