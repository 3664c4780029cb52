"""What a size costs: weights, memory of training, and floating-point operations, counted without allocating any."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from models.fmri.synbrain.mapper import Mapper
from models.fmri.synbrain.size import MapperSize, VaeSize
from models.fmri.synbrain.vae import BrainVae

BYTES, COPIES = 4, 4
"""Of a float32; a weight, its gradient and AdamW's two moments."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Weights and operations of one image or trial forward, by network."""

    vae_weights: int
    mapper_weights: int
    vae_flops: int
    mapper_flops: int

    def __str__(self) -> str:
        training = (self.vae_weights * BYTES * COPIES / 1e9, self.mapper_weights * BYTES * COPIES / 1e9)
        return (
            f"BrainVAE {self.vae_weights / 1e6:.2f} M weights, {self.vae_flops / 1e9:.2f} GFLOP a trial forward, "
            f"{training[0]:.2f} GB for weights, gradients and moments; mapper {self.mapper_weights / 1e6:.2f} M, "
            f"{self.mapper_flops / 1e9:.2f} GFLOP an image, {training[1]:.2f} GB; activations come on top"
        )


def cost(vae: VaeSize, mapper: MapperSize, tokens: tuple[int, int], parcels: list[int]) -> Cost:
    """Count on the meta device, where tensors have a shape and no memory."""
    with torch.device("meta"):
        networks = BrainVae(vae, tokens, parcels), Mapper(mapper, tokens)
        trial, image = torch.zeros(1, len(parcels)), torch.zeros(1, *tokens)
    counted = []
    for run in (lambda: networks[0].decode(networks[0].encode(trial)[0]), lambda: networks[1](image)):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            run()
        counted.append(counter.get_total_flops())
    weights = [sum(p.numel() for p in network.parameters()) for network in networks]
    return Cost(weights[0], weights[1], counted[0], counted[1])
