"""How the simulated participant is decoded, seed by seed; and, with EEGMAT at hand, how much it resembles real people.

``python benchmarks/simulated_participant.py [--seeds N] [--eegmat FOLDER]``. Sessions run as fast as possible, with
the demo's settings and with a minute of rest. With the recordings: band powers at rest and their change in arithmetic,
of the 32 people and of the participants; and decisions trained on the people alone, judged on the participants.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from bci_app.assembly import build
from bci_app.config import demo_session
from bci_app.summary import Summary
from devices.sources import synthetic
from models.benchmark.eegmat import REGULARISATION, people
from models.datasets.eegmat import CHANNELS, CLASSES, EegMat
from models.training import workload
from models.training.held_out import fit_head
from models.training.workload import BANDS_HZ, Model, Recordings
from pipelines.signal import make_chunk

JUDGED_S = 120.0
LONG_REST_S = 60.0
REST_S, TASK_S = 182.0, 62.0
"""Lengths of the recordings of EEGMAT."""
REGIONS = {
    "pole": ("Fp1", "Fp2"),
    "frontal": ("F3", "Fz", "F4"),
    "side": ("F7", "F8"),
    "temporal": ("T7", "T8"),
    "central": ("C3", "Cz", "C4"),
    "parietal": ("P3", "Pz", "P4"),
    "back side": ("P7", "P8"),
    "occipital": ("O1", "O2"),
}
CLEAR = 16
"""Effects are compared with those of so many people whose posterior alpha falls most."""


def session(seed: int, rest_s: float | None) -> Summary:
    """Run the demo, or the same with a longer rest, on one participant, unrecorded."""
    settings = demo_session(speed="max")
    source, decoder = dict(settings.source), settings.decoder
    assert decoder is not None
    if rest_s is not None:
        source["first_rest_s"] = rest_s
        calibration = decoder.calibration.model_copy(update={"rest_s": rest_s})
        decoder = decoder.model_copy(update={"calibration": calibration})
    changed = {"source": source | {"seed": seed}, "decoder": decoder, "sinks": ()}
    summary = Summary()
    length = {"duration_s": source["first_rest_s"] + JUDGED_S}
    build(settings.model_copy(update=changed | length), [summary]).run(threading.Event())
    return summary


def decoded(title: str, seeds: Sequence[int], rest_s: float | None) -> Table:
    """Return the share of right decisions by state, and their mean, for each seed."""
    table = Table("seed", *CLASSES, "balanced", title=title)
    rows = []
    for seed in seeds:
        found = session(seed, rest_s).agreement()
        shares = [agreeing / judged for agreeing, judged in map(found.of_state, CLASSES)]
        rows.append([*shares, float(np.mean(shares))])
        table.add_row(str(seed), *(f"{value:.2f}" for value in rows[-1]))
    for name, of in (("median", np.median), ("lowest", np.min)):
        table.add_row(name, *(f"{value:.2f}" for value in of(np.array(rows), axis=0)))
    return table


def simulated(seeds: Sequence[int]) -> Recordings:
    """Return participants as recordings of the lengths of EEGMAT."""
    found = {}
    for seed in seeds:
        settings = synthetic.Settings(seed=seed, speed="max", first_rest_s=REST_S, block_s=TASK_S + 1.0, blinks=False)
        source = synthetic.build(settings.model_copy(update={"chunk_samples": round((REST_S + TASK_S + 1.0) * 250)}))
        spec, chunk = source.open(), source.read(0.0)
        assert chunk is not None
        border = round(REST_S * spec.rate_hz)
        # The state comes on during the first second.
        for label, rows in zip(CLASSES, (chunk.samples[:border], chunk.samples[border + 250 :]), strict=True):
            part = make_chunk(rows, np.arange(len(rows)) / spec.rate_hz, 0)
            found[seed, label] = workload.live_covariances(spec, part)
    return found


def levels(recordings: Recordings) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return, in dB, rest and its change in arithmetic (n_people, n_bands, n_channels), and the windows' spread."""
    mean, spread = {}, []
    for key, covariances in recordings.items():
        decibels = 10 * np.log10(np.diagonal(covariances, axis1=-2, axis2=-1))
        mean[key] = decibels.mean(axis=0)
        spread += [decibels.std(axis=0)] if key[1] == CLASSES[0] else []
    rest, task = (np.array([m for (_, label), m in mean.items() if label == wanted]) for wanted in CLASSES)
    return rest, task - rest, np.array(spread)


def compared(title: str, real: NDArray[np.float64], simulated: NDArray[np.float64]) -> Table:
    """Return real / simulated means (n_bands, n_channels) by band and region."""
    table = Table("Hz", *REGIONS, title=title)
    columns = [[CHANNELS.index(name) for name in names] for names in REGIONS.values()]
    for (low, high), a, b in zip(BANDS_HZ, real, simulated, strict=True):
        table.add_row(f"{low:g}-{high:g}", *(f"{a[c].mean():.1f} / {b[c].mean():.1f}" for c in columns))
    return table


def likeness(real: Recordings, participants: Recordings) -> list[Table]:
    """Compare levels, effects and variability."""
    rest, change, spread = levels(real)
    own_rest, own_change, own_spread = levels(participants)
    posterior = [CHANNELS.index(name) for name in ("P7", "P8", "P3", "P4", "O1", "O2", "Pz")]
    clear = np.argsort(change[:, 3:5, posterior].mean(axis=(1, 2)))[:CLEAR]
    return [
        compared("Rest (dB uV²): people / participants", rest.mean(0), own_rest.mean(0)),
        compared(
            f"Change in arithmetic (dB): {CLEAR} people / participants", change[clear].mean(0), own_change.mean(0)
        ),
        compared("Spread over people (dB): people / participants", rest.std(0), own_rest.std(0)),
        compared("Spread over 5 s windows (dB): people / participants", spread.mean(0), own_spread.mean(0)),
    ]


def transfer(real: Recordings, participants: Recordings) -> Table:
    """Train each model on the people, judge it on the participants."""
    table = Table("model, trained on the people", "balanced accuracy: median", "lowest", "AUROC: median")
    models: tuple[Model, ...] = ("raw", "bandpower", "riemann")
    for model in models:
        head = fit_head(people(real, model), REGULARISATION[model])
        judged = [(p.labels, head.probability(p.features)) for p in people(participants, model)]
        accuracy = [balanced_accuracy_score(labels, p >= 0.5) for labels, p in judged]
        auroc = [roc_auc_score(labels, p) for labels, p in judged]
        table.add_row(model, f"{np.median(accuracy):.2f}", f"{min(accuracy):.2f}", f"{np.median(auroc):.2f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description="How the simulated participant is decoded, and how real it is.")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--eegmat", type=Path)
    arguments = parser.parse_args()
    seeds, show = range(arguments.seeds), Console(width=120)
    show.print(decoded("Demo session: share of right decisions", seeds, None))
    show.print(decoded(f"The same with {LONG_REST_S:g} s of rest", seeds, LONG_REST_S))
    if arguments.eegmat:
        real, participants = workload.read_recordings(EegMat(arguments.eegmat), show.log), simulated(seeds)
        show.print(*likeness(real, participants), transfer(real, participants), sep="\n")


if __name__ == "__main__":
    main()
