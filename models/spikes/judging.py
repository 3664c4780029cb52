"""Figures of a latent model on animals it never saw, beside the simplest that could be said; the card they go into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.checkpoints import Training
from models.offline_checkpoint import OfflineCard
from models.spikes.bench.reading import compared, halves, mean_figures, read_unseen
from models.spikes.latent_model import LatentModel
from models.spikes.training_data import Sessions, SpikeData, targets
from models.training.task import Progress
from pipelines.plugins import make

BASELINES: Mapping[str, Mapping[str, Any]] = {"global rate": {"kind": "global_rate"}, "PCA": {"kind": "linear"}}
PROTOCOL = (
    "animals never seen, second half of their trials; from latents to truth by a ridge of the animals learned from; r "
    "after the time course and the global rate are taken from both, r_rotated after a rotation found on other trials. "
    "The mean predictor has r2 0 at best and r 0"
)


def judged(
    models: Mapping[str, LatentModel], data: SpikeData, there: Sessions, seed: int, progress: Progress
) -> dict[str, Any]:
    """Return figures of fitted models and of baselines fitted here, by name; empty where nobody was held out."""
    if not there.unseen:
        return {}
    truth = targets(there.learned, data.learned_with)
    table: dict[str, LatentModel] = dict(models)
    for name, row in BASELINES.items():
        table[name] = make("latent_models", dict(row))
        table[name].fit(there.learned, seed, progress)
    found: dict[str, Any] = {"protocol": PROTOCOL}
    for name, model in table.items():
        figures = []
        for trials in there.unseen:
            calibration, test = halves(trials)
            said = read_unseen(model, there.learned, truth, calibration, test)
            figures.append(compared(said, targets([test], data.learned_with)[0], test.global_rate))
        found[name] = {key: round(value, 4) for key, value in mean_figures(figures).items()}
        figure = found[name]
        progress.say(
            f"{name}: r {figure['r']:.3f} (rotated {figure['r_rotated']:.3f}), R² {figure['r2']:.3f} on "
            f"{len(there.unseen)} animals never seen"
        )
    return found


def card(
    kind: str, summary: str, network: Any, settings: dict[str, Any], there: Sessions, metrics: dict[str, Any]
) -> OfflineCard:
    """Return the card of a trained network; ``settings`` are those of its task."""
    return OfflineCard(
        kind=kind,
        summary=summary,
        architecture=network.architecture.model_dump(mode="json"),
        settings=settings,
        training=Training(
            dataset=settings["data"]["layout"],
            subjects=tuple(dict.fromkeys(t.units.subject for t in there.learned)),
            files=there.hashes,
            commands=(f"bci-app train {kind}.toml",),
            seed=settings["seed"],
        ),
        metrics=metrics,
    )
