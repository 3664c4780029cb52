"""UniMind's own head as a decoder: the options of one card, scored without a language model, on every window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.decoder import DecoderSpec
from models.placement import Where, one_thread
from models.unimind.answers import Answer, Answerer
from models.unimind.checkpoint import load
from models.unimind.samples import RATE_HZ
from models.unimind.task_cards import TaskCard
from pipelines.decision import Decision
from pipelines.errors import ModelError, SpecMismatch
from pipelines.signal import StreamSpec, Window


class OwnHead:
    """A :class:`models.decoder.Decoder` whose classes are the options of one card.

    Parameters
    ----------
    folder
        Of the checkpoint.
    card
        What is decided.
    trained
        The checkpoint's spec; stages and model are taken from it.
    device
        Where the network runs.
    """

    def __init__(self, folder: str, card: TaskCard, trained: DecoderSpec, device: Where) -> None:
        self._card = card
        self._answerer: Answerer | None = load(folder, "none", device)
        one_thread()
        self.spec = replace(
            trained, classes=card.options, window_s=card.window_s, rate_hz=RATE_HZ, channels=None, summary=card.claim
        )
        self._channels: tuple[str, ...] = ()

    def prepare(self, delivered: StreamSpec) -> None:
        """Take the electrodes of the stream.

        Raises
        ------
        SpecMismatch
            If rate or unit do not fit.
        """
        self.spec.check(delivered)
        self._channels = delivered.names

    def warm_up(self) -> None:
        """Decide once on zeros."""
        self._answer(np.zeros((round(self.spec.window_s * RATE_HZ), len(self._channels)), dtype=np.float32))

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Do nothing: it knows no calibration to a person."""

    def decode(self, window: Window) -> Decision:
        """Decide on one window; abstain where no option leads by enough.

        Raises
        ------
        SpecMismatch
            If the window has other channels than were prepared for.
        DecodeFailed
            If a value is not finite.
        """
        if window.samples.shape[1] != len(self._channels):
            raise SpecMismatch(
                f"{self.spec.model_id}: {window.samples.shape[1]} channels, prepared for {len(self._channels)}"
            )
        answer = self._answer(window.samples)
        n = len(self.spec.classes)
        return Decision(
            window.window_index,
            float(window.times_s[0]),
            float(window.times_s[-1]),
            self.spec.classes,
            (1.0 / n,) * n if answer.unsure else answer.probabilities,
            self.spec.model_id,
            abstained=answer.unsure,
            reason=self._card.unsure if answer.unsure else "",
        )

    def close(self) -> None:
        """Let the network's memory go."""
        self._answerer = None

    def _answer(self, rows: NDArray[np.float32]) -> Answer:
        if self._answerer is None:
            raise ModelError(f"{self.spec.model_id}: the decoder is closed; make a new one")
        turned = np.ascontiguousarray(rows.T)[None]
        (answer,) = self._answerer.answer_many(turned, self._channels, self._card)
        return answer
