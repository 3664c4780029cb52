"""The tables of a fine-tuning file."""

from __future__ import annotations

from pydantic import Field

from models.alignment import Alignment
from models.benchmark.settings.table import Unit
from models.csbrain.heads import Activation, HeadKind
from models.csbrain.tokenizers import Layout
from models.training.fit import FitSettings
from pipelines.plugins import PluginSettings


class Size(PluginSettings):
    """Of a network without weights, or with an official file; a checkpoint folder says its own."""

    n_layers: int = Field(12, ge=1, description="Layers; official weights have 12.")
    d_model: int = Field(200, ge=40, description="Width; a multiple of 40 and of n_heads.")
    n_heads: int = Field(8, ge=1, description="Heads of attention.")
    d_ff: int = Field(800, ge=1, description="Width inside the feed-forward layers.")
    layout: Layout = Field("official", description="How the temporal tokenizer reads its tokens.")
    ssa: bool = Field(True, description="Whether tokens attend to one another; False is for ablations.")
    region_tokenizer: bool = Field(True, description="Whether regions have tokens; False is for ablations.")


class Head(PluginSettings):
    """What is put on the network."""

    kind: HeadKind = Field(
        "mean", description="mean, attention, flatten (the published MLP), or sequence (the published one for sleep)."
    )
    hidden: tuple[int, ...] = Field((), description="Widths of the flatten and sequence heads.")
    activation: Activation = Field("elu", description="Of the flatten and sequence heads.")
    dropout: float = Field(0.1, ge=0, lt=1, description="In the flatten and sequence heads.")
    context: int = Field(20, ge=2, description="Consecutive windows that the sequence head decides on together.")


class Training(PluginSettings):
    """How it is trained; see :class:`models.training.fit.FitSettings`."""

    epochs: int = Field(30, ge=1, description="Passes over the training windows, at most.")
    batch_size: int = Field(64, ge=1, description="Windows in each step; sequences of them for the sequence head.")
    learning_rate: float = Field(3e-4, gt=0, description="Highest step size of AdamW.")
    final_rate: float = Field(0.01, ge=0, le=1, description="Share of it that is left at the end of the cosine.")
    weight_decay: float = Field(0.05, ge=0, description="Weight decay of AdamW.")
    warmup_epochs: int = Field(2, ge=0, description="Epochs in which the step size grows to its highest.")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="Share of each target spread over all classes.")
    class_balance: bool = Field(True, description="Whether a rare class counts as much as a frequent one.")
    clip: float = Field(1.0, gt=0, description="Largest norm of the gradient.")
    patience: int = Field(8, ge=1, description="Epochs without a better validation figure before stopping.")
    dropout: float = Field(0.1, ge=0, lt=1, description="In the network.")
    head_rate: float = Field(1.0, gt=0, description="What the head's learning rate is multiplied by.")
    layer_decay: float = Field(1.0, gt=0, le=1, description="Learning rate of a layer, in that of the one above it.")

    def fit_settings(self, seed: int) -> FitSettings:
        """Return what the loop takes."""
        names = set(FitSettings.__dataclass_fields__) & set(Training.model_fields)
        return FitSettings(seed=seed, **{name: getattr(self, name) for name in names})


class Split(PluginSettings):
    """Who teaches, who stops training early, and who judges."""

    published: str = Field("", description="Split of the literature by the data set's name for it; excludes the rest.")
    unit: Unit = Field("subject", description="What no two sides share: subject, session, run.")
    test: tuple[str, ...] = Field((), description="Names of units that judge; none: those set aside judge too.")
    validation: tuple[str, ...] = Field((), description="Names of units set aside; none: drawn by lot.")
    validation_count: int = Field(4, ge=1, description="How many are drawn.")


class Rest(PluginSettings):
    """Alignment of every window to the person's rest, in training and live alike."""

    alignment: Alignment = Field("none", description="none, euclid or riemann.")
    rest_s: float = Field(60.0, gt=0, description="Seconds of each person's rest.")


class Trusting(PluginSettings):
    """How it is learned how far the decoder may be believed."""

    groups: int = Field(
        0, ge=0, description="Groups of those who teach, left out in turn, a training each; 0: those set aside alone."
    )
