"""SynBrain for one subject: both stages, or a new subject from a trained one; judged once on test images.

Simple encoders are judged beside it on the same trials and stand in the card.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from models.checkpoints import Training
from models.fmri.encoder import Encoder, Tokens, Values
from models.fmri.synbrain.adaptation import adapt
from models.fmri.synbrain.cost import cost
from models.fmri.synbrain.generator import SynBrain, load
from models.fmri.synbrain.pairs import Pairs
from models.fmri.synbrain.size import PUBLISHED_MAPPER, PUBLISHED_TOKENS, PUBLISHED_VAE, MapperSize, VaeSize
from models.fmri.synbrain.training import STAGES, Learning, Learnt, Teacher
from models.fmri.training_data import FmriData, Scanned, scanned
from models.metrics import samplers
from models.metrics.voxelwise import correlation, over_ceiling
from models.offline_checkpoint import OfflineCard, save_offline
from models.training.fit_state import FitState
from models.training.history_figure import draw_history
from models.training.task import Progress
from pipelines import plugins
from pipelines.errors import MissingDependency
from pipelines.plugins import PluginSettings

BASELINES = ("mean", "ridge", "ppca")
N_SAMPLES = 40
PUBLISHED_VOXELS = 15724
"""Of the first subject of the Natural Scenes Dataset."""


class Settings(PluginSettings):
    """Data, sizes, and how it learns."""

    data: FmriData = Field(FmriData(), description="Data set, features, and how many images.")
    subject: str = Field("", description="Whose responses; empty: the first.")
    preset: Literal["own", "published"] = Field(
        "own", description="published: the sizes of the release, whatever the tables vae and mapper say."
    )
    vae: VaeSize = Field(VaeSize(), description="Of BrainVAE.")
    mapper: MapperSize = Field(MapperSize(), description="Of the Semantic-to-Neural mapper.")
    learning: Learning = Field(Learning(), description="How both learn.")
    adapt_from: str = Field("", description="Checkpoint folder of another subject's model: follow the new one from it.")
    seed: int = Field(0, ge=0, description="Of first weights, order, draws and images left out.")


class SynBrainTask:
    """Trains, judges on test images, and writes weights, card and figures."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, out: Path, progress: Progress) -> None:
        """Run to the end, from where an earlier run of the same folder was stopped.

        Raises
        ------
        Stopped
            If it was asked to end early; finished epochs are kept.
        BciError
            If data are missing or training fails.
        """
        s = self._settings
        there = scanned(s.data, s.subject, out / "features", s.seed)
        pairs = Pairs.of(there.responses, there.features)
        model, learnt = self._learn(there, pairs, out, progress)
        if learnt.alarm:
            progress.say(learnt.alarm)
        progress.phase("judging")
        metrics = self._judged(model, there, learnt)
        for name, figures in metrics["models"].items():
            progress.say(f"{name}: " + ", ".join(f"{metric} {value:.3f}" for metric, value in figures.items()))
        self._draw(learnt, out, progress)
        tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
        save_offline(out, self._card(model, there, metrics), tensors)
        for stage in STAGES:
            FitState(out / f"{stage}.pt").remove()

    def _learn(self, there: Scanned, pairs: Pairs, out: Path, progress: Progress) -> tuple[SynBrain, Learnt]:
        s = self._settings
        rows = there.split.train, there.split.validation
        if s.adapt_from:
            source = load(s.adapt_from)
            return adapt(source, pairs, there.parcels, *rows, s.learning, s.seed, out, progress)
        vae, mapper = (PUBLISHED_VAE, PUBLISHED_MAPPER) if s.preset == "published" else (s.vae, s.mapper)
        progress.say(f"this run: {cost(vae, mapper, pairs.shape, there.parcels)}")
        published = cost(PUBLISHED_VAE, PUBLISHED_MAPPER, PUBLISHED_TOKENS, [0] * PUBLISHED_VOXELS)
        progress.say(f"published, {PUBLISHED_VOXELS} voxels: {published}")
        with torch.random.fork_rng():
            torch.manual_seed(s.seed)
            model = SynBrain(vae, mapper, pairs.shape, there.parcels, s.learning.latent_rank)
        return model, Teacher(model, pairs, *rows, s.learning, s.seed, out, progress).learn()

    def _judged(self, model: SynBrain, there: Scanned, learnt: Learnt) -> dict[str, Any]:
        test, train = there.split.test, there.split.train
        judge = _Judge(there)
        tables = {"synbrain": judge(_Sampler(model))}
        validation = there.split.validation
        for kind in BASELINES:
            try:
                encoder: Encoder = plugins.make("encoders", {"kind": kind})
                values = there.responses.values
                encoder.fit(there.tokens(train), values[train], (there.tokens(validation), values[validation]))
            except MissingDependency:
                continue
            tables[kind] = judge(encoder)
        sides = {"train": len(train), "validation": len(validation), "test": len(test)}
        return {
            "judged_by": "test images, never looked at before", "n_trials": sides, "models": tables,
            "active_latents": learnt.active, "latents": learnt.n_latent,
            "epochs": {"brainvae": learnt.vae.best_epoch + 1, "mapper": learnt.mapper.best_epoch + 1},
        }  # fmt: skip

    def _card(self, model: SynBrain, there: Scanned, metrics: dict[str, Any]) -> OfflineCard:
        s = self._settings
        return OfflineCard(
            kind="synbrain",
            summary=f"{there.title}, subject {there.responses.subject}: single-trial responses to images; research",
            architecture=model.architecture | {"features": there.features.source},
            settings=s.model_dump(mode="json"),
            training=Training(
                dataset=there.title, subjects=(there.responses.subject,), files=there.hashes,
                commands=("bci-app train FILE.toml",), seed=s.seed,
            ),
            metrics=metrics,
        )  # fmt: skip

    def _draw(self, learnt: Learnt, out: Path, progress: Progress) -> None:
        for name, history in zip(STAGES, (learnt.vae, learnt.mapper), strict=True):
            if history.loss:
                draw_history(history, "−loss", out / f"{name}.png")
        terms = {name: asdict(history) for name, history in zip(STAGES, (learnt.vae, learnt.mapper), strict=True)}
        progress.say(", ".join(f"{name}: epoch {h['best_epoch'] + 1} of {len(h['loss'])}" for name, h in terms.items()))


class _Samples(Protocol):
    """What is judged."""

    def predict_mean(self, tokens: Tokens) -> Values: ...

    def sample(self, tokens: Tokens, n: int, seed: int = 0) -> NDArray[np.float32]: ...


class _Sampler:
    """A trained model that takes and gives arrays."""

    def __init__(self, model: SynBrain) -> None:
        self._model = model

    def predict_mean(self, tokens: Tokens) -> Values:
        found: Values = self._model.predict_mean(torch.from_numpy(tokens)).numpy()
        return found

    def sample(self, tokens: Tokens, n: int, seed: int = 0) -> NDArray[np.float32]:
        drawn: NDArray[np.float32] = self._model.sample(torch.from_numpy(tokens), n, seed).numpy()
        return drawn


class _Judge:
    """Figures on test images: the mean by stimulus means, the spread by single trials."""

    def __init__(self, there: Scanned) -> None:
        test = there.responses.of_trials(there.split.test)
        self._means, self._values = test.stimulus_means(), test.values
        self._mean_tokens = there.features.tokens_of(self._means.trials.stimulus)
        self._tokens = there.tokens(there.split.test)
        self._n_averaged = int(self._means.trials.n_averaged.min())

    def __call__(self, encoder: _Samples) -> dict[str, float]:
        r = correlation(self._means.values, encoder.predict_mean(self._mean_tokens))
        draws = encoder.sample(self._tokens, N_SAMPLES, 1)
        over = over_ceiling(r, self._means.voxels.ncsnr, self._n_averaged)
        found = {
            "voxelwise_r": float(r.mean()),
            "r_over_ceiling": float(np.nanmean(over)) if np.isfinite(over).any() else float("nan"),
            "energy_score": float(samplers.energy_score(draws, self._values).mean()),
            "coverage_90": float(samplers.coverage(draws, self._values).mean()),
        }
        for name in self._means.voxels.rois:
            found[f"voxelwise_r {name}"] = float(r[self._means.voxels.roi == name].mean())
        return {name: round(value, 4) for name, value in found.items() if np.isfinite(value)}


def build(settings: Settings) -> SynBrainTask:
    """Make the task.

    Raises
    ------
    ConfigError
        If no data set is named.
    """
    settings.data.check("synbrain")
    return SynBrainTask(settings)
