"""Does pre-training help, and which parts of CSBrain does it need? A small network, EEGMAT by folds of people.

Run: ``python benchmarks/csbrain_pretraining.py --data FOLDER [--work DIR] [--json FILE]``. FOLDER holds ``eegmat``,
``eegmmidb_s001`` and ``ssvep_exo``. In every fold the network is pre-trained without the people it is judged on, then
fine-tuned on the labels of the others; beside it the same network from its first weights, with the same fine-tuning,
and logistic regressions on the mean token of both (frozen). Started again with the same ``--work`` it goes on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from models.csbrain.classifier import Classifier
from models.csbrain.montages import published
from models.csbrain.weights import load_strictly
from models.statistics import compare, interval
from models.training.fit import FitSettings, fit, scores
from models.training.pretraining.networks import Size
from models.training.pretraining.sources import Source, recordings_of
from models.training.pretraining.window_cache import PATCH, Cut, WindowCache
from models.training.task import QuietProgress
from models.training.tasks import pretrain

PEOPLE = [f"{number:02d}" for number in range(32)]
CUT = Cut(window_s=5, reject_uv=150.0)
STAGES = (
    {"kind": "nonfinite"},
    {"kind": "resample", "rate_hz": 200.0},
    {"kind": "notch", "freq_hz": 50.0},
    {"kind": "notch", "freq_hz": 60.0},
    {"kind": "bandpass", "low_hz": 0.5, "high_hz": 45.0},
)
SIZE = Size(n_layers=2, d_model=40, n_heads=4, d_ff=160, dropout=0.0)
VARIANTS: dict[str, dict[str, Any]] = {
    "official": {},
    "transposed": {"layout": "transposed"},
    "no attention": {"ssa": False},
    "no regional tokens": {"region_tokenizer": False},
}
EVERY = 2
"""Of the training windows of fine-tuning, one in so many is used."""


@dataclass(frozen=True)
class Case:
    """One pre-training with what follows from it."""

    variant: str
    seed: int
    fold: int
    n_folds: int

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.variant.replace(' ', '-')}-seed{self.seed}-fold{self.fold}-of-{self.n_folds}"

    @property
    def tested(self) -> list[str]:
        """People whom it is judged on."""
        order = np.random.default_rng(0).permutation(len(PEOPLE))
        return sorted(PEOPLE[i] for i in order[self.fold :: self.n_folds])


@dataclass(frozen=True)
class Windows:
    """Of one person: (n, channels, patches, 200) in units of 100 µV, and 0 (rest) or 1 (arithmetic) for each."""

    x: Tensor
    y: Tensor


def sources(data: Path, tested: Sequence[str], held_out: Sequence[str]) -> tuple[Source, ...]:
    eegmat = Source(
        folder=str(data / "eegmat"), files=("Subject*_?.edf",), person=r"Subject(\d\d)", montage="eegmat",
        leave_out=tuple(tested), held_out=tuple(held_out), stages=STAGES,
    )  # fmt: skip
    motor = Source(folder=str(data / "eegmmidb_s001"), person=r"(S\d\d\d)", stages=STAGES)
    # MNE takes the numbers for volts; as millivolts they are what EEG of eight occipital electrodes is.
    flicker = Source(
        folder=str(data / "ssvep_exo"), files=("*/*_raw.fif",), exclude=("subject07/*2012.07.11-15.33.08*",),
        person=r"subject(\d\d)", unit="mV", stages=STAGES,
    )  # fmt: skip
    return (eegmat, motor, flicker)


def labelled(data: Path, cache: WindowCache) -> dict[str, Windows]:
    (source, *_) = sources(data, (), ())
    found: dict[str, list[tuple[Tensor, int]]] = {person: [] for person in PEOPLE}
    for recording in recordings_of(source, "eegmat"):
        entry = cache.entry(recording)
        x = torch.from_numpy(np.array(entry.windows())) / 100.0
        found[recording.person].append((x.reshape(*x.shape[:2], -1, PATCH), int(recording.path.stem[-1]) - 1))
    return {
        person: Windows(torch.cat([x for x, _ in parts]), torch.cat([torch.full((len(x),), y) for x, y in parts]))
        for person, parts in found.items()
    }


def pretrained(case: Case, options: argparse.Namespace, size: Size) -> dict[str, Any]:
    """Pre-train without the fold's people; return the run's folder and its held-out loss."""
    tested = case.tested
    others = [person for person in PEOPLE if person not in tested]
    out = options.work / case.name
    settings = pretrain.Settings(
        data=sources(options.data, tested, others[:: len(others) // 3][:3]), cut=CUT, network=size,
        epochs=options.epochs, batch_size=32, learning_rate=1e-3, ema=0.99, seed=case.seed, device="cpu",
        save_every=50, cache=str(options.work / "cache"),
    )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    pretrain.build(settings).run(out, QuietProgress())
    card = json.loads((out / "card.json").read_text())
    assert not {f"eegmat/{person}" for person in tested} & set(card["training"]["subjects"])
    return {"weights": out / "weights.safetensors", "held_out": card["metrics"]["held_out"]}


def run(case: Case, people: dict[str, Windows], options: argparse.Namespace) -> dict[str, Any]:
    """Judge one case: balanced accuracy of every tested person, by way of training."""
    size = SIZE.model_copy(update={"n_layers": options.layers, **VARIANTS[case.variant]})
    began = time.process_time()
    learned = pretrained(case, options, size)
    tested = case.tested
    train = [people[person] for person in PEOPLE if person not in tested]
    x, y = torch.cat([w.x[::EVERY] for w in train]), torch.cat([w.y[::EVERY] for w in train])
    answers: dict[str, dict[str, float]] = {}
    for start in ("pre-trained", "scratch"):
        for way in ("fine-tuned", "frozen"):
            classifier = fresh(size, case.seed)
            if start == "pre-trained":
                load_strictly(classifier.network, load_file(learned["weights"]), str(learned["weights"]))
            judge = fine_tuned if way == "fine-tuned" else frozen
            answers[f"{start}, {way}"] = judge(classifier, x, y, {p: people[p] for p in tested}, case, options)
    return {**asdict(case), "held_out": learned["held_out"], "balanced_accuracy": answers,
            "cpu_s": round(time.process_time() - began, 1)}  # fmt: skip


def fresh(size: Size, seed: int) -> Classifier:
    torch.manual_seed(seed)
    return Classifier(size.architecture(published("eegmat")), 2, dropout=size.dropout)


def fine_tuned(
    classifier: Classifier, x: Tensor, y: Tensor, tested: dict[str, Windows], case: Case, options: argparse.Namespace
) -> dict[str, float]:
    torch.manual_seed(case.seed)
    settings = FitSettings(epochs=options.tuning_epochs, batch_size=32, warmup_epochs=1, seed=case.seed)
    fit(classifier, [p for p in classifier.parameters() if p.requires_grad], (x, y), settings)
    return {p: balanced_accuracy_score(w.y, scores(classifier, w.x, 64).argmax(dim=1)) for p, w in tested.items()}


def frozen(
    classifier: Classifier, x: Tensor, y: Tensor, tested: dict[str, Windows], case: Case, options: argparse.Namespace
) -> dict[str, float]:
    classifier.eval()
    scaler = StandardScaler()
    model = LogisticRegression(class_weight="balanced", max_iter=2000, C=0.1)
    model.fit(scaler.fit_transform(tokens(classifier, x)), y)
    return {
        p: balanced_accuracy_score(w.y, model.predict(scaler.transform(tokens(classifier, w.x))))
        for p, w in tested.items()
    }


@torch.inference_mode()
def tokens(classifier: Classifier, x: Tensor) -> NDArray[np.float32]:
    return torch.cat([classifier.network.features(part).mean(dim=(1, 2)) for part in torch.split(x, 64)]).numpy()


def cases(seeds: int, variants: Sequence[str], n_folds: int) -> Iterator[Case]:
    for seed in range(seeds):
        for variant in variants:
            for fold in range(n_folds):
                yield Case(variant, seed, fold, n_folds)


def summary(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean over people of what all folds of a variant came to, intervals over people, paired differences.

    Losses of hidden patches, of people left out of pre-training, are shares of that of the mean of the visible
    electrodes; they are paired by seed and fold.
    """
    whole = {}
    for variant in dict.fromkeys(result["variant"] for result in found):
        by_seed: dict[int, list[dict[str, Any]]] = {}
        for result in found:
            if result["variant"] == variant:
                by_seed.setdefault(result["seed"], []).append(result)
        complete = {seed: results for seed, results in by_seed.items() if len(results) == results[0]["n_folds"]}
        if complete:
            whole[variant] = complete
    people = {
        (variant, way): np.array([
            np.mean([r["balanced_accuracy"][way][p] for rs in seeds.values() for r in rs if p in
                     r["balanced_accuracy"][way]]) for p in PEOPLE
        ])
        for variant, seeds in whole.items() for way in next(iter(seeds.values()))[0]["balanced_accuracy"]
    }  # fmt: skip
    pairs = {
        (f"{v}: pre-trained, {way}", f"{v}: scratch, {way}"): (people[v, f"pre-trained, {way}"],
                                                               people[v, f"scratch, {way}"])
        for v in whole for way in ("fine-tuned", "frozen")
    }  # fmt: skip
    for way in ("pre-trained, fine-tuned", "scratch, fine-tuned"):
        pairs |= {(f"{v}: {way}", f"official: {way}"): (people[v, way], people["official", way])
                  for v in whole if v != "official" and "official" in whole}  # fmt: skip
    losses = {
        v: np.array([r["held_out"]["loss"] / r["held_out"]["visible electrodes"] for rs in seeds.values() for r in rs])
        for v, seeds in whole.items()
    }
    of_loss = {(v, "official"): (loss, losses["official"]) for v, loss in losses.items()
               if v != "official" and "official" in losses and len(loss) == len(losses["official"])}  # fmt: skip
    return {
        "accuracy": [
            {"variant": v, "way": way, "seeds": len(whole[v]), "mean": float(x.mean()), "interval_95": interval(x)}
            for (v, way), x in people.items()
        ],
        "differences": [{"of": a, "less": b, **asdict(c)} for (a, b), c in compare(pairs).items()] if pairs else [],
        "loss_differences": [{"of": a, "less": b, **asdict(c)} for (a, b), c in compare(of_loss).items()],
        "held_out": {
            v: {key: float(np.mean([r["held_out"][key] for rs in seeds.values() for r in rs]))
                for key in next(iter(seeds.values()))[0]["held_out"] if key != "step"}
            for v, seeds in whole.items()
        },
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("out") / "csbrain_pretraining")
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--folds", type=int, default=4, help="Groups of people; each is judged by what the others taught."
    )
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--epochs", type=int, default=6, help="Of pre-training.")
    parser.add_argument("--tuning-epochs", type=int, default=6)
    options = parser.parse_args()
    torch.set_num_threads(1)
    people = labelled(options.data, WindowCache(options.work / "cache", CUT))
    found = []
    for case in cases(options.seeds, options.variants, options.folds):
        file = options.work / f"{case.name}.json"
        if not file.exists():
            part = file.with_suffix(".part")
            part.write_text(json.dumps(run(case, people, options)))
            part.replace(file)
        found.append(json.loads(file.read_text()))
        result = {
            "settings": {"epochs": options.epochs, "tuning_epochs": options.tuning_epochs, "folds": options.folds,
                         "network": SIZE.model_copy(update={"n_layers": options.layers}).model_dump(),
                         "cut": CUT.model_dump(), "torch": torch.__version__},
            "summary": summary(found),
            "cases": found,
        }  # fmt: skip
        print(case.name, found[-1]["cpu_s"], "s", flush=True)
        if options.json:
            options.json.write_text(json.dumps(result, indent=1) + "\n")
    for row in result["summary"]["accuracy"]:
        low, high = row["interval_95"]
        print(f"{row['variant']:20} {row['way']:26} {row['mean']:.3f} ({low:.3f}-{high:.3f}), {row['seeds']} seeds")
    summarised = result["summary"]
    for what, rows in (("accuracy", summarised["differences"]), ("loss", summarised["loss_differences"])):
        for row in rows:
            survives = "survives" if row["low"] > 0 or row["high"] < 0 else "does not survive"
            print(f"{what}: {row['of']} less {row['less']}: {row['difference']:+.3f} ({row['low']:+.3f} to "
                  f"{row['high']:+.3f}; Holm p {row['p_adjusted']:.3f}): {survives}")  # fmt: skip


if __name__ == "__main__":
    main()
