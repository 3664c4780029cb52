"""A fitted estimator of the benchmark as a live decoder; the one place where windows are transposed for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.decoder import DecoderSpec
from models.estimator import PersonAdaptive, Windows
from pipelines.decision import Decision
from pipelines.errors import DecodeFailed, ModelError
from pipelines.signal import StreamSpec, Window

N_WARM_UP = 16
"""Windows of noise to warm up on: enough to stand for rest."""


class EstimatorDecoder:
    """Decides with an estimator that was fitted on windows of the same length, rate and channels.

    Parameters
    ----------
    estimator
        Fitted, on class numbers. What it is told of a person stays with the decoder: it is never changed itself.
    spec
        What it needs; ``classes`` are the names of the class numbers 0, 1, …; with ``calibration_s`` above 0 it
        decides nothing before :meth:`calibrate`.
    """

    def __init__(self, estimator: Any, spec: DecoderSpec) -> None:
        self._estimator, self._own, self._spec = estimator, estimator, spec
        self._shape: tuple[int, int] | None = None

    @property
    def spec(self) -> DecoderSpec:
        """What it needs and answers."""
        return self._spec

    def prepare(self, delivered: StreamSpec) -> None:
        """Take the spec that the pipeline delivers; forget the person.

        Raises
        ------
        SpecMismatch
            If they do not fit.
        """
        self._spec.check(delivered)
        self._shape = (max(1, round(self._spec.window_s * delivered.rate_hz)), delivered.n_channels)
        self._own = self._estimator

    def warm_up(self) -> None:
        """Run once on noise, adaptation included where it is asked for; nothing of it is kept."""
        if self._shape is None:
            raise ModelError(f"{self._spec.model_id}: prepare() comes before warm_up()")
        rng = np.random.default_rng(0)
        noise = rng.standard_normal((N_WARM_UP, *self._shape[::-1])).astype(np.float32)
        estimator = self._own
        if self._spec.calibration_s:
            estimator = self._adaptive().for_person(noise)
        self._probabilities(estimator, noise[:1])

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Adapt to a person by windows of rest, or by labelled windows.

        Raises
        ------
        ModelError
            If the estimator cannot adapt, there is no window, or it asks for more; or a label is unknown.
        """
        adaptive = self._adaptive()
        if not windows:
            raise ModelError(f"{self._spec.model_id}: no window to adapt to a person by")
        rows = np.concatenate([_for_estimator(window) for window in windows])
        if labels is None:
            self._own = adaptive.for_person(rows)
            return
        unknown = sorted(set(labels) - set(self._spec.classes))
        if unknown or len(labels) != len(windows):
            raise ModelError(f"{self._spec.model_id}: {len(labels)} labels for {len(windows)} windows; unknown are: "
                             f"{', '.join(unknown) or 'none'}")  # fmt: skip
        codes = np.array([self._spec.classes.index(label) for label in labels], dtype=np.int64)
        self._own = adaptive.for_person(None, rows, codes)

    def decode(self, window: Window) -> Decision:
        """Decide on one window.

        Raises
        ------
        DecodeFailed
            If a value is not finite.
        """
        if not np.isfinite(window.samples).all():
            raise DecodeFailed(f"{self._spec.model_id}: the window holds values that are not finite")
        p = self._probabilities(self._own, _for_estimator(window))
        start_s, end_s = float(window.times_s[0]), float(window.times_s[-1])
        values = tuple(float(value) for value in p)
        return Decision(window.window_index, start_s, end_s, self._spec.classes, values, self._spec.model_id)

    def close(self) -> None:
        """Nothing to free."""

    def _adaptive(self) -> PersonAdaptive:
        if not isinstance(self._estimator, PersonAdaptive):
            raise ModelError(f"{self._spec.model_id} cannot adapt to a person: it has no for_person")
        return self._estimator

    def _probabilities(self, estimator: Any, windows: Windows) -> NDArray[np.float64]:
        """Return one for each class (n_classes,), 0 for those not met in training; a bare choice is certain."""
        p = np.zeros(len(self._spec.classes))
        if hasattr(estimator, "predict_proba"):
            p[np.asarray(estimator.classes_, dtype=np.int64)] = estimator.predict_proba(windows)[0]
        else:
            p[int(estimator.predict(windows)[0])] = 1.0
        return p


def _for_estimator(window: Window) -> Windows:
    """Return the window as (1, n_channels, n_samples), a copy."""
    return np.array(window.samples.T[None], dtype=np.float32, order="C")
