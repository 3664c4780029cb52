"""Answers: scores of the options, calibrated; and silence where no option leads by enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from models.calibration import TemperatureCalibration, is_unsure, softmax
from models.unimind.answers import Answer, By, Evidence
from models.unimind.batches import Mixed, encode_mixed
from models.unimind.model import UniMind
from models.unimind.questions import Questions
from models.unimind.samples import Sample
from models.unimind.task_cards import TaskCard
from pipelines.errors import CheckpointInvalid, DecodeFailed, ModelError, SpecMismatch

AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperatures of each task for both who score, and the band of being unsure.

    Parameters
    ----------
    head, language
        Temperature by task; empty where nothing was fitted.
    band
        Lead of the best option below which none is named.
    """

    head: Mapping[str, float]
    language: Mapping[str, float]
    band: float

    def temperature(self, by: By, task: str) -> float:
        """Return a task's temperature; of a task never trained, the median of the others."""
        known = self.head if by == "head" else self.language
        return known.get(task, median(known.values()) if known else 1.0)

    def to_table(self) -> dict[str, Any]:
        """Return the table for a card."""
        return {"head": dict(self.head), "language": dict(self.language), "band": self.band}

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> Self:
        """Read the table of a card.

        Raises
        ------
        CheckpointInvalid
            If a key is missing or a value no positive number.
        """
        try:
            by = {
                name: {
                    task: TemperatureCalibration.from_dict({"temperature": t}, f"{where}: calibration").temperature
                    for task, t in table[name].items()
                }
                for name in ("head", "language")
            }
            return cls(by["head"], by["language"], float(table["band"]))
        except (KeyError, AttributeError, TypeError, ValueError) as exc:
            raise CheckpointInvalid(f"{where}: calibration: needs tables head and language, and band: {exc}") from exc


class UniMindAnswerer:
    """See :class:`models.unimind.answers.Answerer`."""

    def __init__(self, model: UniMind, cards: Mapping[str, TaskCard], calibration: Calibration, model_id: str) -> None:
        self._model, self._cards, self._calibration, self._model_id = model, dict(cards), calibration, model_id
        self._questions = Questions(model.language) if model.language else None
        model.train(mode=False)

    @property
    def cards(self) -> Mapping[str, TaskCard]:
        """Tasks it was trained on."""
        return self._cards

    @property
    def model_id(self) -> str:
        """Name and version of network and weights."""
        return self._model_id

    @property
    def by(self) -> By:
        """Who scores the options."""
        return "head" if self._questions is None else "language model"

    def answer_many(
        self, windows: NDArray[np.float32], channels: Sequence[str], card: TaskCard, question: str = ""
    ) -> list[Answer]:
        """See :class:`models.unimind.answers.Answerer`."""
        _check(windows, channels)
        if self._questions is None and self._options_of(card.name) != card.options:
            raise ModelError(
                f"task {card.name!r} was not trained with these options, and without a language model nobody reads them"
            )
        found: list[Answer] = []
        for start in range(0, len(windows), AT_ONCE):
            samples = [Sample(card.name, window, tuple(channels), 0) for window in windows[start : start + AT_ONCE]]
            found += self._answers(samples, card, question or card.questions[0])
        return found

    def _options_of(self, task: str) -> tuple[str, ...]:
        return self._cards[task].options if task in self._cards else ()

    @torch.no_grad()
    def _answers(self, samples: Sequence[Sample], card: TaskCard, question: str) -> list[Answer]:
        mixed = encode_mixed(self._model.network, samples)
        if self._questions is None:
            scores = self._model.network.head_scores(mixed.pooled, [card.name] * len(samples))
        else:
            asked = self._questions.of(question, card.options)
            known = card.name if self._options_of(card.name) == card.options else ""
            scores = self._model.language_scores(mixed, [asked] * len(samples), [known] * len(samples))
        temperature = self._calibration.temperature(self.by, card.name)
        probabilities = softmax(scores.double().cpu().numpy() / temperature)
        return [self._answer(card, question, p, mixed, row) for row, p in enumerate(probabilities)]

    def _answer(self, card: TaskCard, question: str, p: NDArray[np.float64], mixed: Mixed, row: int) -> Answer:
        unsure = is_unsure(p, self._calibration.band)
        evidence = Evidence(
            electrodes=tuple(mixed.electrodes[row].tolist()),
            patches=tuple(mixed.patches[row].tolist()),
            spatial=tuple(mixed.spatial[row].tolist()),
            temporal=tuple(mixed.temporal[row].tolist()),
            n_tokens=mixed.lengths[row],
        )
        text = card.unsure if unsure else card.options[int(p.argmax())]
        return Answer(
            card.name, question, card.options, tuple(p.tolist()), unsure, text, self.by, evidence, self._model_id
        )


def _check(windows: NDArray[np.float32], channels: Sequence[str]) -> None:
    if windows.ndim != 3 or windows.shape[1] != len(channels) or not windows.shape[2]:
        raise SpecMismatch(
            f"UniMind: windows have shape {windows.shape}, needs (n_windows, {len(channels)} channels, n_times)"
        )
    if not np.isfinite(windows).all():
        raise DecodeFailed("UniMind: a window holds samples that are not finite")
