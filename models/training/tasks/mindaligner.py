"""MindAligner for two subjects: a new subject's trials into a known one's voxels, from different images.

Closed forms stand beside the gradients, validation chooses, and the winner is judged once on images nobody learnt from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from models.aligner import LinearMap
from models.alignment_link import Link
from models.checkpoints import Training
from models.fmri.mindaligner.candidates import Contest, contest
from models.fmri.mindaligner.scaling import standardised
from models.fmri.mindaligner.training import Learning
from models.fmri.mindaligner.transfer_quality import pattern_quality, spatial_correlation, weight_quality
from models.fmri.training_data import FmriData, Scanned, scanned
from models.metrics.retrieval import top_k
from models.metrics.voxelwise import correlation
from models.offline_checkpoint import OfflineCard, save_offline
from models.ridge_map import ridge_map
from models.training.fit_state import FitState
from models.training.history_figure import draw_history
from models.training.task import Progress
from pipelines import plugins
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings

STATE, FIGURE = "mindaligner.pt", "loss.png"


class Settings(PluginSettings):
    """Data, the two subjects, the matrix, and how it is learnt."""

    data: FmriData = Field(FmriData(), description="Data set, features, and how many images of the new subject.")
    source: str = Field("", description="The new subject; empty: the second.")
    target: str = Field("", description="The known subject, with all its trials; empty: the first.")
    rank: int = Field(0, ge=0, description="Of the matrix; 0: that of the closed form, chosen on folds.")
    validation: float = Field(0.2, gt=0, lt=1, description="Share of the new subject's trials that choose.")
    ship: str = Field("", description="btm, bridge or reduced_rank_bridge: always that one; empty: the winner.")
    learning: Learning = Field(Learning(), description="How gradients find the map.")
    seed: int = Field(0, ge=0, description="Of images and trials drawn, order and partners.")


class MindAlignerTask:
    """Trains, judges on shared test images, and writes the map, its quality by voxel, card and figure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, out: Path, progress: Progress) -> None:
        """Run to the end, from where an earlier run of the same folder was stopped.

        Raises
        ------
        Stopped
            If it was asked to end early; finished epochs are kept.
        BciError
            If data are missing, or the subjects share no test image.
        """
        s = self._settings
        new, known = self._subjects(out)
        x, y = (one.responses.values[_learning_rows(one)] for one in (new, known))
        seen = tuple(one.tokens(_learning_rows(one)).reshape(len(v), -1) for one, v in ((new, x), (known, y)))
        link = Link("btm", x, y, None, (seen[0], seen[1]), None, s.seed)
        sides, scales = standardised(link, s.validation)
        found = contest(sides, s.rank, s.learning, s.seed, s.ship, out, progress)
        shipped = scales.whole(found.map)
        progress.say(f"shipped: {found.shipped}; error on validation: " + ", ".join(
            f"{name} {value:.4f}" for name, value in found.figures.items()))  # fmt: skip
        naive = _naive(x, y, s.seed)
        metrics = self._judged({found.shipped: shipped, "naive ridge": naive}, new, known, found)
        for name, figures in metrics["models"].items():
            progress.say(f"{name}: " + ", ".join(f"{metric} {value:.3f}" for metric, value in figures.items()))
        draw_history(found.learnt.history, "−error of the frozen decoder", out / FIGURE)
        quality = {"transfer_pattern": pattern_quality(shipped, x), "transfer_weight": weight_quality(shipped)}
        save_offline(
            out, self._card(new, known, metrics), {"matrix": shipped.matrix, "offset": shipped.offset, **quality}
        )
        FitState(out / STATE).remove()

    def _subjects(self, out: Path) -> tuple[Scanned, Scanned]:
        s = self._settings
        there = plugins.make("fmri_datasets", s.data.source).subjects()
        if len(there) < 2 and not (s.source and s.target):
            raise ConfigError(f"mindaligner: data: two subjects are needed, there is {', '.join(there)}")
        everything = s.data.model_copy(update={"images": 0})
        new = scanned(s.data, s.source or there[1], out / "features", s.seed)
        return new, scanned(everything, s.target or there[0], out / "features", s.seed)

    def _judged(self, maps: dict[str, LinearMap], new: Scanned, known: Scanned, found: Contest) -> dict[str, Any]:
        first, second = (one.responses.of_trials(one.split.test).stimulus_means() for one in (new, known))
        shared, rows, partners = np.intersect1d(first.trials.stimulus, second.trials.stimulus, return_indices=True)
        if len(shared) < 2:
            raise ConfigError("mindaligner: data: the subjects share no test images to judge by")
        x, truth = first.values[rows], second.values[partners]
        models = {"mean predictor": {"voxelwise_r": 0.0, "top_1": 1 / len(shared)}}
        for name, one in maps.items():
            mapped = one(x)
            models[name] = {
                "voxelwise_r": round(float(correlation(truth, mapped).mean()), 4),
                "pattern_r": round(float(spatial_correlation(mapped, truth).mean()), 4),
                "top_1": round(top_k(mapped, truth), 4),
            }
        return {
            "judged_by": f"{len(shared)} shared test images, means of their trials; nothing was chosen by them",
            "shipped": found.shipped, "rank": found.rank, "validation_error": found.figures, "models": models,
            "epochs": found.learnt.history.best_epoch + 1,
        }  # fmt: skip

    def _card(self, new: Scanned, known: Scanned, metrics: dict[str, Any]) -> OfflineCard:
        s, names = self._settings, (new.responses.subject, known.responses.subject)
        return OfflineCard(
            kind="mindaligner",
            summary=f"{new.title}: subject {names[0]} in the voxels of subject {names[1]}; research",
            architecture={"n_source": new.responses.values.shape[1], "n_target": known.responses.values.shape[1]},
            settings=s.model_dump(mode="json"),
            training=Training(
                dataset=new.title, subjects=names, files=new.hashes | known.hashes,
                commands=("bci-app train FILE.toml",), seed=s.seed,
            ),
            metrics=metrics,
        )  # fmt: skip


def _learning_rows(one: Scanned) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.concatenate([one.split.train, one.split.validation])


def _naive(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], seed: int) -> LinearMap:
    """Ridge on trials put together by chance: what ignoring the stimuli comes to."""
    partner = np.random.default_rng(seed).integers(0, len(y), len(x))
    return ridge_map(x.astype(np.float64), y[partner].astype(np.float64))[0]


def build(settings: Settings) -> MindAlignerTask:
    """Make the task.

    Raises
    ------
    ConfigError
        If no data set is named.
    """
    settings.data.check("mindaligner")
    return MindAlignerTask(settings)
