"""What an answer is, and who gives it. Plain numbers and texts: an answer goes through a pipe as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from models.unimind.task_cards import TaskCard

By = Literal["language model", "head"]
"""Who scored the options."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer rests on.

    Parameters
    ----------
    electrodes
        Weight of each channel in the connector's spatial branch, in the order given; sum 1.
    patches
        Weight of each second in its temporal branch; sum 1.
    spatial, temporal
        Probability of each query of the two pools, as the routers give it; sum 1 each. The largest is the one taken.
    n_tokens
        Tokens that stand for the window.
    """

    electrodes: tuple[float, ...]
    patches: tuple[float, ...]
    spatial: tuple[float, ...]
    temporal: tuple[float, ...]
    n_tokens: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer out of a closed set.

    Parameters
    ----------
    task, question
        Name of the card, and the words asked.
    options, probabilities
        In the card's order; probabilities sum to 1.
    unsure
        Whether the best option leads the second by less than the task's band: then ``text`` names none.
    text
        The best option, or the card's words for not being sure.
    by
        Who scored the options.
    evidence
        What it rests on.
    model_id
        Name and version of network and weights.
    """

    task: str
    question: str
    options: tuple[str, ...]
    probabilities: tuple[float, ...]
    unsure: bool
    text: str
    by: By
    evidence: Evidence
    model_id: str


class Answerer(Protocol):
    """Answers questions about windows; ``models.unimind.checkpoint.load(folder)`` makes one."""

    @property
    def cards(self) -> Mapping[str, TaskCard]:
        """Tasks it was trained on; others may be asked as well, and are answered by the task-free query."""
        ...

    @property
    def model_id(self) -> str:
        """Name and version of network and weights."""
        ...

    def answer_many(
        self, windows: NDArray[np.float32], channels: Sequence[str], card: TaskCard, question: str = ""
    ) -> list[Answer]:
        """Answer a card's question (or a paraphrase of it) about each window.

        Parameters
        ----------
        windows
            float32 (n_windows, n_channels, n_times) at 200 Hz (µV).
        channels
            10-10 names.
        card
            What is asked; its ``questions[0]`` unless ``question`` says it otherwise.

        Raises
        ------
        ChannelMismatch
            If a channel is no electrode.
        DecodeFailed
            If a sample is not finite.
        ModelError
            If an unseen task is asked where no language model can read its options.
        """
        ...
