"""Steady the decisions: exponential averaging, or k of n with hysteresis."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pipelines.decision import Decision
from pipelines.plugins import PluginSettings


class SmoothingSettings(PluginSettings):
    """How decisions follow one another."""

    mode: Literal["none", "exponential", "k_of_n"] = "none"
    half_life: float = Field(2.0, gt=0, description="Exponential: decisions after which a past one counts half.")
    k: int = Field(3, ge=1, description="k of n: votes a new label needs to replace the present one.")
    n: int = Field(5, ge=1, description="k of n: decisions that vote.")
    reset_on_abstain: bool = Field(True, description="Whether an abstention makes the smoother forget.")

    @model_validator(mode="after")
    def _can_be_outvoted(self) -> Self:
        if self.k > self.n:
            raise ValueError(f"k = {self.k} of n = {self.n} votes can never be reached: k must not exceed n")
        return self


class Smoother:
    """Abstentions pass unchanged."""

    def __init__(self, settings: SmoothingSettings) -> None:
        self._settings = settings
        self._keep = 0.5 ** (1.0 / settings.half_life)
        self.reset()

    def push(self, decision: Decision) -> Decision:
        """Return the smoothed decision; times, index and labels are the given one's."""
        if self._settings.mode == "none":
            return decision
        if decision.abstained:
            if self._settings.reset_on_abstain:
                self.reset()
            return decision
        p = np.array(decision.probabilities)
        smoothed = self._average(p) if self._settings.mode == "exponential" else self._vote(p)
        return replace(decision, probabilities=tuple(float(v) for v in smoothed))

    def reset(self) -> None:
        """Forget all decisions."""
        self._mean: NDArray[np.float64] | None = None
        self._recent: deque[NDArray[np.float64]] = deque(maxlen=self._settings.n)
        self._winner = -1

    def _average(self, p: NDArray[np.float64]) -> NDArray[np.float64]:
        mean = p if self._mean is None else self._keep * self._mean + (1 - self._keep) * p
        self._mean = mean / mean.sum()
        return self._mean

    def _vote(self, p: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of votes, ties and too few votes going to the present label."""
        self._recent.append(p)
        votes = np.bincount([int(np.argmax(q)) for q in self._recent], minlength=p.size)
        leader = int(np.argmax(votes))
        if self._winner < 0 or votes[leader] >= self._settings.k:
            self._winner = leader
        share = votes / votes.sum()
        top = share.max()
        if share[self._winner] < top or (share == top).sum() > 1:
            # Hysteresis: the present label stays on top by the smallest visible margin.
            share[self._winner] = top + 1e-9
        return np.asarray(share / share.sum())
