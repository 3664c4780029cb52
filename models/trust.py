"""What a checkpoint knows of how far its decoder may be believed: sets, risk against coverage, familiar signals.

It is learned from people left out in training and stored beside the weights; :mod:`models.trusted_decoder` applies it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from models.conformal import ConformalSets
from models.cross_spectra import CrossSpectra
from models.familiarity import ASPECTS, Familiarity
from models.selective import RiskCoverage
from pipelines.errors import CheckpointInvalid

if TYPE_CHECKING:
    from models.checkpoints import Checkpoint

Bands = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """All three together.

    Parameters
    ----------
    sets
        Which classes cannot be ruled out.
    curve
        What share is wrong if only sure decisions count, on people left out.
    familiarity
        How like the training signals a window is.
    bands_hz, n_tapers
        How the covariances of ``familiarity`` are measured.
    """

    sets: ConformalSets
    curve: RiskCoverage
    familiarity: Familiarity
    bands_hz: Bands
    n_tapers: int

    def tensors(self) -> dict[str, NDArray[np.float64]]:
        """Return what is stored beside the weights."""
        return self.familiarity.tensors()

    def table(self) -> dict[str, Any]:
        """Return the card's ``trust``."""
        bands = [list(band) for band in self.bands_hz]
        return {
            "sets": self.sets.to_dict(),
            "risk_coverage": self.curve.to_dict(),
            "familiarity": {"bands_hz": bands, "n_tapers": self.n_tapers, "aspects": list(ASPECTS)},
        }

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Self:
        """Read what a checkpoint with a ``trust`` in its card stores.

        Raises
        ------
        CheckpointInvalid
            If a part is missing or does not fit the decoder.
        """
        where, spec = f"{checkpoint.folder}: trust", checkpoint.card.decoder_spec()
        table = dict(checkpoint.card.trust)
        try:
            sets, curve, familiar = (table.pop(key) for key in ("sets", "risk_coverage", "familiarity"))
            bands = tuple((float(low), float(high)) for low, high in familiar["bands_hz"])
            n_tapers, told = int(familiar["n_tapers"]), list(familiar["aspects"])
        except (KeyError, TypeError, ValueError) as exc:
            raise CheckpointInvalid(
                f"{where}: sets, risk_coverage or familiarity is not as it is written: {exc!r}"
            ) from exc
        if table or told != list(ASPECTS):
            raise CheckpointInvalid(
                f"{where}: holds what is not known here ({', '.join(table) or told}): update bci-app"
            )
        if not spec.channels or spec.rate_hz is None:
            raise CheckpointInvalid(f"{where}: needs rate_hz and channels in the decoder's spec")
        return cls(
            ConformalSets.from_dict(sets, len(spec.classes), f"{where}: sets"),
            RiskCoverage.from_dict(curve, f"{where}: risk_coverage"),
            Familiarity.from_tensors(checkpoint.trust, len(bands), len(spec.channels), where),
            bands,
            n_tapers,
        )

    def spectra(self, rate_hz: float, n_samples: int) -> CrossSpectra:
        """Return what measures windows for :meth:`unfamiliarity`."""
        return CrossSpectra(rate_hz, n_samples, self.bands_hz, self.n_tapers)

    def unfamiliarity(self, covariances: NDArray[np.float64]) -> tuple[float, str]:
        """Return the largest distance of one window's covariances (n_bands, n, n), and in what it exceeds 1 if so."""
        distances = self.familiarity(covariances[None])[:, 0]
        strange = [name for name, distance in zip(ASPECTS, distances, strict=True) if distance > 1]
        return float(distances.max()), ", ".join(strange)
