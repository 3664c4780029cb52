"""The processes of one run: one alone, or those that torchrun has started (torch.distributed)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self

import torch
from torch import Tensor
from torch import distributed as dist

PATIENCE = timedelta(days=2)
"""How long one process waits for the others: one of them may have many recordings to prepare."""


class Team:
    """Entered, it knows its ``rank`` among ``size`` processes; alone it costs nothing.

    Every process computes the same step on its share of each batch; :meth:`add` makes the whole of the parts.
    """

    def __init__(self, device: torch.device) -> None:
        self.rank, self.size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        self.device = device
        if device.type == "cuda" and self.size > 1:
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))

    def __enter__(self) -> Self:
        """Meet the others."""
        if self.size > 1:
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo", timeout=PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Part."""
        if self.size > 1:
            dist.destroy_process_group()

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by their sum over all processes."""
        if self.size == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        for tensor, part in zip(tensors, torch.split(flat, [t.numel() for t in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def anybody(self, *, said: bool) -> bool:
        """Return whether any process says so."""
        if self.size == 1:
            return said
        votes = torch.tensor([float(said)], device=self.device)
        self.add([votes])
        return bool(votes.item())

    def wait(self) -> None:
        """Go on when all have come here."""
        self.anybody(said=False)
