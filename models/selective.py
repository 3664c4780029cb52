"""Deciding only when sure enough: risk against coverage, measured on people the decoder was not trained on.

Sources: Chow 1970, IEEE Trans. Inf. Theory 16:41 (the reject option); El-Yaniv & Wiener 2010, J. Mach. Learn. Res.
11:1605 (risk and coverage); Geifman, Uziel & El-Yaniv 2019, ICLR, arXiv 1805.08206 (area under the curve).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import CheckpointInvalid, ModelError
from pipelines.percent import percent

Floats = NDArray[np.float64]
N_POINTS = 41
"""Points of a curve that are kept."""


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """What share of windows is decided, and how many of those are wrong, at each limit of confidence.

    Parameters
    ----------
    confidence
        Limits, falling: decided is what reaches them. Shape (n_points,).
    coverage, risk
        Share decided, and share of wrong among the decided; shape (n_points,).
    aurc
        Area under risk over coverage, of all windows.
    """

    confidence: Floats
    coverage: Floats
    risk: Floats
    aurc: float

    @classmethod
    def of(cls, probabilities: Sequence[ArrayLike], labels: Sequence[ArrayLike]) -> Self:
        """Measure on people; each counts alike, and so do the classes of a person.

        Parameters
        ----------
        probabilities
            For each person, shape (n_windows, n_classes).
        labels
            For each person, class numbers (n_windows,).

        Raises
        ------
        ModelError
            If there is no window.
        """
        if not any(np.size(y) for y in labels):
            raise ModelError("risk and coverage: there is no window to judge")
        p = np.concatenate([np.asarray(q, dtype=np.float64) for q in probabilities])
        y = np.concatenate([np.asarray(q, dtype=np.int64) for q in labels])
        weights = np.concatenate([balanced_weights(q) for q in labels])
        confidence, wrong = p.max(axis=1), p.argmax(axis=1) != y
        order = np.argsort(-confidence, kind="stable")
        confidence, weights, wrong = confidence[order], weights[order], wrong[order]
        coverage = np.cumsum(weights) / weights.sum()
        risk = np.cumsum(weights * wrong) / np.cumsum(weights)
        # Windows of equal confidence are decided together.
        last = np.append(np.flatnonzero(np.diff(confidence) < 0), confidence.size - 1)
        confidence, coverage, risk = confidence[last], coverage[last], risk[last]
        aurc = float(np.sum(risk * np.diff(coverage, prepend=0.0)))
        wanted = np.linspace(1 / N_POINTS, 1, N_POINTS)
        # Rounding may leave the last coverage short of 1.
        kept = np.unique(np.minimum(np.searchsorted(coverage, wanted - 1e-12), coverage.size - 1))
        return cls(confidence[kept], coverage[kept], risk[kept], aurc)

    def reaches(self, max_risk: float) -> bool:
        """Say whether some limit of confidence keeps the risk within ``max_risk``."""
        return bool(self.risk.min() <= max_risk)

    def confidence_for(self, max_risk: float) -> float:
        """Return the limit of confidence with the largest coverage whose risk does not exceed ``max_risk``.

        Raises
        ------
        ModelError
            If no limit keeps the risk so low.
        """
        within = np.flatnonzero(self.risk <= max_risk)
        if not self.reaches(max_risk):
            raise ModelError(
                f"no more than {max_risk:g} wrong is never reached: the lowest share, of the surest "
                f"{percent(self.coverage[self.risk.argmin()])} of windows, is {self.risk.min():.3g}"
            )
        # At full coverage nothing is refused, whatever a stranger's lowest confidence may be.
        return 0.0 if within[-1] == len(self.risk) - 1 else float(self.confidence[within[-1]])

    def to_dict(self) -> dict[str, Any]:
        """Return the table for a checkpoint's card."""
        columns = {name: np.round(getattr(self, name), 5).tolist() for name in ("confidence", "coverage", "risk")}
        return {**columns, "aurc": round(self.aurc, 5)}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], where: str) -> Self:
        """Read the table of a card.

        Raises
        ------
        CheckpointInvalid
            If a key is missing or unknown, or the columns are no numbers of one length.
        """
        if set(table) != {"confidence", "coverage", "risk", "aurc"}:
            raise CheckpointInvalid(
                f"{where}: needs the keys confidence, coverage, risk and aurc, has {', '.join(table) or 'none'}"
            )
        try:
            columns = [np.array(table[name], dtype=np.float64) for name in ("confidence", "coverage", "risk")]
            aurc = float(table["aurc"])
        except (TypeError, ValueError) as exc:
            raise CheckpointInvalid(f"{where}: confidence, coverage and risk must be lists of numbers: {exc}") from exc
        if len({c.shape for c in columns}) != 1 or columns[0].ndim != 1 or not columns[0].size:
            raise CheckpointInvalid(f"{where}: confidence, coverage and risk must be lists of one length, not empty")
        return cls(columns[0], columns[1], columns[2], aurc)


def balanced_weights(labels: ArrayLike) -> Floats:
    """Return a weight for each window (n,), sum 1, that lets a person's classes count alike."""
    y = np.asarray(labels, dtype=np.int64)
    counts = np.bincount(y)
    return np.asarray(1.0 / (np.count_nonzero(counts) * counts[y]))
