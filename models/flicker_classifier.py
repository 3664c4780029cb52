"""Classes by flicker frequency; nothing of the answer to flicker is learnt, only how far scores can be believed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.calibration import TemperatureCalibration
from models.flicker import FlickerCorrelation
from models.window_estimator import Codes, Floats, WindowClassifier


class FlickerClassifier(WindowClassifier):
    """Each class is the frequency whose sines correlate best with some mixture of the channels.

    Training windows set the temperature that makes scores probabilities and, where there is a class without flicker,
    the score from which on there is flicker: the middle between what both kinds of windows reach on average.

    Parameters
    ----------
    frequencies_hz
        Of each class in the order of ``classes_`` (sorted labels); 0 for a class without flicker.
    harmonics, sub_bands, high_hz
        See :class:`models.flicker.FlickerCorrelation`.
    rate_hz
        Of the windows.
    """

    def __init__(
        self,
        frequencies_hz: tuple[float, ...] = (13.0, 17.0, 21.0),
        harmonics: int = 2,
        sub_bands: int = 1,
        high_hz: float = 45.0,
        rate_hz: float | None = None,
    ) -> None:
        self.frequencies_hz = frequencies_hz
        self.harmonics = harmonics
        self.sub_bands = sub_bands
        self.high_hz = high_hz
        self.rate_hz = rate_hz

    def _learn(self, windows: NDArray[Any], codes: Codes) -> None:
        frequencies = np.asarray(self.frequencies_hz, dtype=np.float64)
        if len(frequencies) != len(self.classes_) or (frequencies == 0).sum() > 1 or frequencies.min() < 0:
            raise ValueError(
                f"frequencies_hz = {self.frequencies_hz}: needs one frequency for each of the classes "
                f"{self.classes_.tolist()}, in this order, and 0 for one without flicker"
            )
        self.correlation_ = FlickerCorrelation(
            frequencies[frequencies > 0].tolist(),
            self.harmonics,
            self.sub_bands,
            self.high_hz,
            rate_hz=self._rate(),
            n_samples=self.n_times_,
            n_channels=self.n_channels_,
        )
        self.flickers_ = frequencies > 0
        found = self._correlate(windows)
        highest, flickering = found.max(axis=1), self.flickers_[codes]
        self.rest_score_ = 0.0 if flickering.all() else 0.5 * (highest[flickering].mean() + highest[~flickering].mean())
        self.calibration_ = TemperatureCalibration.fit(self._scores(found), codes)

    def _probabilities(self, windows: NDArray[Any]) -> Floats:
        return self.calibration_.apply(self._scores(self._correlate(windows)))

    def _correlate(self, windows: NDArray[Any]) -> Floats:
        return np.stack([self.correlation_(window.T.astype(np.float64)) for window in windows])

    def _scores(self, found: Floats) -> Floats:
        scores = np.full((len(found), len(self.flickers_)), self.rest_score_)
        scores[:, self.flickers_] = found
        return scores
