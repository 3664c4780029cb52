"""Train a decoder on a recorded run of a paradigm, and say whether it beats the one that is in use."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bci_app.adaptation_result import Adaptation
from bci_app.assembly import choose_electrodes
from bci_app.config import DecoderSettings, SessionSettings, validate
from bci_app.paradigm_trials import Run, run_of
from bci_app.trial_windows import TrialWindows, trial_windows
from devices.sources.recording import embedded_session, open_recording
from models.checkpoints import Training, load_decoder
from models.decoder import Decoder, DecoderSpec
from models.estimator_checkpoint import new_estimator, save_estimator
from models.training.blocks import BlockScore, Rows, block_score
from pipelines.errors import BciError, ConfigError, RecordingError, in_one_line
from pipelines.plugins import make
from pipelines.signal import Window
from pipelines.stage import Pipeline

NO_DECODER = "none"
PATIENCE = 10
"""Niceness of training beside a session: the engine comes first."""
Stages = tuple[dict[str, Any], ...]
"""Stage tables."""


def adapt(recording: Path, folder: Path, against: str = "") -> Adaptation:
    """Train on the paradigm in a recording, judge on held-out blocks, and write the checkpoint.

    Parameters
    ----------
    recording
        Of ours, with the markers of a paradigm.
    folder
        Of the new checkpoint.
    against
        The decoder to compare with; empty takes the one of the recorded session, ``none`` compares with nothing.

    Raises
    ------
    BciError
        If nothing can be learnt from the recording, or the checkpoint cannot be written.
    """
    path = str(recording)
    opened = open_recording(recording)
    run, session = run_of(opened.markers, path), _session(recording)
    montage = Pipeline([make("stages", table, f"{path}: [[montage]]") for table in session.montage])
    stages = run.recipe.stages(montage.prepare(opened.spec)) if session.stages is None else session.stages
    with threadpool_limits(1):
        return _adapt(path, folder, run, stages, session, against)


def adapt_quietly(recording: str, folder: str) -> Adaptation:
    """Do the same beside a running session, behind everything else; for a process of its own.

    Raises
    ------
    BciError
        As :func:`adapt`.
    """
    if hasattr(os, "nice"):
        os.nice(PATIENCE)
    check_folder(Path(folder))
    return adapt(Path(recording).absolute(), Path(folder).absolute())


def _session(recording: Path) -> SessionSettings:
    """Return the session of a recording; its source need not be there any more."""
    values = {**(embedded_session(recording) or {}), "source": {"kind": "recording", "path": str(recording)}}
    kept = ("name", "source", "montage", "stages", "decoder")
    known: dict[str, Any] = {key: value for key, value in values.items() if key in kept}
    return validate(known, str(recording))


def _adapt(path: str, folder: Path, run: Run, stages: Stages, session: SessionSettings, against: str) -> Adaptation:
    recipe, gate = run.recipe, session.decoder or DecoderSettings()
    found = trial_windows(path, run, (*session.montage, *stages), recipe.window_s, recipe.hop_s, gate)
    labels, blocks = _codes(run)
    _check(path, run, found, labels)
    windows, y = found.stacked(), labels[found.trial]

    def learn(learnt: Rows, judged: Rows) -> NDArray[np.float64]:
        estimator = new_estimator(recipe.estimator, found.delivered).fit(windows[learnt], y[learnt])
        return _probabilities(estimator, windows[judged], run)

    score = block_score(learn, found.trial, labels, blocks, len(run.classes))
    name, current, why = _judge_current(path, run, session, against, labels, blocks)
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    spec = _spec(run, found, stages, f"{run.kind}-{recipe.estimator['kind']}-{digest[:8]}", score)
    counts = Counter(run.trials[number].label for number in np.unique(found.trial))
    result = Adaptation(
        recording=path,
        folder=str(folder),
        model_id=spec.model_id,
        classes=run.classes,
        trials={label: counts[label] for label in run.classes},
        n_blocks=len(np.unique(blocks[found.trial])),
        chance=1 / len(run.classes),
        score=score,
        current=name,
        current_score=current,
        no_comparison=why,
    )
    estimator = new_estimator(recipe.estimator, found.delivered).fit(windows, y)
    training = _training(path, digest)
    save_estimator(folder, estimator, recipe.estimator, spec, training=training, metrics=_metrics(result))
    return result


def _training(path: str, digest: str) -> Training:
    return Training(
        dataset="the person's own calibration run",
        files={Path(path).name: digest},
        commands=("bci-app adapt RECORDING FOLDER",),
    )


def _codes(run: Run) -> tuple[Rows, Rows]:
    labels = np.array([run.classes.index(trial.label) for trial in run.trials], dtype=np.int64)
    return labels, np.array([trial.block for trial in run.trials], dtype=np.int64)


def _check(path: str, run: Run, found: TrialWindows, labels: Rows) -> None:
    """Refuse a run that cannot be judged, naming what is missing."""
    for block in run.blocks:
        rows = [i for i in np.unique(found.trial) if run.trials[i].block != block]
        missing = [name for code, name in enumerate(run.classes) if np.count_nonzero(labels[rows] == code) < 2]
        if missing:
            raise RecordingError(
                f"{path}: too little to learn from: without block {block + 1} there are fewer than two clean trials of "
                f"{', '.join(missing)}; record more blocks"
            )


def _probabilities(estimator: Any, windows: NDArray[np.float32], run: Run) -> NDArray[np.float64]:
    p = np.zeros((len(windows), len(run.classes)))
    p[:, np.asarray(estimator.classes_, dtype=np.int64)] = estimator.predict_proba(windows)
    return p


def _spec(run: Run, found: TrialWindows, stages: Stages, model_id: str, score: BlockScore) -> DecoderSpec:
    units = {channel.unit for channel in found.delivered.channels if channel.kind == "eeg"}
    return DecoderSpec(
        model_id=model_id,
        classes=run.classes,
        window_s=run.recipe.window_s,
        rate_hz=found.delivered.rate_hz,
        channels=found.delivered.names,
        unit=units.pop() if len(units) == 1 else None,
        pipeline=stages,
        hop_s=run.recipe.hop_s,
        summary=f"one person's {run.kind}; balanced accuracy on held-out blocks {score.sentence()}",
    )


def _metrics(result: Adaptation) -> Mapping[str, Any]:
    table = result.as_dict()
    kept = ("trials", "n_blocks", "chance", "score", "current", "current_score", "no_comparison", "verdict")
    return {"protocol": "whole trials, blocks held out in turn", **{name: table[name] for name in kept}}


def _judge_current(
    path: str, run: Run, session: SessionSettings, against: str, labels: Rows, blocks: Rows
) -> tuple[str, BlockScore | None, str]:
    """Return name, score and why there is none, of the decoder in use on the same trials."""
    wanted = session.decoder or DecoderSettings()
    against = against or (NO_DECODER if session.decoder is None else wanted.last_name())
    if against != wanted.name:
        wanted = wanted.model_copy(update={"name": against, "settings": {}})
    if against == NO_DECODER:
        return NO_DECODER, None, "no decoder is in use"
    try:
        with closing(load_decoder(wanted.name, **wanted.settings)) as decoder:
            choose_electrodes(session, decoder, open_recording(path).spec)
            if set(decoder.spec.classes) != set(run.classes):
                return wanted.name, None, f"it tells other classes apart ({', '.join(decoder.spec.classes)})"
            stages = (*session.montage, *(decoder.spec.pipeline if session.stages is None else session.stages))
            hop_s = run.recipe.hop_s if run.recipe.locked else wanted.hop_s or decoder.spec.hop_s
            found = trial_windows(path, run, [dict(table) for table in stages], decoder.spec.window_s, hop_s, wanted)
            judge = _Judge(decoder, found, run)
            return wanted.name, block_score(judge, found.trial, labels, blocks, len(run.classes)), ""
    except BciError as exc:
        return wanted.name, None, in_one_line(exc)


class _Judge:
    """A live decoder on the windows of trials; one that wants rest gets the trials of the blocks it may learn from."""

    def __init__(self, decoder: Decoder, found: TrialWindows, run: Run) -> None:
        self._decoder, self._found = decoder, found
        self._labels = [run.trials[number].label for number in found.trial]
        self._order = [decoder.spec.classes.index(name) for name in run.classes]

    def __call__(self, learnt: Rows, judged: Rows) -> NDArray[np.float64]:
        self._decoder.prepare(self._found.delivered)
        if self._decoder.spec.calibration_s:
            windows: list[Window] = [self._found.windows[i] for i in learnt]
            self._decoder.calibrate(windows, [self._labels[i] for i in learnt])
        p = [self._decoder.decode(self._found.windows[i]).probabilities for i in judged]
        return np.array(p)[:, self._order]


def check_folder(folder: Path) -> None:
    """Refuse to overwrite what is no checkpoint.

    Raises
    ------
    ConfigError
        If there is something else.
    """
    if folder.exists() and not (folder / "card.json").exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder}: exists and is no checkpoint: name another folder")
