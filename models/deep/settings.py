"""Settings that all trained networks share."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from models.deep.adaptation import Adaptation
from models.deep.classifier import DeepClassifier
from models.placement import Where
from pipelines.plugins import PluginSettings


class TrainedSettings(PluginSettings):
    """From what a network starts, and how it is trained."""

    weights: str = Field("", description="File of pretrained weights.")
    adaptation: Adaptation = Field("scratch", description="Which part is trained; all but scratch need weights.")
    epochs: int = Field(40, ge=1, description="Passes over the training windows, at most.")
    batch_size: int = Field(64, ge=1, description="Windows in each step.")
    learning_rate: float = Field(1e-3, gt=0, description="Highest step size of AdamW.")
    weight_decay: float = Field(0.05, ge=0, description="Weight decay of AdamW.")
    warmup_epochs: int = Field(3, ge=0, description="Epochs in which the step size grows to its highest.")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="Share of each target that is spread over all classes.")
    patience: int = Field(10, ge=1, description="Epochs without a better validation figure before stopping.")
    device: Where = Field("cpu", description="auto, cpu or cuda.")

    def classifier(self, network: str, **network_settings: Any) -> DeepClassifier:
        """Make the estimator around a network."""
        training = {name: getattr(self, name) for name in TrainedSettings.model_fields}
        return DeepClassifier(network, network_settings=network_settings or None, **training)
