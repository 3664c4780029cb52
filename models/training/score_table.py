"""Figures of leave-one-subject-out, as a card and ``--json`` tell them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.statistics import interval
from models.training.held_out import Scores


def score_table(scores: Mapping[str, Scores]) -> dict[str, Any]:
    """Return mean, interval, AUROC and every subject's figure, by name of a model."""
    figures = {}
    for name, s in scores.items():
        low, high = interval(s.balanced_accuracy)
        by_subject = zip(s.subjects, s.balanced_accuracy, strict=True)
        figures[name] = {
            "balanced_accuracy": round(float(s.balanced_accuracy.mean()), 4),
            "interval_95": [round(low, 4), round(high, 4)],
            "auroc": round(float(s.auroc.mean()), 4),
            "chance": 0.5,
            "by_subject": {f"{subject:02d}": round(float(value), 4) for subject, value in by_subject},
        }
    return figures
