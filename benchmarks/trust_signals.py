"""Parts of workload_trust.py: signals unlike EEGMAT's, and other ways to decide from fewer electrodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from simulated_participant import simulated

from models.benchmark.eegmat import REGULARISATION, people
from models.datasets.eegmat import CHANNELS
from models.datasets.eegmmidb import EegMmiDb
from models.familiarity import ASPECTS, Familiarity
from models.statistics import interval
from models.training import workload
from models.training.electrode_sets import CYTON_8, SMALLER
from models.training.held_out import Scores, leave_one_out
from models.training.trust import FAMILIAR, People
from models.training.workload import Covariances, Recordings
from pipelines.montage import positions, spline_weights
from pipelines.signal import Channel, StreamSpec, make_chunk

Matrix = NDArray[np.float64]
NOISE_S, NOISE_UV = 60.0, 12.0
C = REGULARISATION["riemann"]


def strange_signals(everybody: People, eegmmidb: Path | None) -> dict[str, Any]:
    """Return the share of windows beyond the limit, in all and by aspect; limits as shipped (all people)."""
    familiarity = Familiarity.fit(everybody.covariances, FAMILIAR)
    found = {}
    for name, covariances in _signals(np.concatenate(everybody.covariances), eegmmidb):
        beyond = familiarity(covariances) > 1
        found[name] = {
            "n_windows": len(covariances),
            "flagged": round(float(beyond.any(axis=0).mean()), 4),
            "by_aspect": {a: round(float(share), 4) for a, share in zip(ASPECTS, beyond.mean(axis=1), strict=True)},
        }
    return found


def _signals(own: Covariances, eegmmidb: Path | None) -> Iterator[tuple[str, Covariances]]:
    yield "EEGMAT, the training people", own
    for factor in (10.0, 3.0, 2.0, 1 / 3, 1 / 10):
        yield f"EEGMAT × {factor:.3g}", own * factor**2
    for reference in ("average", "Cz"):
        yield f"EEGMAT, {reference} reference", workload.rereferenced({(0, ""): own}, reference)[0, ""]
    order = np.random.default_rng(0).permutation(len(CHANNELS))
    yield "EEGMAT, electrodes in random order", own[:, :, order][..., order]
    for exponent in (0, 1, 2):
        for mixed in (0.0, 0.4):
            together = "shared in part" if mixed else "independent"
            yield f"noise 1/f^{exponent}, {together}", _noise(exponent, mixed)
    yield "simulated participant", np.concatenate(list(simulated(range(3)).values()))
    if eegmmidb is not None:
        data = EegMmiDb(eegmmidb)
        for key in data.keys():
            recording = data.read(key)
            yield (
                f"EEGMMIDB {key.subject}, run {key.run}",
                workload.live_covariances(recording.spec, recording.chunks[0]),
            )


def _noise(exponent: float, mixed: float) -> Covariances:
    """Return noise of 12 µV whose power falls with frequency, a share of it common to all electrodes."""
    rng, n, rate_hz = np.random.default_rng(1), round(NOISE_S * workload.RATE_HZ), workload.RATE_HZ
    frequencies = np.fft.rfftfreq(n, 1 / rate_hz)
    frequencies[0] = frequencies[1]
    shape = (frequencies.size, len(CHANNELS))
    white = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    rows = np.fft.irfft(white / frequencies[:, None] ** (exponent / 2), n, axis=0)
    rows = rows @ ((1 - mixed) * np.eye(len(CHANNELS)) + mixed)
    chunk = make_chunk((NOISE_UV * rows / rows.std(axis=0)).astype(np.float32), np.arange(n) / rate_hz, 0)
    return workload.live_covariances(StreamSpec(rate_hz, tuple(map(Channel, CHANNELS)), "noise"), chunk)


def fewer_electrodes(recordings: Recordings) -> list[dict[str, Any]]:
    """Compare ways to decide from fewer electrodes, on covariances: own decision or interpolation; other stand-ins."""
    full = people(recordings, "riemann")
    near = {"cyton_16": SMALLER[0].electrodes, "cyton_8": CYTON_8, "muse_4, T7 F7 F8 T8": ("T7", "F7", "F8", "T8")}
    interpolated = {name: people(_seen(recordings, _interpolation(e)), "riemann") for name, e in near.items()}
    rows = [_row(name, "decision of 19, interpolated", s) for name, s in leave_one_out(full, C, interpolated).items()]
    pole = np.isin(CHANNELS, ("Fp1", "Fp2")) / 2
    for name, electrodes in {**near, "muse_4, P7 F7 F8 P8": ("P7", "F7", "F8", "P8")}.items():
        pick = np.eye(len(CHANNELS))[[CHANNELS.index(e) for e in electrodes]]
        ways = {"linked ears": pick, "average reference": pick - pick.mean(axis=0)}
        if name.startswith("muse"):
            ways["Fpz as reference (mean of Fp1 and Fp2)"] = pick - pole
        for way, matrix in ways.items():
            own = people(_seen(recordings, matrix), "riemann")
            rows.append(_row(name, f"own decision, {way}", leave_one_out(own, C)[""]))
    return rows


def _row(name: str, way: str, scores: Scores) -> dict[str, Any]:
    low, high = interval(scores.balanced_accuracy)
    return {
        "electrodes": name,
        "way": way,
        "balanced_accuracy": round(float(scores.balanced_accuracy.mean()), 4),
        "interval_95": [round(low, 4), round(high, 4)],
        "auroc": round(float(scores.auroc.mean()), 4),
    }


def _seen(recordings: Recordings, matrix: Matrix) -> Recordings:
    return {key: matrix @ covariances @ matrix.T for key, covariances in recordings.items()}


def _interpolation(electrodes: tuple[str, ...]) -> Matrix:
    """Return what spherical splines make of a few electrodes: (19, 19), columns of absent ones empty."""
    absent = [name for name in CHANNELS if name not in electrodes]
    matrix = np.diag(np.isin(CHANNELS, electrodes).astype(np.float64))
    columns = [CHANNELS.index(name) for name in electrodes]
    weights = spline_weights(positions(electrodes), positions(absent))
    for row, name in zip(weights, absent, strict=True):
        matrix[CHANNELS.index(name), columns] = row
    return matrix
