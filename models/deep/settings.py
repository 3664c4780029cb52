"""Settings that all trained networks share."""

from __future__ import annotations

from pydantic import Field

from models.deep.classifier import Adaptation, DeepClassifier
from models.deep.networks import Builder
from models.placement import Where
from models.training.fit import FitSettings
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

    def classifier(self, builder: Builder) -> DeepClassifier:
        """Make the estimator around a network."""
        training = FitSettings(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            warmup_epochs=self.warmup_epochs,
            label_smoothing=self.label_smoothing,
            patience=self.patience,
        )
        return DeepClassifier(
            builder, weights=self.weights, adaptation=self.adaptation, settings=training, device=self.device
        )
