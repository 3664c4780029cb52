"""The classical workload decoders: rest against mental arithmetic on EEGMAT, judged leave-one-subject-out.

One for all 19 electrodes and one for each smaller set, each with what is known of its trustworthiness.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from models.benchmark import eegmat
from models.checkpoints import MONTAGES, TRUST_PREFIX, Card, Training, save, spec_table
from models.datasets.eegmat import CLASSES, EegMat
from models.decoder import DecoderSpec
from models.reading.folder_data_set import Found
from models.training import workload
from models.training.electrode_sets import FULL, SMALLER, ElectrodeSet
from models.training.held_out import Head, Scores
from models.training.score_table import score_table
from models.training.task import Progress, Stopped
from models.training.trust import MAX_RISK, People, judge, learn, scores_of, trust_figures
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings

CAUTION = (
    "Rest and task are separate recordings, so drift and electrode state follow the label. The recordings were cleaned "
    "of blinks by ICA; a live stream is not. Bands, penalties and electrode sets were chosen looking at these same "
    "people. For research; not a medical device"
)

Tell = Callable[[str], None]


class Settings(PluginSettings):
    """Which decoder, from whose recordings."""

    data: str = Field("", description="Folder of the EEGMAT recordings.")
    model: Literal["bandpower", "riemann"] = Field("riemann", description="Features of the decoder.")
    leave_out: tuple[str, ...] = Field((), description="Subjects nothing is learned from, for example ['07'].")
    smaller: bool = Field(True, description="Whether decoders for smaller electrode sets are trained, too.")
    judged: bool = Field(True, description="Whether it is judged leave-one-subject-out, which takes minutes.")


@dataclass(frozen=True)
class SomePeople(EegMat):
    """The data set without some subjects."""

    leave_out: tuple[str, ...] = ()

    def find(self) -> Found:
        """Return the runs of the others."""
        return {key: files for key, files in super().find().items() if key.subject not in self.leave_out}


class WorkloadTask:
    """Trains on all subjects there, judges leave-one-subject-out, and writes the checkpoint with its electrode sets."""

    def __init__(self, settings: Settings) -> None:
        self._data = SomePeople(Path(settings.data), leave_out=settings.leave_out)
        self._model: workload.Model = settings.model
        self._settings = settings

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
        metrics = self._compared(tell, progress) if self._settings.judged else {"protocol": "not judged"}
        full = workload.read_recordings(self._data, tell)
        trained = eegmat.people(full, self._model)
        montages: dict[str, Any] = {}
        for worn in SMALLER if self._settings.smaller else ():
            recordings = workload.read_recordings(self._data, tell, worn)
            own = eegmat.people(recordings, self._model)
            group = People.of(trained if worn.interpolate else own, own, recordings)
            montages[worn.name] = self._write(out / MONTAGES / worn.name, worn, group, {}, (tell, progress))
        metrics |= {"montages": montages} if self._settings.judged else {}
        self._write(out, FULL, People.of(trained, trained, full), metrics, (tell, progress))

    def _compared(self, tell: Tell, progress: Progress) -> dict[str, Any]:
        """Judge the decoder beside its baselines, and with less rest or another reference."""
        judged: tuple[workload.Model, ...] = tuple(dict.fromkeys(("raw", "bandpower", self._model)))
        scores, variants = eegmat.compare(self._data, judged, tell)
        _say(progress, "leave one subject out", scores)
        _say(progress, f"{self._model}, tested with", variants)
        return {
            "protocol": str(eegmat.__doc__),
            "models": score_table(scores),
            f"{self._model}, otherwise": score_table(variants),
        }

    def _write(
        self, folder: Path, worn: ElectrodeSet, group: People, metrics: dict[str, Any], told: tuple[Tell, Progress]
    ) -> dict[str, Any]:
        """Train and write the decoder of one electrode set; return its accuracy."""
        tell, progress = told
        regularisation = eegmat.REGULARISATION[self._model]
        table: dict[str, Any] = {}
        if self._settings.judged:
            tell(f"{worn.name}: leaving out one subject after the other, trust included")
            judged = judge(group, regularisation)
            scores = {worn.name: scores_of(judged)}
            table = score_table(scores)[worn.name]
            metrics = {**metrics, "this set": table, "trust": trust_figures(judged, MAX_RISK)}
            _say(progress, "leave one subject out", scores)
        tell(f"{worn.name}: all subjects")
        head, trust = learn(group, regularisation)
        stored = {f"{TRUST_PREFIX}{name}": tensor for name, tensor in trust.tensors().items()}
        card = self._card(worn, head, metrics, len(group.trained))
        # Of few people it may not be known that any decision errs so seldom; then it decides always.
        risk = MAX_RISK if trust.curve.reaches(MAX_RISK) else 1.0
        card = card.model_copy(update={"trust": trust.table(), "settings": {**card.settings, "max_risk": risk}})
        save(folder, card, {"weights": head.weights, "bias": np.array([head.bias]), **stored})
        return table

    def _card(self, worn: ElectrodeSet, head: Head, metrics: dict[str, Any], n_people: int) -> Card:
        smaller = "" if worn is FULL else f"-{worn.name}"
        summary = f"rest against mental arithmetic; EEGMAT, {n_people} people; relative to the person's own rest"
        if "this set" in metrics and worn is not FULL:
            low, high = metrics["this set"]["interval_95"]
            accuracy = metrics["this set"]["balanced_accuracy"]
            summary += f"; {worn.name}: {accuracy:.2f} balanced accuracy on people left out (95 % {low:.2f}-{high:.2f})"
        summary += f"; {worn.how}" if worn.how else ""
        spec = DecoderSpec(
            model_id=f"workload-{self._model}-2{smaller}",
            classes=CLASSES,
            window_s=workload.WINDOW_S,
            rate_hz=workload.RATE_HZ,
            channels=worn.channels,
            pipeline=worn.stages(workload.STAGES),
            calibration_s=workload.REST_S,
            hop_s=0.5,
            summary=summary,
        )
        bands = [list(band) for band in workload.BANDS_HZ]
        return Card(
            kind=self._model,
            spec=spec_table(spec),
            settings={"bands_hz": bands, "n_tapers": workload.N_TAPERS},
            calibration=head.calibration.to_dict(),
            electrodes=worn.electrodes if worn.interpolate else (),
            training=self._training(worn),
            metrics=metrics,
            summary=f"{summary}. {CAUTION}.",
        )

    def _training(self, worn: ElectrodeSet) -> Training:
        keys = self._data.keys()
        files = [path for key in keys for path in self._data.files(key)]
        changed = "" if not self._settings.leave_out else f" --set leave_out={list(self._settings.leave_out)}"
        return Training(
            dataset="EEGMAT (PhysioNet eegmat 1.0.0, ODC-By 1.0)",
            subjects=tuple(dict.fromkeys(key.subject for key in keys)),
            files={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
            commands=(f"bci-app train workload.toml --set model={self._model} --set data=FOLDER{changed}",),
            stand_ins=dict(worn.stand_ins),
            reference=worn.reference,
        )


def _told(progress: Progress) -> Tell:
    def tell(text: str) -> None:
        if progress.stop_requested:
            raise Stopped("nothing is kept of a run that takes a few minutes")
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
