"""CSBrain trained on windows aligned to each person's rest, so that a stranger needs a minute of rest. In µV.

The rest whitens every window (Euclidean or affine-invariant mean, :mod:`models.alignment`), in training and afterwards.
Of the people who teach, some are set aside to stop training early. The live decoder ``csbrain`` does the same with a
checkpoint of ``bci-app train finetune.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.utils.validation import check_is_fitted

from models.alignment import MIN_WINDOWS, RestAlignment
from models.deep.builders import CSBRAIN
from models.deep.classifier import DeepClassifier
from models.deep.settings import TrainedSettings
from models.window_estimator import Codes, Floats, WindowClassifier
from pipelines.errors import ModelError


class Settings(TrainedSettings):
    """Size, alignment, from what it starts, and how it is trained."""

    n_layers: int = Field(2, ge=1, description="Layers; official weights need 12.")
    d_model: int = Field(80, ge=40, description="Width; a multiple of 40 and of n_heads.")
    n_heads: int = Field(4, ge=1, description="Heads of attention.")
    d_ff: int = Field(160, ge=1, description="Width inside the feed-forward layers.")
    alignment: Literal["euclid", "riemann"] = Field(
        "euclid", description="Mean of rest: arithmetic or affine-invariant."
    )
    people_aside: int = Field(4, ge=0, description="Of those who teach, how many stop training early.")


class CSBrainRest(WindowClassifier):
    """See the module.

    Parameters
    ----------
    settings
        Size, alignment and training.
    rate_hz, channels
        Of the windows; set by the benchmark.
    random_state
        Seed of everything, who is set aside included.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        rate_hz: float | None = None,
        channels: tuple[str, ...] | None = None,
        random_state: int = 0,
    ) -> None:
        self.settings = settings
        self.rate_hz = rate_hz
        self.channels = channels
        self.random_state = random_state

    def fit_people(self, X: Any, y: Any, people: Any, rest: Mapping[str, Any]) -> Self:
        """Learn from people who each have rest; then :meth:`for_person` must be called before predictions.

        Raises
        ------
        ModelError
            If somebody's rest is missing or too short.
        ValueError
            If a value is not finite, the lengths differ, or only one class is there.
        """
        windows, codes = self._labelled(X, y)
        names = np.asarray(people)
        if len(names) != len(windows):
            raise ValueError(f"people names {len(names)} windows, X has {len(windows)}")
        aligned = np.empty(windows.shape, dtype=np.float32)
        for name in np.unique(names):
            if name not in rest:
                raise ModelError(f"{type(self).__name__}: no rest of {name}")
            aligned[names == name] = self._alignment(rest[name], f"rest of {name}")(windows[names == name])
        self.relative_ = True
        self.alignment_: RestAlignment | None = None
        self._train(aligned, codes, names)
        return self

    def for_person(self, rest: Any, X: Any = None, y: Any = None) -> Self:
        """Return a copy for one person by their rest.

        Raises
        ------
        ModelError
            If rest is missing or too short, or labelled windows are given: the network is not trained further.
        """
        check_is_fitted(self)
        if X is not None or rest is None or not self.relative_:
            raise ModelError(f"{type(self).__name__}: adapts to rest alone, after fit_people")
        adapted = copy(self)
        adapted.alignment_ = self._alignment(rest, "rest")
        return adapted

    def _alignment(self, rest: Any, what: str) -> RestAlignment:
        windows = self._windows(rest)
        if len(windows) < MIN_WINDOWS or windows.shape[1:] != (self.n_channels_, self.n_times_):
            raise ModelError(
                f"{type(self).__name__}: {what}: needs at least {MIN_WINDOWS} windows of {self.n_channels_} channels "
                f"and {self.n_times_} samples, got {windows.shape}"
            )
        return RestAlignment.of(self._settings.alignment, windows)

    @property
    def _settings(self) -> Settings:
        return self.settings or Settings()

    def _learn(self, windows: NDArray[Any], codes: Codes) -> None:
        self.relative_ = False
        self.alignment_ = None
        self._train(windows, codes, np.zeros(len(codes)))

    def _train(self, windows: NDArray[Any], codes: Codes, people: NDArray[Any]) -> None:
        s = self._settings
        training = {name: getattr(s, name) for name in TrainedSettings.model_fields}
        size = {"n_layers": s.n_layers, "d_model": s.d_model, "n_heads": s.n_heads, "d_ff": s.d_ff}
        network = DeepClassifier(
            CSBRAIN, network_settings=size, rate_hz=self.rate_hz, channels=self.channels,
            random_state=self.random_state, **training,
        )  # fmt: skip
        names = np.unique(people)
        drawn = np.random.default_rng(self.random_state).permutation(len(names))[: min(s.people_aside, len(names) - 1)]
        aside = np.isin(people, names[drawn])
        held_out = (windows[aside], codes[aside]) if aside.any() else (None, None)
        self.network_ = network.fit(windows[~aside], codes[~aside], *held_out)

    def _probabilities(self, windows: NDArray[Any]) -> Floats:
        if self.relative_:
            if self.alignment_ is None:
                raise ModelError(f"{type(self).__name__}: trained relative to rest: call for_person with their rest")
            windows = self.alignment_(windows)
        found = np.zeros((len(windows), len(self.classes_)))
        found[:, self.network_.classes_] = self.network_.predict_proba(windows)
        return found


def build(settings: Settings) -> CSBrainRest:
    """Make the estimator."""
    return CSBrainRest(settings)
