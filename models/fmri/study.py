"""The :class:`Study` protocol: a question put to simulated or real data, answered by a table and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from models.statistics import interval

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Score:
    """One cell: a metric of a model under a condition, one value for each seed, subject or fold.

    Parameters
    ----------
    condition
        Rows of one condition form one table, for example ``"unpaired, n = 60"``.
    model
        Who is measured; baselines come first.
    metric
        What is measured, with its caution if it has one.
    values
        One for each seed, person or fold.
    """

    condition: str
    model: str
    metric: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the values."""
        return sum(self.values) / len(self.values)

    @property
    def span(self) -> tuple[float, float]:
        """95 % bootstrap interval of the mean; NaN for one value."""
        return interval(np.asarray(self.values, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a study came to.

    Parameters
    ----------
    title
        The question.
    over
        What the values of a score are taken over: ``seeds``, ``people`` …
    scores
        In the order of the table.
    findings
        Plain sentences with their numbers, losses among them.
    figures
        PNG by file name.
    """

    title: str
    over: str
    scores: Sequence[Score]
    findings: Sequence[str] = ()
    figures: Mapping[str, bytes] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return what goes into the JSON file."""
        rows = [
            {"condition": s.condition, "model": s.model, "metric": s.metric, "mean": s.mean, "values": list(s.values)}
            for s in self.scores
        ]
        return {"title": self.title, "over": self.over, "findings": list(self.findings), "scores": rows}


class Study(Protocol):
    """A plug-in of the kind ``fmri_studies``; ``Settings`` holds its seeds and sizes, small by default."""

    def run(self, tell: Tell) -> Answer:
        """Answer the question; ``tell`` gets one line for each part done.

        Raises
        ------
        BciError
            If data are missing.
        """
        ...
