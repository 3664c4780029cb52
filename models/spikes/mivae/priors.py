"""Priors that know something: of a block given labels, time and units, which is what makes latents identifiable.

Mean *and* variance depend on what is known (two sufficient statistics, Khemakhem et al. 2020, AISTATS); with one alone
only a linear map of the latents is found.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.spikes.gaussians import Gaussian, standard_like
from models.spikes.mivae.sides import HIDDEN

N_WAVES = 3


class ConditionalPrior(nn.Module):
    """p(z | label, inputs).

    Parameters
    ----------
    n_labels
        Individuals, sessions or conditions; 0: there are none.
    n_inputs
        Numbers that are known besides: time (:func:`time_waves`), pooled unit embeddings.
    n_latents
        Of the block.
    conditional
        False: N(0, 1), the ordinary prior, for comparison.
    """

    def __init__(self, n_labels: int, n_inputs: int, n_latents: int, *, conditional: bool = True) -> None:
        super().__init__()
        self.conditional = conditional and n_labels + n_inputs > 0
        self.n_latents = n_latents
        self.of_label = self.of_inputs = None
        if self.conditional and n_labels:
            self.of_label = nn.Embedding(n_labels, 2 * n_latents)
            nn.init.normal_(self.of_label.weight, std=0.1)
        if self.conditional and n_inputs:
            self.of_inputs = nn.Sequential(nn.Linear(n_inputs, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, 2 * n_latents))

    def forward(self, label: Tensor, inputs: Tensor) -> Gaussian:
        """Return the prior (n_batch, n_bins, n_latents) of labels (n_batch,) and inputs (n_batch, n_bins, n_inputs)."""
        parameters = inputs.new_zeros(*inputs.shape[:2], 2 * self.n_latents)
        if self.of_label is not None:
            parameters = parameters + self.of_label(label)[:, None]
        if self.of_inputs is not None:
            parameters = parameters + self.of_inputs(inputs)
        found = Gaussian.of(parameters)
        return found if self.conditional else standard_like(found)


def time_waves(n_bins: int, device: torch.device) -> Tensor:
    """Return sines and cosines of time within a trial, (n_bins, 2 · N_WAVES); of one bin nothing, (1, 0)."""
    if n_bins == 1:
        return torch.zeros(1, 0, device=device)
    turns = torch.arange(n_bins, device=device)[:, None] / n_bins * torch.arange(1, N_WAVES + 1, device=device)
    return torch.cat([torch.sin(2 * torch.pi * turns), torch.cos(2 * torch.pi * turns)], dim=1)
