"""Batches that mix tasks, electrodes and lengths: what is alike goes through together, results keep the order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from models.unimind.network import UniMindNetwork
from models.unimind.samples import Sample, groups_of, patches_of


@dataclass(frozen=True, slots=True)
class Mixed:
    """A mixed batch after the network, in the order of its samples.

    Parameters
    ----------
    hidden, lengths
        Tokens (batch, most tokens, hidden), filled on the right by zeros, and how many each window has.
    pooled
        What the heads read, (batch, 3 * hidden).
    spatial, temporal
        Probabilities of the pools' queries, (batch, n_pool).
    electrodes, patches
        Where the connector looked, for each window; sum 1.
    """

    hidden: Tensor
    lengths: tuple[int, ...]
    pooled: Tensor
    spatial: Tensor
    temporal: Tensor
    electrodes: tuple[Tensor, ...]
    patches: tuple[Tensor, ...]


def encode_mixed(network: UniMindNetwork, samples: Sequence[Sample], tasks: Sequence[str] | None = None) -> Mixed:
    """Run the EEG side on windows of any kind.

    Parameters
    ----------
    network
        The network.
    samples
        Windows.
    tasks
        Whose queries to take; None: each sample's own task's.

    Raises
    ------
    ChannelMismatch
        If a channel is no electrode.
    """
    names = list(tasks) if tasks is not None else [sample.task for sample in samples]
    device = network.norm.weight.device
    order: list[int] = []
    parts = []
    for rows in groups_of(samples):
        x = np.stack([patches_of(samples[row].samples) for row in rows])
        known = [samples[row].components for row in rows]
        components = None if any(one is None for one in known) else torch.from_numpy(np.stack(known)).to(device)
        of_rows = [names[row] for row in rows]
        parts.append(network.encode(torch.from_numpy(x).to(device), samples[rows[0]].channels, of_rows, components))
        order += rows.tolist()
    most = max(part.hidden.shape[1] for part in parts)
    back = torch.argsort(torch.tensor(order, device=device))
    lengths = [part.hidden.shape[1] for part in parts for _ in range(len(part.hidden))]
    electrodes = [row for part in parts for row in part.electrodes]
    patches = [row for part in parts for row in part.patches]
    hidden = torch.cat([F.pad(part.hidden, (0, 0, 0, most - part.hidden.shape[1])) for part in parts])
    places = back.tolist()
    return Mixed(
        hidden[back],
        tuple(lengths[i] for i in places),
        torch.cat([part.pooled for part in parts])[back],
        torch.cat([part.spatial for part in parts])[back],
        torch.cat([part.temporal for part in parts])[back],
        tuple(electrodes[i] for i in places),
        tuple(patches[i] for i in places),
    )
