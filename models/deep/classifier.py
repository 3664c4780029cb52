"""A network as a scikit-learn classifier: from scratch, or from weights fully, linearly or by low-rank adapters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.csbrain.weights import read_official
from models.deep.adaptation import Adaptation, trained_part
from models.deep.builders import builder
from models.deep.networks import Scaler, Shape
from models.deep.transfer import load_backbone
from models.placement import Where, place
from models.training.fit import FitSettings, History, fit, scores
from models.window_estimator import Codes, Floats, WindowClassifier
from pipelines.errors import ConfigError


class DeepClassifier(WindowClassifier):
    """Windows float32 (n_windows, n_channels, n_times), microvolts.

    Parameters
    ----------
    network
        Name of the network; see :mod:`models.deep.builders`.
    network_settings
        Further arguments of its builder.
    weights
        File of the user's own pretrained weights (``.safetensors``, or ``torch.save`` read without running code).
    adaptation
        Which part is trained; all but ``scratch`` need weights.
    epochs, batch_size, learning_rate, weight_decay, warmup_epochs, label_smoothing, patience
        Of training; see :class:`models.training.fit.FitSettings`.
    device
        ``auto``, ``cpu`` or ``cuda``.
    rate_hz, channels
        Of the windows; set by the benchmark.
    random_state
        Seed.
    """

    def __init__(
        self,
        network: str = "EEGNet",
        *,
        network_settings: Mapping[str, Any] | None = None,
        weights: str = "",
        adaptation: Adaptation = "scratch",
        epochs: int = 40,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.05,
        warmup_epochs: int = 3,
        label_smoothing: float = 0.1,
        patience: int = 10,
        device: Where = "cpu",
        rate_hz: float | None = None,
        channels: tuple[str, ...] | None = None,
        random_state: int = 0,
    ) -> None:
        self.network = network
        self.network_settings = network_settings
        self.weights = weights
        self.adaptation = adaptation
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.warmup_epochs = warmup_epochs
        self.label_smoothing = label_smoothing
        self.patience = patience
        self.device = device
        self.rate_hz = rate_hz
        self.channels = channels
        self.random_state = random_state

    def fit(self, X: Any, y: Any, X_val: Any = None, y_val: Any = None) -> Self:
        """Train; with validation windows, stop early and keep the best epoch.

        Raises
        ------
        ConfigError
            If the adaptation needs weights and none are given, or the other way round.
        CheckpointInvalid
            If the weights cannot be read, or do not fit the network.
        ValueError
            If a value is not finite, the lengths differ, only one class is there, or the rate was not set.
        """
        if (self.adaptation == "scratch") == bool(self.weights):
            raise ConfigError(
                f"adaptation = {self.adaptation!r} "
                + ("takes no weights: name another one" if self.weights else "needs weights = 'FILE'")
            )
        windows, codes = self._labelled(X, y)
        validation = None if X_val is None or y_val is None else (self._windows(X_val), self._codes(y_val))
        self._train(windows, codes, validation)
        return self

    def _learn(self, windows: NDArray[Any], codes: Codes) -> None:
        self._train(windows, codes, None)

    def _train(self, windows: NDArray[Any], codes: Codes, validation: tuple[NDArray[Any], Codes] | None) -> None:
        x = self._tensor(windows)
        with torch.random.fork_rng():
            torch.manual_seed(self.random_state)
            shape = Shape(x.shape[1], x.shape[2], len(self.classes_), self._rate(), tuple(self.channels or ()))
            network = builder(self.network, self.network_settings or {})(shape)
            if self.weights:
                load_backbone(network, read_official(self.weights), self.weights)
            network.module.to(x.device)
            parameters, set_mode = trained_part(network, self.adaptation)
            self.scaler_ = Scaler(network.scale)
            self.scaler_.fit(x)
            held_out = None
            if validation is not None:
                held_out = self.scaler_(self._tensor(validation[0])), torch.as_tensor(validation[1], device=x.device)
            train = (self.scaler_(x), torch.as_tensor(codes, device=x.device))
            self.history_: History = fit(network.module, parameters, train, self._settings(), held_out, set_mode)
        self.module_ = network.module

    def _probabilities(self, windows: NDArray[Any]) -> Floats:
        found = scores(self.module_, self.scaler_(self._tensor(windows)), self.batch_size)
        return np.asarray(torch.softmax(found.double(), dim=1).cpu().numpy())

    def _codes(self, y: Any) -> Codes:
        """Return the position of each validation label in ``classes_``."""
        labels = np.asarray(y)
        unknown = sorted({str(label) for label in labels[~np.isin(labels, self.classes_)]})
        if unknown:
            raise ValueError(f"validation windows have classes that training has not: {', '.join(unknown)}")
        return np.searchsorted(self.classes_, labels).astype(np.int64)

    def _tensor(self, windows: NDArray[Any]) -> Tensor:
        # A copy: windows may be read-only views into a memory-mapped file, or run backwards.
        return torch.from_numpy(np.array(windows, dtype=np.float32, order="C")).to(place(self.device).device)

    def _settings(self) -> FitSettings:
        return FitSettings(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            warmup_epochs=self.warmup_epochs,
            label_smoothing=self.label_smoothing,
            patience=self.patience,
            seed=self.random_state,
        )
