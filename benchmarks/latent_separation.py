"""Does a split of EEG into a shared (task) and a private (person) block beat re-centring? EEGMAT and SSVEPExo.

python benchmarks/latent_separation.py --data FOLDER --json benchmarks/results/latent_separation.json

miVAE takes 20 principal components of features as one modality and the task's label as the other; the private block's
prior knows who it is, the shared one's which task. People who are judged are never learned from, and only their
features are read. A linear discriminant (shrunk, equal priors) decides on features, on re-centred features, on their
components, and on the blocks of either.

- EEGMAT, 32 people, four folds: log band powers, 5 s windows. Re-centred: relative to the person's first 60 s of rest.
- SSVEPExo, 8 people, four folds, 13, 17 and 21 Hz: log powers at these and twice these, 2-5 s after the cue.
  Re-centred: less the mean of the session, over its deviation; all trials of it are needed, none of its labels.

A person is also told from a half of their windows, learned on the other half: chance is one over the people judged.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from models.benchmark.metrics import balanced_accuracy
from models.datasets.eegmat import EegMat
from models.datasets.ssvep_exo import SsvepExo
from models.spikes.mivae.vectors import VectorSettings, blocks_of, learn_vectors
from models.spikes.simulation.two_modalities import TwoModalities
from models.statistics import interval
from models.training import workload
from models.training.fit import FitSettings

N_FOLDS, N_COMPONENTS = 4, 20
FLICKER_HZ, FROM_S, SECONDS = (13.0, 17.0, 21.0), 2.0, 3.0
N_STEPS = 400
"""Of training, however many windows there are."""
LOOP = FitSettings(epochs=1, batch_size=128, learning_rate=3e-3, weight_decay=1e-2, warmup_epochs=1, clip=10.0)
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Windows:
    """Features (n_windows, n_features), plain and re-centred; label and person of each window."""

    features: dict[str, Doubles]
    label: NDArray[np.int64]
    person: NDArray[np.int64]


def eegmat(folder: Path) -> Windows:
    """Windows of rest and mental arithmetic."""
    recordings = workload.read_recordings(EegMat(folder), lambda text: print(text, end="\r"))
    people = sorted({subject for subject, _ in recordings})
    found = {
        name: [workload.person(recordings, p, model) for p in people]
        for name, model in (("features", "raw"), ("re-centred", "bandpower"))
    }
    label = np.concatenate([p.labels for p in found["features"]])
    person = np.concatenate([np.full(len(p.labels), i) for i, p in enumerate(found["features"])])
    return Windows({k: np.concatenate([p.features for p in v]) for k, v in found.items()}, label, person)


def ssvep(folder: Path) -> Windows:
    """Trials of flicker."""
    data = SsvepExo(folder)
    plain, centred, label, person = [], [], [], []
    subjects = sorted({key.subject for key in data.keys()})
    for key in data.keys():
        session = data.read(key)
        (chunk,), rate = session.chunks, session.spec.rate_hz
        n = round(SECONDS * rate)
        trials = [t for t in session.trials if t.label != "rest"]
        starts = [int(np.searchsorted(chunk.times_s, t.start_s - 1e-6)) + round(FROM_S * rate) for t in trials]
        windows = np.stack([chunk.samples[s : s + n].T for s in starts]).astype(np.float64)
        power = np.abs(np.fft.rfft(windows - windows.mean(2, keepdims=True))) ** 2
        bins = [round(times * f * SECONDS) for f in FLICKER_HZ for times in (1, 2)]
        own = np.log(power[:, :, bins].reshape(len(trials), -1))
        plain.append(own)
        centred.append((own - own.mean(0)) / own.std(0))
        label += [FLICKER_HZ.index(float(str(t.label).split()[0])) for t in trials]
        person += [subjects.index(key.subject)] * len(trials)
    features = {"features": np.concatenate(plain), "re-centred": np.concatenate(centred)}
    return Windows(features, np.array(label), np.array(person))


SETS = {"ssvep_exo": ssvep, "eegmat": eegmat}


def discriminant(x: Doubles, y: NDArray[np.int64]) -> LinearDiscriminantAnalysis:
    """Fit one."""
    n = len(np.unique(y))
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=np.full(n, 1 / n)).fit(x, y)


def told_apart(x: Doubles, person: NDArray[np.int64]) -> float:
    """Accuracy of who it is: every second window teaches, the others judge."""
    even = np.arange(len(x)) % 2 == 0
    return float(np.mean(discriminant(x[even], person[even]).predict(x[~even]) == person[~even]))


def blocks(x: Doubles, data: Windows, learned: NDArray[np.bool_], seed: int) -> dict[str, Doubles]:
    """Shared and private block of all windows, learned from some people."""
    names = np.unique(data.person[learned])
    # People who are not learned from get a number that nothing looks at.
    u_m = np.searchsorted(names, data.person).clip(0, len(names) - 1)
    one_hot = np.eye(data.label.max() + 1, dtype=np.float32)[data.label]
    nothing = np.zeros((len(x), 1), np.float32)
    everything = TwoModalities(
        x.astype(np.float32), one_hot, u_m, data.label, nothing, nothing, nothing, np.ones(1, bool), np.ones(1, bool)
    )
    rows = np.flatnonzero(learned)
    taught = TwoModalities(
        everything.x[rows], one_hot[rows], u_m[rows], data.label[rows], nothing, nothing, nothing,
        everything.x_hears, everything.y_hears,
    )  # fmt: skip
    loop = replace(LOOP, epochs=max(1, N_STEPS * LOOP.batch_size // len(rows)))
    sizes = {"n_shared": data.label.max() + 1, "n_private": 6, "n_irrelevant": 0, "ramp": N_STEPS // 3, "fit": loop}
    found = blocks_of(learn_vectors(taught, VectorSettings(**sizes), seed), everything)
    return {"shared block": found["shared x"].astype(float), "private block": found["private x"].astype(float)}


def measured(data: Windows, seeds: int) -> dict[str, dict[str, Doubles]]:
    """Balanced accuracy of the task by person, and accuracy of who it is by fold, for every representation."""
    n_people = data.person.max() + 1
    task: dict[str, Doubles] = {}
    who: dict[str, list[float]] = {}
    for fold in range(N_FOLDS):
        judged = np.isin(data.person, np.arange(fold, n_people, N_FOLDS))
        for kind, raw in data.features.items():
            mean, deviation = raw[~judged].mean(0), raw[~judged].std(0) + 1e-9
            x = (raw - mean) / deviation
            reduced = PCA(min(N_COMPONENTS, x.shape[1])).fit(x[~judged]).transform(x)
            reduced /= reduced[~judged].std(0)
            shown = {kind: [x], f"{N_COMPONENTS} components of {kind}": [reduced]}
            for seed in range(seeds):
                for name, z in blocks(reduced, data, ~judged, seed).items():
                    shown.setdefault(f"{name} of {kind}", []).append(z)
            for name, versions in shown.items():
                scores = task.setdefault(name, np.zeros(n_people))
                for z in versions:
                    decider = discriminant(z[~judged], data.label[~judged])
                    for p in np.unique(data.person[judged]):
                        own = data.person == p
                        scores[p] += balanced_accuracy(data.label[own], decider.predict_proba(z[own])) / len(versions)
                    who.setdefault(name, []).append(told_apart(z[judged], data.person[judged]))
    return {name: {"task": task[name], "person": np.array(who[name])} for name in task}


def told(found: Mapping[str, Mapping[str, Doubles]], n_people: int, n_classes: int) -> dict[str, object]:
    """Table for a person and for the file."""
    table: dict[str, object] = {
        "people": n_people, "chance": {"task": 1 / n_classes, "person": N_FOLDS / n_people}, "rows": {},
    }  # fmt: skip
    baseline = found["re-centred"]["task"]
    for name, figures in found.items():
        difference = figures["task"] - baseline
        row = {
            "task": round(float(figures["task"].mean()), 4),
            "task_95": [round(v, 4) for v in interval(figures["task"])],
            "less_recentred": round(float(difference.mean()), 4),
            "less_recentred_95": [round(v, 4) for v in interval(difference)],
            "person": round(float(figures["person"].mean()), 4),
        }
        table["rows"][name] = row  # type: ignore[index]
        print(f"{name:32} task {row['task']:.3f} {row['task_95']}  less re-centred {row['less_recentred']:+.3f} "
              f"{row['less_recentred_95']}  person {row['person']:.3f}")  # fmt: skip
    return table


def main() -> None:
    """Measure both data sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with eegmat and ssvep_exo")
    parser.add_argument("--only", choices=list(SETS), nargs="*", default=list(SETS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report = {}
    for name in options.only:
        data = SETS[name](options.data / name)
        print(f"\n{name}: {len(data.label)} windows of {data.person.max() + 1} people")
        found = measured(data, options.seeds)
        report[name] = told(found, int(data.person.max()) + 1, int(data.label.max()) + 1)
        if options.json:
            options.json.write_text(json.dumps({"seeds": options.seeds, **report}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
