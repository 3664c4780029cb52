"""What a block of latents listens to: the Fisher information that each input carries about them.

    S_i = E[(∂ log q(z | x) / ∂x_i)²] = Σ_k (∂μ_k / ∂x_i)² / σ_k²        (+ ½ Σ_k (∂ log σ_k² / ∂x_i)²)

Scaling or turning the latents changes nothing. A sum of latents differentiated as one, as in a related public code,
lets dimensions cancel.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.spikes.gaussians import Gaussian

Encoder = Callable[[Tensor], Gaussian]
"""Inputs (n_batch, n_bins, ...) to a block's posterior (n_batch, n_bins, n_latents), each sample by itself."""


def scores(encode: Encoder, inputs: Tensor, *, with_variance: bool = False) -> Tensor:
    """Return S of every input number of every sample, in the shape of ``inputs``, summed over bins and latents.

    Parameters
    ----------
    encode
        See :data:`Encoder`.
    inputs
        (n_batch, n_bins, ...).
    with_variance
        Whether the term of the variance is added.
    """
    inputs = inputs.detach().requires_grad_()
    posterior = encode(inputs)
    information = torch.zeros_like(inputs)
    mean, log_var = posterior.mean, posterior.log_var
    for bin_ in range(mean.shape[1]):
        for k in range(mean.shape[2]):
            slope = _slope(mean[:, bin_, k], inputs)
            information += slope.square() / log_var.detach()[:, bin_, k].exp().reshape(-1, *[1] * (inputs.ndim - 1))
            if with_variance:
                information += 0.5 * _slope(log_var[:, bin_, k], inputs).square()
    return information


def fisher(jacobian: Tensor, covariance: Tensor) -> Tensor:
    """Return S (n_inputs,) of a posterior whose covariance (n_latents, n_latents) need not be diagonal.

    Parameters
    ----------
    jacobian
        Of the mean, (n_latents, n_inputs).
    covariance
        Positive definite.
    """
    information: Tensor = (jacobian * torch.linalg.solve(covariance, jacobian)).sum(0)
    return information


def _slope(output: Tensor, inputs: Tensor) -> Tensor:
    # Samples do not touch one another, so the gradient of the sum holds each sample's own.
    (slope,) = torch.autograd.grad(output.sum(), inputs, retain_graph=True)
    return slope
