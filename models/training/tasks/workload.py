"""The classical workload decoders: rest against mental arithmetic on EEGMAT, judged leave-one-subject-out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from models.benchmark import eegmat
from models.checkpoints import Card, Training, save, spec_table
from models.datasets.eegmat import CHANNELS, CLASSES, EegMat
from models.decoder import DecoderSpec
from models.training import workload
from models.training.held_out import Head, Scores, fit_head
from models.training.score_table import score_table
from models.training.task import Progress, Stopped
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings

CAUTION = (
    "Rest and task are separate recordings, so drift and electrode state follow the label. The recordings were cleaned "
    "of blinks by ICA; a live stream is not. Bands and penalties were chosen looking at these same people"
)


class Settings(PluginSettings):
    """Which decoder, from which recordings."""

    data: str = Field("", description="Folder of the EEGMAT recordings.")
    model: Literal["bandpower", "riemann"] = Field("riemann", description="Features of the decoder.")


class WorkloadTask:
    """Trains on all subjects there, judges leave-one-subject-out, and writes the checkpoint."""

    def __init__(self, settings: Settings) -> None:
        self._data, self._model = EegMat(Path(settings.data)), settings.model

    def run(self, out: Path, progress: Progress) -> None:
        """Run from the beginning; nothing is kept of a run that was stopped.

        Raises
        ------
        Stopped
            If it was asked to end early.
        RecordingError
            If the folder does not hold EEGMAT.
        """
        tell = _told(progress)
        judged: tuple[workload.Model, ...] = tuple(dict.fromkeys(("raw", "bandpower", self._model)))
        scores, variants = eegmat.compare(self._data, judged, tell)
        tell("all subjects")
        everybody = eegmat.people(workload.read_recordings(self._data, tell), self._model)
        head = fit_head(everybody, eegmat.REGULARISATION[self._model])
        metrics = {
            "protocol": str(eegmat.__doc__),
            "models": score_table(scores),
            f"{self._model}, otherwise": score_table(variants),
        }
        save(out, self._card(head, metrics, len(everybody)), {"weights": head.weights, "bias": np.array([head.bias])})
        _say(progress, "leave one subject out", scores)
        _say(progress, f"{self._model}, tested with", variants)

    def _card(self, head: Head, metrics: dict[str, Any], n_people: int) -> Card:
        summary = f"rest against mental arithmetic; EEGMAT, {n_people} people; relative to the person's own rest"
        spec = DecoderSpec(
            model_id=f"workload-{self._model}-1",
            classes=CLASSES,
            window_s=workload.WINDOW_S,
            rate_hz=workload.RATE_HZ,
            channels=CHANNELS,
            pipeline=workload.STAGES,
            calibration_s=workload.REST_S,
            hop_s=0.5,
            summary=summary,
        )
        return Card(
            kind=self._model,
            spec=spec_table(spec),
            settings={"bands_hz": [list(band) for band in workload.BANDS_HZ], "n_tapers": workload.N_TAPERS},
            calibration=head.calibration.to_dict(),
            training=self._training(),
            metrics=metrics,
            summary=f"{summary}. {CAUTION}.",
        )

    def _training(self) -> Training:
        keys = self._data.keys()
        files = [path for key in keys for path in self._data.files(key)]
        return Training(
            dataset="EEGMAT (PhysioNet eegmat 1.0.0, ODC-By 1.0)",
            subjects=tuple(dict.fromkeys(key.subject for key in keys)),
            files={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
            commands=(f"bci-app train workload.toml --set model={self._model} --set data=FOLDER",),
        )


def _told(progress: Progress) -> Callable[[str], None]:
    def tell(text: str) -> None:
        if progress.stop_requested:
            raise Stopped("nothing is kept of a run that takes a minute")
        progress.phase(text)

    return tell


def _say(progress: Progress, title: str, scores: dict[str, Scores]) -> None:
    for name, figures in score_table(scores).items():
        low, high = figures["interval_95"]
        accuracy = f"balanced accuracy {figures['balanced_accuracy']:.3f} (95 % {low:.3f}-{high:.3f}, chance 0.50)"
        progress.say(f"{title}: {name}: {accuracy}, AUROC {figures['auroc']:.3f}")


def build(settings: Settings) -> WorkloadTask:
    """Make the task.

    Raises
    ------
    ConfigError
        If no folder of recordings is named.
    """
    if not settings.data:
        raise ConfigError("workload: data = '': name the folder of the EEGMAT recordings")
    return WorkloadTask(settings)
