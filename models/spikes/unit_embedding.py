"""What a network knows of a unit: learned from its table and its own statistics, and a free part for each session.

The free part begins at zero. A new session that is to be read without fitting stays there; one that may be fitted
optimises its own rows alone (Azabou et al. 2023, POYO, section 2.3: unit identification).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pipelines.errors import ModelError

N_STATISTICS = 3
"""Of a unit's own counts: root of the mean, deviation of roots, whether it is silent."""


def statistics(counts: Tensor) -> Tensor:
    """Return what a unit's own counts tell, (n_units, N_STATISTICS), from counts (n_trials, n_bins, n_units).

    Sums over trials and bins alone, so that neither the order of units nor that of trials matters.
    """
    roots = torch.sqrt(counts + 0.375)  # Anscombe: the deviation hardly depends on the rate
    mean = counts.mean(dim=(0, 1))
    return torch.stack([torch.sqrt(mean), roots.std(dim=(0, 1)), (mean == 0).to(mean.dtype)], dim=-1)


class UnitEmbedding(nn.Module):
    """Embeds units.

    Parameters
    ----------
    n_features
        Columns of the table of units (:attr:`models.spikes.units.Units.features`), plus ``N_STATISTICS`` if used.
    dim
        Of an embedding.
    hidden
        Of the network between them.
    n_waves
        Sines and cosines of the features up to this multiple of half a turn per unit: maps over the cortex are not
        linear.
    """

    waves: Tensor

    def __init__(self, n_features: int, dim: int, hidden: int = 64, n_waves: int = 4) -> None:
        super().__init__()
        self.n_features, self.dim = n_features, dim
        self.register_buffer("waves", torch.pi * torch.arange(1, n_waves + 1, dtype=torch.float32), persistent=False)
        n_in = max(1, n_features * (1 + 2 * n_waves))
        self.network = nn.Sequential(
            nn.Linear(n_in, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, dim)
        )
        self.free = nn.ParameterDict()

    def add_session(self, session: str, n_units: int) -> nn.Parameter:
        """Give a session rows of its own, zero until they are trained; return them for an optimiser.

        Raises
        ------
        ModelError
            If it has rows already, of another number of units.
        """
        key = _key(session)
        if key in self.free and self.free[key].shape[0] != n_units:
            raise ModelError(f"session {session!r} has {self.free[key].shape[0]} units, not {n_units}")
        if key not in self.free:
            self.free[key] = nn.Parameter(torch.zeros(n_units, self.dim, device=self.waves.device))
        rows: nn.Parameter = self.free[key]
        return rows

    def forward(self, features: Tensor, session: str | None = None) -> Tensor:
        """Return embeddings.

        Parameters
        ----------
        features
            (n_units, n_features), of a spread of about 1.
        session
            Whose free rows are added; None or one that has none: nothing is added.

        Returns
        -------
        Tensor
            (n_units, dim).
        """
        if self.n_features == 0:
            table = features.new_zeros(features.shape[0], 1)
        else:
            turns = features[..., None] * self.waves
            table = torch.cat([features, turns.sin().flatten(1), turns.cos().flatten(1)], dim=1)
        known: Tensor = self.network(table)
        key = _key(session) if session is not None else ""
        return known + self.free[key] if key in self.free else known


def _key(session: str) -> str:
    """Return a session's name as torch allows it: without dots."""
    return "session " + session.replace(".", "·")
