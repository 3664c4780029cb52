"""CEBRA (Schneider, Lee, Mathis 2023, Nature 617:360) by its own package: contrastive latents of one recording.

Samples whose labels are alike are drawn together, all others apart. A perceptron of single samples is learned; who
wants neighbours in time smooths before.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from models.spikes.units import Floats
from pipelines.errors import MissingDependency

RATE, BATCH, HIDDEN = 3e-3, 512, 32
ARCHITECTURES = {"cosine": "offset1-model", "euclidean": "offset1-model-mse"}


def embedding(
    observed: Floats,
    labels: NDArray[Any],
    n_latents: int,
    iterations: int,
    seed: int = 0,
    distance: Literal["cosine", "euclidean"] = "cosine",
) -> Callable[[Floats], Floats]:
    """Learn an embedding; return what takes samples (n_samples, n_values) to latents (n_samples, n_latents).

    Parameters
    ----------
    observed
        (n_samples, n_values).
    labels
        (n_samples,) of integers for kinds, or (n_samples, n_labels) of numbers for measures.
    iterations
        Of Adam at 3e-3 on batches of 512.
    seed
        Of first weights; the package draws batches from generators of its own, so no two runs are the same.
    distance
        ``cosine``: latents lie on a sphere; ``euclidean``: in the plain space, which theory needs to find latents up to
        a linear map.

    Raises
    ------
    MissingDependency
        If ``cebra`` is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it compiles by torch.jit when it is imported
            from cebra import CEBRA
    except ImportError as exc:
        raise MissingDependency("CEBRA is not installed: pip install 'bci-app[spikes]'") from exc
    model = CEBRA(
        model_architecture=ARCHITECTURES[distance],
        distance=distance,
        conditional="time_delta",
        time_offsets=1,
        temperature=1.0,
        batch_size=BATCH,
        learning_rate=RATE,
        num_hidden_units=HIDDEN,
        output_dimension=n_latents,
        max_iterations=iterations,
        device="cpu",
        verbose=False,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model.fit(np.ascontiguousarray(observed, np.float32), labels)

    def embedded(samples: Floats) -> Floats:
        return np.asarray(model.transform(np.ascontiguousarray(samples, np.float32)), np.float32)

    return embedded
