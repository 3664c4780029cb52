"""A small recurrent reader of latents: one GRU layer, trained for a fixed number of steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

HIDDEN, STEPS, BATCH, RATE = 48, 300, 32, 5e-3


class _Reader(nn.Module):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.gru = nn.GRU(n_in, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN + n_in, n_out)

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs (n_trials, n_bins, n_outputs)."""
        said: Tensor = self.out(torch.cat([self.gru(x)[0], x], dim=-1))
        return said


def gru_reader(
    x: NDArray[np.floating[Any]], y: NDArray[np.floating[Any]], seed: int
) -> Callable[[NDArray[np.floating[Any]]], NDArray[np.float64]]:
    """Learn from x (n_trials, n_bins, n_features) to y (n_trials, n_bins, n_outputs); return the reading function."""
    centre, spread = x.mean(axis=(0, 1)), np.maximum(x.std(axis=(0, 1)), 1e-6)
    level, scale = y.mean(axis=(0, 1)), np.maximum(y.std(axis=(0, 1)), 1e-6)
    features = torch.as_tensor((x - centre) / spread, dtype=torch.float32)
    outputs = torch.as_tensor((y - level) / scale, dtype=torch.float32)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = _Reader(x.shape[2], y.shape[2])
        optimiser = torch.optim.AdamW(module.parameters(), RATE, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
        for _ in range(STEPS):
            rows = torch.randint(len(features), (min(BATCH, len(features)),))
            loss = nn.functional.mse_loss(module(features[rows]), outputs[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimiser.step()
            schedule.step()

    @torch.inference_mode()
    def read(new: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        said = module(torch.as_tensor((new - centre) / spread, dtype=torch.float32))
        return np.asarray(said.numpy() * scale + level, np.float64)

    return read
