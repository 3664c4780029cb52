"""SSVEP by task-related component analysis with a filter bank. Scale-free.

Nakanishi et al. 2018, IEEE Trans. Biomed. Eng. 65:104: spatial filters that make trials of a class most alike, and
correlation with the class's mean. Trials must be locked to the phase of the flicker.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import fft
from scipy.linalg import eigh

from models.calibration import softmax
from models.flicker import band_weight, spectrum
from models.window_estimator import Codes, Floats, WindowClassifier
from pipelines.plugins import PluginSettings

RIDGE = 1e-6
LOW_HZ = (6.0, 14.0, 22.0, 30.0, 38.0)


class Settings(PluginSettings):
    """Filter bank."""

    low_hz: tuple[float, ...] = Field(LOW_HZ, min_length=1, description="Lower edge of each sub-band (Hz).")
    high_hz: float = Field(90.0, gt=0, description="Upper edge of all sub-bands (Hz).")
    ensemble: bool = Field(True, description="Whether each class is judged through the filters of all classes.")
    sharpness: float = Field(12.0, gt=0, description="Score to probability: softmax(sharpness * score).")


class Trca(WindowClassifier):
    """See the module."""

    min_windows = 2

    def __init__(
        self,
        low_hz: tuple[float, ...] = LOW_HZ,
        high_hz: float = 90.0,
        ensemble: bool = True,
        sharpness: float = 12.0,
        rate_hz: float | None = None,
    ) -> None:
        self.low_hz = low_hz
        self.high_hz = high_hz
        self.ensemble = ensemble
        self.sharpness = sharpness
        self.rate_hz = rate_hz

    def _learn(self, windows: NDArray[Any], codes: Codes) -> None:
        frequencies = fft.rfftfreq(self.n_times_, 1 / self._rate())
        stop = int(np.searchsorted(frequencies, min(self.high_hz, self._rate() / 2)))
        starts = [max(1, int(np.searchsorted(frequencies, low))) for low in self.low_hz]
        self.bins_ = [slice(start, stop) for start in starts if start < stop]
        if not self.bins_:
            raise ValueError(f"low_hz = {self.low_hz}: no sub-band lies below half of rate_hz = {self.rate_hz:g}")
        self.filters_, self.templates_ = [], []
        for bins in self.bins_:
            found = _spectra(windows, bins)
            groups = [found[codes == code] for code in range(len(self.classes_))]
            self.filters_.append(np.column_stack([_task_related(group) for group in groups]))
            self.templates_.append(np.stack([group.mean(axis=0) for group in groups]))

    def _probabilities(self, windows: NDArray[Any]) -> Floats:
        scores = np.zeros((len(windows), len(self.classes_)))
        for k, (bins, filters, templates) in enumerate(
            zip(self.bins_, self.filters_, self.templates_, strict=True), start=1
        ):
            found = _spectra(windows, bins)
            for code, template in enumerate(templates):
                chosen = filters if self.ensemble else filters[:, [code]]
                r = _correlation(found @ chosen, template @ chosen)
                scores[:, code] += band_weight(k) * np.sign(r) * r**2
        return softmax(self.sharpness * scores)


def _spectra(windows: NDArray[Any], bins: slice) -> Floats:
    """Return band-passed windows (n_windows, 2 * n_bins, n_channels), each of unit norm."""
    found = spectrum(windows.swapaxes(1, 2).astype(np.float64), bins)
    # A trial with an artefact must not outvote the others.
    norm = np.linalg.norm(found, axis=(1, 2), keepdims=True)
    return np.asarray(np.divide(found, norm, out=np.zeros_like(found), where=norm > 0))


def _task_related(found: Floats) -> Floats:
    """Return the filter (n_channels,) that maximises the covariance between trials over that within them."""
    within = np.einsum("tfc,tfd->cd", found, found)
    total = found.sum(axis=0)
    n = within.shape[0]
    ridge = (RIDGE * np.trace(within) / n + 1e-12) * np.eye(n)
    return np.asarray(eigh(total.T @ total - within, within + ridge, subset_by_index=[n - 1, n - 1])[1][:, 0])


def _correlation(found: Floats, template: Floats) -> Floats:
    """Return the correlation of each matrix (n_windows, n_rows, n_columns) with one (n_rows, n_columns); 0 if flat."""
    norms = np.linalg.norm(found, axis=(1, 2)) * np.linalg.norm(template)
    product = np.einsum("wfc,fc->w", found, template)
    return np.asarray(np.divide(product, norms, out=np.zeros_like(product), where=norms > 0))


def build(settings: Settings) -> Trca:
    """Make the estimator."""
    return Trca(settings.low_hz, settings.high_hz, settings.ensemble, settings.sharpness)
