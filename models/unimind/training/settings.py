"""How UniMind is trained."""

from __future__ import annotations

from pydantic import Field

from models.placement import Where
from models.unimind.encoders import EncoderSettings
from models.unimind.network import ConnectorSettings
from pipelines.plugins import PluginSettings


class Stage(PluginSettings):
    """Steps of one stage."""

    steps: int = Field(0, ge=0, description="Most steps; 0 leaves the stage out.")
    batch_size: int = Field(64, ge=1, description="Windows in a step; tasks and electrodes mix.")
    learning_rate: float = Field(1e-3, gt=0, description="Highest step size of AdamW.")
    judge_every: int = Field(50, ge=1, description="Steps between two looks at the held-out windows.")
    judge_windows: int = Field(400, ge=1, description="Most held-out windows of a task that are looked at.")
    patience: int = Field(6, ge=1, description="Looks without a better figure before the stage ends.")


class Lora(PluginSettings):
    """Adapters of the language model; the published ones have rank 16."""

    rank: int = Field(0, ge=0, description="0: the language model stays as it is.")
    alpha: float = Field(32.0, gt=0, description="Strength of the adapters.")
    dropout: float = Field(0.05, ge=0, lt=1, description="Of the adapters, in training alone.")


class UniMindSettings(PluginSettings):
    """Network, language model, stages."""

    encoder: EncoderSettings = Field(EncoderSettings(), description="What makes tokens of EEG.")
    connector: ConnectorSettings = Field(ConnectorSettings(), description="What makes few tokens of many.")
    views: bool = Field(
        default=True, description="Measure what classical decoders do of whole windows; each task chooses one view."
    )
    language: str = Field(
        "smollm2", description="smollm2, the folder of a causal language model, tiny (tests), or none: heads alone."
    )
    lora: Lora = Field(Lora(), description="Adapters of the language model.")
    by_head: Stage = Field(
        Stage(steps=600), description="First stage: encoder, connector and a linear head for each task."
    )
    by_language: Stage = Field(
        Stage(steps=150, batch_size=16, judge_windows=16, patience=3),
        description="Second stage: the answers' likelihood, through the language model.",
    )
    trunk_rate: float = Field(0.1, ge=0, le=1, description="Second stage: rate of what the first trained, in its own.")
    weight_decay: float = Field(0.01, ge=0, description="Of AdamW.")
    warmup: float = Field(0.03, ge=0, lt=1, description="Share of a stage's steps in which the rate rises.")
    clip: float = Field(1.0, gt=0, description="Largest norm of the gradient.")
    task_temperature: float = Field(
        2.0, ge=1, description="Tasks are drawn by their windows' number to 1/this: 1 by number, large all alike."
    )
    class_balance: bool = Field(default=True, description="Draw all options of a task alike.")
    task_free: float = Field(0.15, ge=0, lt=1, description="Chance that a window's task is hidden from the queries.")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="Share of a target spread over the options.")
    next_token: float = Field(
        0.1, ge=0, description="Weight of the answer's next-token loss, which is the published one."
    )
    head_weight: float = Field(0.5, ge=0, description="Weight of the heads' loss in the second stage.")
    balance: float = Field(0.01, ge=0, description="Weight of the routers' balance term.")
    unsure_band: float = Field(0.1, ge=0, le=1, description="Lead of the best option below which nothing is named.")
    calibration_windows: int = Field(
        96, ge=8, description="Held-out windows of a task for its temperature, second stage."
    )
    seed: int = Field(0, ge=0, description="Of first weights, order and dropout.")
    device: Where = Field("auto", description="auto, cpu or cuda.")
