"""Windows per second prepared and trained: ours, and MOABB, MNE and braindecode on the same files, in one run.

``python -m benchmarks.bench_throughput [--data FOLDER] [--people N] [--seconds S] [--rounds N] [--json FILE]``. Without
``--data`` it writes simulated EDF files in EEGMAT's layout (500 Hz, 19 channels); with it, takes EEGMAT itself.

- prepared: EDF → 0.5-45 Hz → 200 Hz → windows of 5 s. Ours is causal and keeps its windows in a cache: *cold* hashes,
  filters and writes, *warm* finds them. MOABB's ``get_data`` filters by MNE forwards and backwards (IIR), epochs, then
  resamples; it reads the same EDF files each time.
- EEGNet: one epoch over all windows, batches of 64, by our loop and by braindecode's ``EEGClassifier`` (skorch).
- CSP + LDA, one person left out after the other, from EDF files to scores: our jobs on windows prepared cold, and
  MOABB's ``CrossSubjectEvaluation`` of its usual pipeline (OAS covariances, six filters).

One thread each; sides take turns, medians over rounds. A busy machine changes the figures; the ratio suffers less.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HOME = tempfile.TemporaryDirectory()
os.environ |= {"_MNE_FAKE_HOME_DIR": HOME.name, "MNE_DATA": HOME.name, "MOABB_RESULTS": HOME.name}
warnings.simplefilter("ignore")  # of MOABB, MNE and what they import, about one another

import mne  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from models.benchmark.job import Place, jobs_for, run_job  # noqa: E402
from models.benchmark.preparation import prepare  # noqa: E402
from models.benchmark.recipe import Recipe  # noqa: E402
from models.benchmark.settings import folds_of  # noqa: E402
from models.benchmark.settings.across_subjects import LeaveOneSubjectOut  # noqa: E402
from models.benchmark.settings.calibration import NoCalibration  # noqa: E402
from models.benchmark.windows import TRIAL, Prepared  # noqa: E402
from models.dataset import Key  # noqa: E402
from models.datasets.eegmat import CHANNELS, CLASSES, EegMat  # noqa: E402
from models.deep.braindecode_networks import networks  # noqa: E402
from pipelines.plugins import make  # noqa: E402

WINDOW_S, RATE_HZ, BAND_HZ = 5.0, 200.0, (0.5, 45.0)
BATCH, LEARNING_RATE = 64, 1e-3
RECIPE = Recipe(
    window_s=WINDOW_S,
    stages=(
        {"kind": "bandpass", "low_hz": BAND_HZ[0], "high_hz": BAND_HZ[1]},
        {"kind": "resample", "rate_hz": RATE_HZ},
    ),
)


def simulate(folder: Path, people: int, seconds: int) -> None:
    """Write rest and task of simulated people as EDF files."""
    rng = np.random.default_rng(0)
    for person in range(people):
        for run in (1, 2):
            rows = 10e-6 * rng.standard_normal((len(CHANNELS), 500 * seconds))
            rows += 20e-6 / run * np.sin(2 * np.pi * 10 * np.arange(500 * seconds) / 500)
            info = mne.create_info(list(CHANNELS), 500.0, "eeg")
            raw = mne.io.RawArray(rows, info, verbose="error").set_meas_date(datetime(2000, 1, 1, tzinfo=UTC))
            path = folder / f"Subject{person:02d}_{run}.edf"
            mne.export.export_raw(path, raw, physical_range=(-500e-6, 500e-6), verbose="error")


def moabb_set(folder: Path, subjects: list[str]) -> tuple[Any, Any]:
    """Return the same files as a data set of MOABB, and the paradigm that makes the same windows."""
    from moabb.datasets.base import BaseDataset
    from moabb.paradigms import MotorImagery

    data = EegMat(folder)

    class Folder(BaseDataset):
        def __init__(self) -> None:
            super().__init__(
                list(range(1, len(subjects) + 1)), 1, dict(zip(CLASSES, (1, 2), strict=True)), "Folder",
                [0, WINDOW_S], "imagery", doi="10.0/none",
            )  # fmt: skip

        def _get_single_subject_data(self, subject: int) -> dict[str, Any]:
            return {"0": {str(run): self._run(subjects[subject - 1], run) for run in range(2)}}

        def _run(self, name: str, run: int) -> Any:
            (path,) = data.files(Key(name, run=str(run + 1)))
            raw = mne.io.read_raw_edf(path, preload=True, verbose="error")
            raw.rename_channels({old: old.removeprefix("EEG ") for old in raw.ch_names})
            raw.rename_channels({old: new for old, new in RENAMED.items() if old in raw.ch_names})
            raw.pick(list(CHANNELS))
            onsets = np.arange(0, raw.n_times / raw.info["sfreq"] - WINDOW_S + 1e-9, WINDOW_S)
            return raw.set_annotations(mne.Annotations(onsets, WINDOW_S, CLASSES[run]), verbose="error")

        def data_path(self, subject: int, *_: Any, **__: Any) -> list[Path]:
            return [folder]

    first = mne.io.read_raw_edf(data.files(Key(subjects[0]))[0], verbose="error")
    last_s = WINDOW_S - 1 / first.info["sfreq"]
    paradigm = MotorImagery(
        events=list(CLASSES), n_classes=2, fmin=BAND_HZ[0], fmax=BAND_HZ[1], tmin=0.0, tmax=last_s, resample=RATE_HZ
    )
    return Folder(), paradigm


RENAMED = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}


class Sides:
    """What is timed: by kind of work, by side, a function that returns how many windows it has dealt with."""

    def __init__(self, folder: Path, people: int) -> None:
        self.folder = folder
        self.subjects = sorted({key.subject for key in EegMat(folder).keys()})[:people]
        self.home = Path(HOME.name)
        self._round = 0
        # A folder of links, so that both sides read the same people.
        self.chosen = self.home / "chosen"
        self.chosen.mkdir()
        for subject in self.subjects:
            for run in "12":
                name = f"Subject{subject}_{run}.edf"
                (self.chosen / name).symlink_to((folder / name).resolve())
        self.table = {"kind": "eegmat", "folder": str(self.chosen)}
        self.warm = self.home / "warm"
        self.prepared = prepare(self.table, RECIPE, self.warm)
        self.data, self.paradigm = moabb_set(self.chosen, self.subjects)
        rows = np.flatnonzero(self.prepared.table["role"] == TRIAL)
        self.X, self.y = self.prepared.windows(rows), self.prepared.targets(rows)

    def work(self) -> dict[str, dict[str, Callable[[], int]]]:
        """Return all that is timed."""
        return {
            "prepared": {"ours, cold": self.cold, "ours, warm": self.found, "MOABB": self.moabb_data},
            "EEGNet, one epoch": {"ours": self.our_epoch, "braindecode": self.braindecode_epoch},
            "CSP + LDA, files to scores": {"ours": self.our_csp, "MOABB": self.moabb_csp},
        }

    def _fresh(self) -> Path:
        self._round += 1
        return self.home / f"cold{self._round}"

    def _count(self, prepared: Prepared) -> int:
        return int((prepared.table["role"] == TRIAL).sum())

    def cold(self) -> int:
        """Hash, read, filter, cut, write; windows of rest come on top and are not counted."""
        return self._count(prepare(self.table, RECIPE, self._fresh()))

    def found(self) -> int:
        """Find them in the cache and read them once."""
        prepared = prepare(self.table, RECIPE, self.warm)
        rows = np.flatnonzero(prepared.table["role"] == TRIAL)
        return len(prepared.windows(rows))

    def moabb_data(self) -> int:
        """Read, filter, epoch, resample."""
        return len(self.paradigm.get_data(self.data)[0])

    def our_epoch(self) -> int:
        """Train by our loop."""
        table = {"kind": "braindecode", "epochs": 1, "batch_size": BATCH, "learning_rate": LEARNING_RATE}
        estimator = make("estimators", table)
        estimator.set_params(rate_hz=RATE_HZ, channels=self.prepared.spec.names, random_state=0).fit(self.X, self.y)
        return len(self.X)

    def braindecode_epoch(self) -> int:
        """Train by skorch."""
        network = networks().EEGNet(
            n_chans=len(CHANNELS), n_outputs=2, n_times=self.X.shape[2], final_layer_with_constraint=True
        )
        from braindecode import EEGClassifier

        EEGClassifier(
            network, criterion=torch.nn.CrossEntropyLoss, optimizer=torch.optim.AdamW, lr=LEARNING_RATE,
            batch_size=BATCH, max_epochs=1, train_split=None, verbose=0, classes=[0, 1],
            iterator_train__drop_last=False,
        ).fit(self.X, self.y)  # fmt: skip
        return len(self.X)

    def our_csp(self) -> int:
        """Prepare, run a job for each person."""
        cache = self._fresh()
        place, setting, calibration = Place(self.chosen.parent, cache), LeaveOneSubjectOut(), NoCalibration()
        prepared = prepare(self.table, RECIPE, cache)
        folds = folds_of(setting, calibration, prepared, 0)
        table = {"kind": "eegmat", "folder": self.chosen.name}
        jobs = jobs_for(prepared, folds, table, RECIPE, setting, calibration, {"kind": "csp_lda"})
        return sum(len(run_job(job, place).rows) for job in jobs)

    def moabb_csp(self) -> int:
        """Evaluate MOABB's usual pipeline."""
        from moabb.evaluations import CrossSubjectEvaluation
        from pyriemann.estimation import Covariances
        from pyriemann.spatialfilters import CSP
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from sklearn.pipeline import make_pipeline

        evaluation = CrossSubjectEvaluation(
            paradigm=self.paradigm, datasets=[self.data], overwrite=True, random_state=0, n_jobs=1,
            hdf5_path=str(self._fresh()),
        )  # fmt: skip
        steps = make_pipeline(Covariances("oas"), CSP(nfilter=6), LinearDiscriminantAnalysis())
        return int(evaluation.process({"csp": steps})["samples_test"].sum())


def measure(sides: Sides, rounds: int) -> dict[str, dict[str, float]]:
    """Return windows per second by kind of work and side; the first turn of each warms up and does not count."""
    found: dict[str, dict[str, list[float]]] = {}
    for number in range(rounds + 1):
        for kind, work in sides.work().items():
            for side, step in work.items():
                began = time.perf_counter()
                count = step()
                rate = count / (time.perf_counter() - began)
                if number:
                    found.setdefault(kind, {}).setdefault(side, []).append(rate)
    return {kind: {side: float(np.median(v)) for side, v in work.items()} for kind, work in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of EEGMAT; none: simulated files")
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=120, help="of each simulated file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    mne.set_log_level("error")
    torch.set_num_threads(1)
    with threadpool_limits(1), HOME:
        folder = options.data or Path(HOME.name) / "edf"
        if options.data is None:
            folder.mkdir()
            simulate(folder, options.people, options.seconds)
        sides = Sides(folder, options.people)
        rates = measure(sides, options.rounds)
        n_windows = len(sides.X)
    table = Table(
        "work", "side", "windows/s", "× the peer", title=f"{n_windows} windows of {WINDOW_S:g} s, 19 channels"
    )
    ratios: dict[str, dict[str, float]] = {}
    for kind, work in rates.items():
        peer = list(work)[-1]
        ratios[kind] = {side: rate / work[peer] for side, rate in work.items()}
        for side, rate in work.items():
            table.add_row(kind, side, f"{rate:.0f}", f"{ratios[kind][side]:.2f}")
    Console().print(table)
    Console().print(f"load of the machine now: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    if options.json:
        values = {"n_windows": n_windows, "windows_per_s": rates, "ratio": ratios, "load": os.getloadavg()[0]}
        options.json.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
