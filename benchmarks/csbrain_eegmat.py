"""Rest against arithmetic on EEGMAT, leave one subject out: kinds of features alone and stacked, three conditions.

    python benchmarks/csbrain_eegmat.py FOLDER --out benchmarks/results/csbrain_eegmat.json

The estimator ``ensemble_rest`` does the same for one set of members; here every member is fitted once for each person
left out, and all sets are mixed of them. Conditions are never mixed:

- none: features in spreads of all training windows; nothing is known of the person;
- rest: in spreads of the first 60 s of everybody's rest recording;
- transductive: in spreads of all windows to be judged of each person, without labels: no live system has them.

All conditions judge the same windows: those of rest after its first 60 s, and those of the task.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from models.benchmark.metrics import METRICS
from models.benchmark.preparation import prepare
from models.benchmark.recipe import named
from models.benchmark.settings import folds_of
from models.benchmark.settings.across_subjects import LeaveOneSubjectOut
from models.benchmark.settings.calibration import RestCalibration
from models.benchmark.windows import Prepared
from models.datasets.eegmat import ABOUT
from models.rest_columns import RestColumns
from models.rest_stack import fit_member, fit_mix
from models.statistics import interval
from models.training.workload import BANDS_HZ, N_TAPERS

CLASSICAL = ("bandpower", "tangent", "distance")
STACKS = {
    "band power": ("bandpower",),
    "tangent space": ("tangent",),
    "CSBrain, random weights": ("csbrain",),
    "band power + tangent space": ("bandpower", "tangent"),
    "band power + tangent space + CSBrain": ("bandpower", "tangent", "csbrain"),
    "distance from rest": ("distance",),
    "all, distance included": ("bandpower", "tangent", "csbrain", "distance"),
}
FIGURES = ("balanced_accuracy", "auroc", "auc_pr")
LOST = 1e-6
"""Directions with less of the mean variance than this were taken out of a recording by its cleaning."""


class People:
    """Windows of everybody: those that teach or judge, and those of the first minute of rest."""

    def __init__(self, prepared: Prepared) -> None:
        fold = folds_of(LeaveOneSubjectOut(), RestCalibration(rest_s=60.0), prepared, 0)[0]
        rows = np.sort(np.concatenate([fold.train, fold.test]))
        self.prepared, self.windows, self.codes = prepared, prepared.windows(rows), prepared.targets(rows)
        self.start_s = prepared.table["start_s"][rows]
        self.names, self.who = np.unique(prepared.table["subject"][rows], return_inverse=True)
        self.rest = [prepared.windows(fold.rest[prepared.table["subject"][fold.rest] == n]) for n in self.names]

    def features(self, columns: RestColumns, condition: str) -> tuple[np.ndarray, dict[str, slice]]:
        """Return the features of all windows; each person's depend on their own windows alone."""
        parts: list[np.ndarray] = []
        slices: dict[str, slice] = {}
        for number in range(len(self.names)):
            mine = self.windows[self.who == number]
            reference = columns.reference(self.rest[number] if condition == "rest" else mine)
            found, slices = columns.measure(mine, reference, remember=True)
            parts.append(found)
        features = np.empty((len(self.windows), parts[0].shape[1]))
        for number, part in enumerate(parts):
            features[self.who == number] = part
        return features, slices


def columns_of(people: People, members: tuple[Any, ...], seed: int, n_layers: int) -> RestColumns:
    spec = people.prepared.spec
    return RestColumns(members, BANDS_HZ, N_TAPERS, spec.rate_hz, spec.names, "", n_layers, seed)


def left_out(
    people: People, features: Mapping[str, Any], stacks: Mapping[str, tuple[str, ...]]
) -> dict[str, np.ndarray]:
    """Return probabilities (n_windows,) of each stack, every person's by what was learnt on the others.

    ``features`` by member: an array, or a function of the person left out that makes one.
    """
    said = {name: np.empty(len(people.codes)) for name in stacks}
    for number in range(len(people.names)):
        out = people.who == number
        codes, who = people.codes[~out], people.who[~out]
        known = {name: f(number) if callable(f) else f for name, f in features.items()}
        members = {name: fit_member(f[~out], codes, who) for name, f in known.items()}
        for name, parts in stacks.items():
            mix = fit_mix([members[part] for part in parts], codes, who)
            said[name][out] = mix.probability(np.column_stack([members[p].score(known[p][out]) for p in parts]))
    return said


def unrelated(people: People, columns: RestColumns) -> Any:
    """Return what makes features in spreads of all windows of the others."""

    def make(number: int) -> np.ndarray:
        reference = columns.reference(people.windows[people.who != number])
        return columns.measure(people.windows, reference, remember=True)[0]

    return make


def figures(people: People, p: np.ndarray) -> dict[str, Any]:
    said = np.column_stack([1.0 - p, p])
    found: dict[str, Any] = {}
    for name in FIGURES:
        score = METRICS[name].score
        by_person = {
            str(person): score(people.codes[people.who == number], said[people.who == number])
            for number, person in enumerate(people.names)
        }
        values = np.array(list(by_person.values()))
        found[name] = {
            "mean": round(float(values.mean()), 4),
            "interval_95": [round(bound, 4) for bound in interval(values)],
            "by_person": {person: round(float(value), 4) for person, value in by_person.items()},
        }
    return found


def condition(people: People, name: str, seeds: int, n_layers: int) -> Iterator[dict[str, Any]]:
    """Give figures of every stack; of those with a random network, of every seed, after each of which it gives all."""
    members: dict[str, Any] = {}
    if name == "none":
        members["bandpower"] = unrelated(people, columns_of(people, ("bandpower",), 0, n_layers))
    else:
        classical, slices = people.features(columns_of(people, CLASSICAL, 0, n_layers), name)
        members = {member: classical[:, at] for member, at in slices.items()}
    found: dict[str, Any] = {}
    for seed in range(seeds):
        columns = columns_of(people, ("csbrain",), seed, n_layers)
        network = unrelated(people, columns) if name == "none" else people.features(columns, name)[0]
        wanted = {
            title: parts for title, parts in STACKS.items()
            if set(parts) <= {*members, "csbrain"} and (seed == 0 or "csbrain" in parts)
        }  # fmt: skip
        used = {part for parts in wanted.values() for part in parts}
        began = time.perf_counter()
        both = {**members, "csbrain": network}
        for title, p in left_out(people, {k: v for k, v in both.items() if k in used}, wanted).items():
            made = figures(people, p)
            found.setdefault(title, {})[f"seed {seed}"] = made
            print(f"{name}, {title}, seed {seed}: balanced accuracy {made['balanced_accuracy']['mean']:.3f}, "
                  f"AUROC {made['auroc']['mean']:.3f}", flush=True)  # fmt: skip
        print(f"{time.perf_counter() - began:.0f} s", flush=True)
        yield found


def recordings_apart(people: People) -> dict[str, Any]:
    """Say what tells rest and task apart without any workload: cleaning and time."""
    distance, _ = people.features(columns_of(people, ("distance",), 0, 2), "rest")
    lost = {}
    for number, name in enumerate(people.names):
        counts = []
        for code in (0, 1):
            chosen = people.windows[(people.who == number) & (people.codes == code)]
            values = np.linalg.eigvalsh(np.cov(np.concatenate(list(chosen), axis=1)))
            counts.append(int(np.sum(values < LOST * values.mean())))
        lost[str(name)] = counts
    rest, early = people.codes == 0, people.start_s < 120.0
    unlearned = [roc_auc_score(people.codes[people.who == n], distance[people.who == n, 1])
                 for n in range(len(people.names))]  # fmt: skip
    return {
        "directions_lost_in_rest_and_task": lost,
        "people_whose_recordings_lost_different_numbers": int(sum(a != b for a, b in lost.values())),
        "mean_distance": {
            "rest, 60-120 s": round(float(distance[rest & early, 1].mean()), 3),
            "rest, after 120 s": round(float(distance[rest & ~early, 1].mean()), 3),
            "task": round(float(distance[~rest, 1].mean()), 3),
        },
        "auroc_of_the_distance_itself": round(float(np.mean(unlearned)), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("out") / "windows")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--conditions", nargs="+", default=["rest", "transductive", "none"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--layers", type=int, default=2)
    given = parser.parse_args()
    prepared = prepare({"kind": "eegmat", "folder": str(given.folder)}, named("cbramod_eegmat", ABOUT), given.cache)
    with threadpool_limits(1):
        people = People(prepared)
        found: dict[str, Any] = {
            "data": "EEGMAT subjects 00-31, consecutive windows of 5 s, leave one subject out",
            "windows": len(people.codes), "people": len(people.names), "layers": given.layers,
            "recordings": recordings_apart(people), "conditions": {},
        }  # fmt: skip
        print(json.dumps({k: v for k, v in found["recordings"].items() if k != "directions_lost_in_rest_and_task"}))
        for name in given.conditions:
            for figures_so_far in condition(people, name, given.seeds, given.layers):
                found["conditions"][name] = figures_so_far
                if given.out:
                    given.out.parent.mkdir(parents=True, exist_ok=True)
                    given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
