"""Processor time of a training step of CSBrain on one thread: forwards, backwards, clipping, AdamW. No data are needed.

python benchmarks/csbrain_training.py
"""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import nn

from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.montages import montage_of
from models.datasets.eegmat import CHANNELS

SIZES = {
    "1 layer, width 40, batch 64": ({"n_layers": 1, "d_model": 40, "n_heads": 4, "d_ff": 80}, 64),
    "2 layers, width 80, batch 32": ({"n_layers": 2, "d_model": 80, "n_heads": 4, "d_ff": 160}, 32),
    "2 layers, width 200, batch 16": ({"n_layers": 2, "d_model": 200, "n_heads": 8, "d_ff": 800}, 16),
}
SECONDS, WARM_UP, STEPS = 5, 3, 12


def step_ms(size: dict[str, int], batch: int) -> float:
    """Return the median processor time of a step (ms) on windows of noise, 19 electrodes and 5 s."""
    torch.manual_seed(0)
    montage = montage_of(CHANNELS)
    module = Classifier(Architecture(regions=montage.regions, order=montage.order, **size), 2).train()
    optimiser = torch.optim.AdamW(module.parameters(), 1e-3, fused=True)
    x, y = 0.2 * torch.randn(batch, len(CHANNELS), SECONDS, 200), torch.randint(2, (batch,))
    taken_s = []
    for _ in range(WARM_UP + STEPS):
        began = time.process_time()
        optimiser.zero_grad()
        nn.functional.cross_entropy(module(x), y).backward()
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimiser.step()
        taken_s.append(time.process_time() - began)
    return 1e3 * float(np.median(taken_s[WARM_UP:]))


def main() -> None:
    torch.set_num_threads(1)
    for name, (size, batch) in SIZES.items():
        print(f"19 electrodes, 5 s, {name}: {step_ms(size, batch):.0f} ms a step", flush=True)


if __name__ == "__main__":
    main()
