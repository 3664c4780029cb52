"""PNBA: neural activity and behaviour (or what is seen) in one latent space, for animals it never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from models.offline_checkpoint import save_offline
from models.spikes.judging import card, judged
from models.spikes.methods.pnba import PnbaModel
from models.spikes.methods.pnba import Settings as Method
from models.spikes.pnba.objective import Weights
from models.spikes.pnba.training import PnbaSettings, learn
from models.spikes.training_data import Sessions, SpikeData, sessions
from models.training.fit import FitSettings
from models.training.fit_state import FitState
from models.training.history_figure import draw_history
from models.training.task import Progress
from pipelines.plugins import PluginSettings

STATE, FIGURE = "state.pt", "loss.png"


class Settings(PluginSettings):
    """Data, sizes, weights of the terms, and the loop."""

    data: SpikeData = Field(SpikeData(), description="Recordings or simulated animals, and who is held out.")
    front_end: Literal["set", "published"] = Field(
        "set", description="published: convolutions over the number of a unit, for comparison."
    )
    published_width: int = Field(64, ge=8, description="Of the published front end; 64 is the published one.")
    n_latents: int = Field(8, ge=1, description="Per bin.")
    width: int = Field(48, ge=8, description="Of the set encoder.")
    embedding_dim: int = Field(24, ge=1, description="Of a unit.")
    statistics: bool = Field(False, description="Whether statistics of a unit's counts stand beside its table.")
    rate_hidden: int = Field(0, ge=0, description="Layer between latents and rates; 0: log-linear rates.")
    weights: Weights = Field(Weights(), description="What each term of the objective counts.")
    free_dropout: float = Field(0.5, ge=0, le=1, description="Share of steps without embeddings of the session's own.")
    set_aside: float = Field(0.1, ge=0, lt=1, description="Share of each session's trials for early stopping.")
    epochs: int = Field(30, ge=1, description="Passes over the training trials.")
    patience: int = Field(10, ge=1, description="Epochs without a better loss on trials set aside before stopping.")
    batch_size: int = Field(32, ge=2, description="Trials in a step, of all sessions.")
    learning_rate: float = Field(3e-3, gt=0, description="Highest step size of AdamW.")
    weight_decay: float = Field(1e-3, ge=0, description="Of AdamW.")
    few_shot_steps: int = Field(150, ge=1, description="Steps that teach the embeddings of an animal never seen.")
    seed: int = Field(0, ge=0, description="Of first weights, order, draws and trials set aside.")

    def learning(self) -> PnbaSettings:
        """Return what the loop needs."""
        names = {"front_end", "published_width", "n_latents", "width", "embedding_dim", "statistics", "rate_hidden"}
        loop = FitSettings(
            self.epochs, self.batch_size, self.learning_rate, self.weight_decay, warmup_epochs=1, patience=self.patience
        )
        sizes = self.model_dump(include=names)
        return PnbaSettings(self.data.learned_with, sizes, self.weights, self.free_dropout, self.set_aside, loop)


class PnbaTask:
    """Trains, judges on the animals held out, and writes weights, card and figure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, out: Path, progress: Progress) -> None:
        """Run to the end, from where an earlier run of the same folder was saved.

        Raises
        ------
        Stopped
            If it was asked to end early; finished epochs are kept.
        BciError
            If data are missing or training fails.
        """
        s = self._settings
        there = sessions(s.data)
        progress.say(f"{len(there.learned)} sessions to learn from, {len(there.unseen)} never seen")
        state = FitState(out / STATE)
        network, history = learn(there.learned, s.learning(), s.seed, state, progress)
        draw_history(history, "−loss", out / FIGURE)
        # Taken now: judging adds rows for the units of animals that were not learned from.
        tensors = {name: value.clone() for name, value in network.state_dict().items()}
        progress.phase("judging")
        metrics: dict[str, Any] = {"best_epoch": history.best_epoch + 1, "loss": history.loss}
        metrics["unseen"] = judged(self._readers(network, there), s.data, there, s.seed, progress)
        summary = f"PNBA, {s.front_end} front end, learned with {s.data.learned_with}; research, offline"
        save_offline(out, card("pnba", summary, network, s.model_dump(mode="json"), there, metrics), tensors)
        state.remove()

    def _readers(self, network: Any, there: Sessions) -> dict[str, PnbaModel]:
        s = self._settings
        readers = {}
        for transfer in ("zero_shot", "few_shot"):
            method = Method(
                covariate=s.data.learned_with,
                transfer=transfer,
                statistics=s.statistics,
                few_shot_steps=s.few_shot_steps,
            )
            readers[f"PNBA, {transfer.replace('_', '-')}"] = PnbaModel(method)
            readers[f"PNBA, {transfer.replace('_', '-')}"].adopt(network, there.learned, s.seed)
        return readers


def build(settings: Settings) -> PnbaTask:
    """Make the task.

    Raises
    ------
    ConfigError
        If no data are named.
    """
    settings.data.check("pnba")
    return PnbaTask(settings)
