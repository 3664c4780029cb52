"""miVAE: what activity and stimulus share and what each has for itself; which units and which places it hears."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from models.offline_checkpoint import save_offline
from models.spikes.attribution_figure import draw_attribution
from models.spikes.judging import card, judged
from models.spikes.methods.mivae import MiVaeModel
from models.spikes.methods.mivae import Settings as Method
from models.spikes.mivae.network import MiVaeWeights
from models.spikes.mivae.training import MiVaeSettings, learn
from models.spikes.training_data import SpikeData, sessions
from models.training.fit import FitSettings
from models.training.fit_state import FitState
from models.training.history_figure import draw_history
from models.training.task import Progress
from pipelines.plugins import PluginSettings

STATE, FIGURE, ATTRIBUTION = "state.pt", "loss.png", "attribution.png"


class Settings(PluginSettings):
    """Data, blocks, weights of the terms, and the loop."""

    data: SpikeData = Field(SpikeData(), description="Recordings or simulated animals, and who is held out.")
    n_shared: int = Field(6, ge=1, description="Latents of the shared block.")
    n_private: int = Field(2, ge=0, description="Latents of the population alone.")
    n_irrelevant: int = Field(4, ge=0, description="Latents of the stimulus or behaviour alone.")
    width: int = Field(32, ge=8, description="Of the encoders.")
    embedding_dim: int = Field(24, ge=1, description="Of a unit.")
    conditional: bool = Field(True, description="Priors that know condition, time, units and session; else N(0, 1).")
    weights: MiVaeWeights = Field(MiVaeWeights(), description="What each term of the objective counts.")
    ramp: int = Field(100, ge=1, description="Steps in which the divergences grow to their weights.")
    set_aside: float = Field(0.1, ge=0, lt=1, description="Share of each session's trials for early stopping.")
    epochs: int = Field(40, ge=1, description="Passes over the training trials.")
    patience: int = Field(15, ge=1, description="Epochs without a better loss on trials set aside before stopping.")
    batch_size: int = Field(16, ge=2, description="Trials in a step, of all sessions.")
    learning_rate: float = Field(3e-3, gt=0, description="Highest step size of AdamW.")
    weight_decay: float = Field(1e-3, ge=0, description="Of AdamW.")
    seed: int = Field(0, ge=0, description="Of first weights, order, draws and trials set aside.")

    def learning(self) -> MiVaeSettings:
        """Return what the loop needs."""
        names = {"n_shared", "n_private", "n_irrelevant", "width", "embedding_dim", "conditional"}
        loop = FitSettings(
            self.epochs, self.batch_size, self.learning_rate, self.weight_decay, warmup_epochs=1, patience=self.patience
        )
        sizes = self.model_dump(include=names)
        return MiVaeSettings(self.data.learned_with, sizes, self.weights, self.ramp, self.set_aside, loop)


class MiVaeTask:
    """Trains, judges on the animals held out, and writes weights, card and figures."""

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
        progress.phase("judging")
        reader = MiVaeModel(Method(covariate=s.data.learned_with))
        reader.adopt(network)
        metrics: dict[str, Any] = {"best_epoch": history.best_epoch + 1, "loss": history.loss}
        metrics["unseen"] = judged({"miVAE, shared block": reader}, s.data, there, s.seed, progress)
        draw_attribution(network, (there.unseen or there.learned)[0], s.data.learned_with, out / ATTRIBUTION)
        summary = f"miVAE, {s.n_shared} shared latents, learned with {s.data.learned_with}; research, offline"
        table = card("mivae", summary, network, s.model_dump(mode="json"), there, metrics)
        save_offline(out, table, network.state_dict())
        state.remove()


def build(settings: Settings) -> MiVaeTask:
    """Make the task.

    Raises
    ------
    ConfigError
        If no data are named.
    """
    settings.data.check("mivae")
    return MiVaeTask(settings)
