"""A network as a scikit-learn classifier: from scratch, or from weights fully, linearly or by low-rank adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from models.csbrain.weights import read_official
from models.deep.low_rank import add_low_rank
from models.deep.networks import Builder, Network, Scaler, Shape
from models.deep.transfer import load_backbone
from models.estimator import Windows
from models.placement import Where, place
from models.training.fit import FitSettings, History, fit, scores
from pipelines.errors import ConfigError

Adaptation = Literal["scratch", "full", "linear", "lora"]
"""Random start and all trained · weights and all trained · weights and head trained · weights, adapters and head."""

DEFAULTS = FitSettings()


class DeepClassifier(ClassifierMixin, BaseEstimator):
    """Windows float32 (n_windows, n_channels, n_times), microvolts.

    Parameters
    ----------
    builder
        Makes the network for a :class:`Shape`.
    weights
        File of the user's own pretrained weights (``.safetensors``, or ``torch.save`` read without running code).
    adaptation
        Which part is trained; all but ``scratch`` need weights.
    settings
        Of training. ``random_state`` replaces its seed.
    device
        ``auto``, ``cpu`` or ``cuda``.
    rate_hz, channels
        Of the windows; set by the benchmark.
    random_state
        Seed.
    """

    def __init__(
        self,
        builder: Builder,
        *,
        weights: str = "",
        adaptation: Adaptation = "scratch",
        settings: FitSettings = DEFAULTS,
        device: Where = "cpu",
        rate_hz: float = 0.0,
        channels: tuple[str, ...] = (),
        random_state: int = 0,
    ) -> None:
        self.builder = builder
        self.weights = weights
        self.adaptation = adaptation
        self.settings = settings
        self.device = device
        self.rate_hz = rate_hz
        self.channels = channels
        self.random_state = random_state

    def fit(self, X: Windows, y: NDArray[Any], X_val: Windows | None = None, y_val: NDArray[Any] | None = None) -> Self:
        """Train; with validation windows, stop early and keep the best epoch.

        Raises
        ------
        ConfigError
            If the adaptation needs weights and none are given, or the other way round.
        CheckpointInvalid
            If the weights cannot be read, or do not fit the network.
        ValueError
            If windows are not finite or there is only one class.
        """
        if (self.adaptation == "scratch") == bool(self.weights):
            raise ConfigError(
                f"adaptation = {self.adaptation!r} "
                + ("takes no weights: name another one" if self.weights else "needs weights = 'FILE'")
            )
        x = self._tensor(X)
        self.classes_, targets = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"training needs two classes or more, got {self.classes_.tolist()}")
        with torch.random.fork_rng():
            torch.manual_seed(self.random_state)
            shape = Shape(x.shape[1], x.shape[2], len(self.classes_), self.rate_hz, tuple(self.channels))
            network = self.builder(shape)
            if self.weights:
                load_backbone(network, read_official(self.weights), self.weights)
            network.module.to(x.device)
            parameters, set_mode = self._trained(network)
            self.scaler_ = Scaler(network.scale)
            self.scaler_.fit(x)
            validation = None if X_val is None or y_val is None else self._validation(X_val, y_val)
            settings = replace(self.settings, seed=self.random_state)
            train = (self.scaler_(x), torch.as_tensor(targets, device=x.device))
            self.history_: History = fit(network.module, parameters, train, settings, validation, set_mode)
        self.module_ = network.module
        return self

    def predict_proba(self, X: Windows) -> NDArray[np.float64]:
        """Return probabilities (n_windows, n_classes)."""
        check_is_fitted(self)
        found = scores(self.module_, self.scaler_(self._tensor(X)), self.settings.batch_size)
        return np.asarray(torch.softmax(found.double(), dim=1).cpu().numpy())

    def predict(self, X: Windows) -> NDArray[Any]:
        """Return the most probable class of each window."""
        chosen = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[chosen])

    def _validation(self, X: Windows, y: NDArray[Any]) -> tuple[Tensor, Tensor]:
        x = self._tensor(X)
        known = np.isin(y, self.classes_)
        if not known.all():
            raise ValueError(f"validation windows have classes that training has not: {set(y) - set(self.classes_)}")
        return self.scaler_(x), torch.as_tensor(np.searchsorted(self.classes_, y), device=x.device)

    def _tensor(self, X: Windows) -> Tensor:
        rows = np.ascontiguousarray(X, dtype=np.float32)
        if rows.ndim != 3:
            raise ValueError(f"windows must be (n_windows, n_channels, n_times), got {rows.shape}")
        if not np.isfinite(rows).all():
            raise ValueError("windows hold values that are not finite")
        return torch.from_numpy(rows).to(place(self.device).device)

    def _trained(self, network: Network) -> tuple[list[nn.Parameter], Callable[[bool], object]]:
        """Return what is trained, and how the module is put into training mode: a frozen backbone stays in eval."""
        module = network.module
        if self.adaptation in ("scratch", "full"):
            return [p for p in module.parameters() if p.requires_grad], module.train
        if self.adaptation == "lora":
            adapters = add_low_rank(module, network.head)
        else:
            adapters = []
            for parameter in module.parameters():
                parameter.requires_grad_(False)
        head = network.head_parameters()
        for parameter in head:
            parameter.requires_grad_(True)
        return adapters + head, partial(_only_head_trains, module, network.head)


def _only_head_trains(module: nn.Module, head: str, training: bool) -> None:
    module.eval()
    for name, layer in module.named_modules():
        if name.startswith(head):
            layer.train(training)
