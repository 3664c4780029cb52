"""A fused classifier on the device that is wanted, and on the CPU from the moment CUDA fails."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from models.csbrain.classifier import Classifier
from models.csbrain.fused import FusedClassifier
from models.csbrain.precision import Precision, usable
from models.csbrain.replayed import CUDA_FAILURES, first_line
from models.placement import Where, place


class PlacedClassifier:
    """Class scores of windows that lie in the computer's own memory, wherever they are computed.

    Parameters
    ----------
    classifier
        On the CPU, where it stays: it is what a failing GPU is replaced by.
    device, precision
        As wanted.
    tell
        Takes a line for everything that is not as wanted.
    """

    def __init__(
        self, classifier: Classifier, device: Where, precision: Precision, tell: Callable[[str], None]
    ) -> None:
        self._classifier, self._wanted, self._tell = classifier, precision, tell
        placement = place(device)
        if placement.notice:
            tell(placement.notice)
        self.device = placement.device
        self._form: FusedClassifier | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Map (batch, channels, patches, 200) in units of 100 µV to scores (batch, n_classes)."""
        try:
            return self._scores(x)
        except CUDA_FAILURES as exc:
            if self.device.type == "cpu":
                raise
            self._tell(f"the GPU failed, running on the CPU from here on: {first_line(exc)}")
        self.device, self._form = torch.device("cpu"), None
        return self._scores(x)

    def _scores(self, x: Tensor) -> Tensor:
        if self._form is None:
            precision, notice = usable(self._wanted, self.device)
            if notice:
                self._tell(notice)
            on_device = (
                self._classifier if self.device.type == "cpu" else copy.deepcopy(self._classifier).to(self.device)
            )
            self._form = FusedClassifier(on_device, precision)
        return self._form(x.to(self.device)).cpu()
