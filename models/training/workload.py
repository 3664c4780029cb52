"""Windows of EEGMAT for the workload decoder: rest against mental arithmetic, relative to the person's own rest.

They come from the very stages that run live, so training and serving cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.cross_spectra import CrossSpectra
from models.datasets.eegmat import CHANNELS, CLASSES, EegMat
from models.rest_features import RestFeatures, log_band_power
from models.training.electrode_sets import FULL, ElectrodeSet
from pipelines.plugins import make
from pipelines.signal import Chunk, StreamSpec
from pipelines.stage import Pipeline
from pipelines.windows import Windower

Model = Literal["raw", "bandpower", "riemann"]
RATE_HZ, WINDOW_S, HOP_S, REST_S = 200.0, 5.0, 2.5, 60.0
BANDS_HZ = ((2.0, 4.0), (4.0, 6.0), (6.0, 8.0), (8.0, 10.0), (10.0, 13.0), (13.0, 20.0), (20.0, 30.0), (30.0, 40.0))
N_TAPERS = 3
STAGES: tuple[dict[str, Any], ...] = (
    {"kind": "nonfinite"},
    {"kind": "select", "channels": list(CHANNELS)},
    {"kind": "resample", "rate_hz": RATE_HZ},
    {"kind": "notch", "freq_hz": 50.0, "q": 20.0},
    {"kind": "notch", "freq_hz": 60.0, "q": 20.0},
    {"kind": "bandpass", "low_hz": 1.0, "high_hz": 45.0},
    # Behind the filter: switching a channel to its stand-in must not excite the filter with the channel's offset.
    {"kind": "bad_channels"},
)

Covariances = NDArray[np.float64]
Recordings = Mapping[tuple[int, str], Covariances]
"""Band covariances (n_windows, n_bands, n_channels, n_channels) by subject and class."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person's windows after calibration: features (n_windows, n_features) and classes (n_windows,) of 0 and 1."""

    subject: int
    features: NDArray[np.float64]
    labels: NDArray[np.int64]


def live_covariances(
    spec: StreamSpec, chunk: Chunk, hop_s: float = HOP_S, stages: Sequence[Mapping[str, Any]] = STAGES
) -> Covariances:
    """Pass a recording through the live stages and the live windower; return the covariances of its windows."""
    pipeline = Pipeline([make("stages", table) for table in stages])
    delivered = pipeline.prepare(spec)
    n_samples = round(WINDOW_S * RATE_HZ)
    windower = Windower(delivered, n_samples, round(hop_s * RATE_HZ))
    spectra = CrossSpectra(RATE_HZ, n_samples, BANDS_HZ, N_TAPERS)
    return np.array([spectra.covariances(window.samples) for window in windower.push(pipeline.process(chunk))])


def read_recordings(data: EegMat, tell: Callable[[str], None], worn: ElectrodeSet = FULL) -> Recordings:
    """Read all subjects there, as if they wore a set of electrodes."""
    found = {}
    for key in data.keys():
        tell(f"{worn.name}: subject {key.subject}, run {key.run}")
        recording = data.read(key)
        spec, chunk = worn.put_on(recording.spec, recording.chunks[0])
        covariances = live_covariances(spec, chunk, stages=worn.stages(STAGES))
        found[int(key.subject), str(recording.trials[0].label)] = covariances
    return found


def person(recordings: Recordings, subject: int, model: Model, rest_s: float = REST_S) -> Person:
    """Calibrate on the first ``rest_s`` of the rest file; take the features of what begins after 60 s, and of the task.

    However short the calibration, the same windows are left for training and testing.
    """
    rest, task = (recordings[subject, label] for label in CLASSES)
    free = rest[round(REST_S / HOP_S) :]
    windows = np.concatenate([free, task])
    labels = np.repeat([0, 1], [len(free), len(task)])
    if model == "raw":
        return Person(subject, log_band_power(windows), labels)
    n_calibration = int((rest_s - WINDOW_S) / HOP_S + 1e-9) + 1
    return Person(subject, RestFeatures(rest[:n_calibration], tangent=model == "riemann")(windows), labels)


def rereferenced(recordings: Recordings, to: str) -> Recordings:
    """Return what the same heads would give against another reference: ``"average"`` or one of the channels."""
    n = len(CHANNELS)
    matrix = np.eye(n)
    matrix -= 1.0 / n if to == "average" else np.eye(n)[CHANNELS.index(to)]
    return {key: matrix @ covariances @ matrix.T for key, covariances in recordings.items()}
