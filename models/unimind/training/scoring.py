"""What a model says of windows, in batches, and how good that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.benchmark.metrics import balanced_accuracy
from models.calibration import TemperatureCalibration
from models.statistics import interval
from models.unimind.batches import encode_mixed
from models.unimind.model import UniMind
from models.unimind.questions import Questions
from models.unimind.samples import Sample
from models.unimind.task_cards import TaskCard

Floats = NDArray[np.float64]
AT_ONCE = 64


@torch.no_grad()
def scores_of(model: UniMind, card: TaskCard, samples: Sequence[Sample], questions: Questions | None) -> Floats:
    """Return scores (n_windows, n_options) of one task's windows: of the language model, or of the head without one."""
    model.train(mode=False)
    found = []
    for start in range(0, len(samples), AT_ONCE):
        part = samples[start : start + AT_ONCE]
        mixed = encode_mixed(model.network, part)
        if questions is None:
            scores = model.network.head_scores(mixed.pooled, [card.name] * len(part))
        else:
            asked = questions.of(card.questions[0], card.options)
            scores = model.language_scores(mixed, [asked] * len(part), [card.name] * len(part))
        found.append(scores.double().cpu().numpy())
    return np.concatenate(found)


def skill(scores: Floats, samples: Sequence[Sample]) -> float:
    """Return balanced accuracy as a share of the way from chance to perfect; 0 at chance."""
    truth = np.array([sample.target for sample in samples])
    chance = 1 / scores.shape[1]
    return float((balanced_accuracy(truth, scores) - chance) / (1 - chance))


@dataclass(frozen=True, slots=True)
class Judged:
    """One task on held-out windows.

    Parameters
    ----------
    temperature
        What scores are divided by.
    table
        For the card: balanced accuracy, its interval over people, chance, numbers of windows and people.
    """

    temperature: TemperatureCalibration
    table: Mapping[str, Any]


def judge(scores: Floats, samples: Sequence[Sample]) -> Judged:
    """Fit the temperature, and say how good the answers are; scores (n_windows, n_options)."""
    truth = np.array([sample.target for sample in samples])
    # As in training every option is as likely as the others beforehand: rare ones are repeated.
    rows = [np.flatnonzero(truth == option) for option in np.unique(truth)]
    alike = np.concatenate([np.resize(part, max(map(len, rows))) for part in rows])
    # Laplace's rule: one window more of every option has been seen than was.
    n_options = scores.shape[1]
    temperature = TemperatureCalibration.fit(scores[alike], truth[alike], n_options / (len(truth) + n_options))
    said = temperature.apply(scores)
    units = np.array([f"{sample.person}/{sample.session}" for sample in samples])
    by_unit = np.array([balanced_accuracy(truth[units == unit], said[units == unit]) for unit in np.unique(units)])
    low, high = interval(by_unit)
    table = {
        "balanced_accuracy": round(balanced_accuracy(truth, said), 4),
        "mean_over_people_and_sessions": round(float(by_unit.mean()), 4),
        "interval_95": [round(value, 4) if np.isfinite(value) else None for value in (low, high)],
        "chance": round(1 / n_options, 4),
        "log_loss": round(float(-np.log(said[alike, truth[alike]]).mean()), 4),
        "windows": len(samples),
        "people_and_sessions": len(by_unit),
    }
    return Judged(temperature, table)
