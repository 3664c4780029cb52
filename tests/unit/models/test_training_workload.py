"""Training windows come from the live stages, and other devices' streams arrive at the same features."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import firwin, lfilter, resample_poly

from models.checkpoints import load, load_decoder
from models.cross_spectra import CrossSpectra
from models.dataset import Key
from models.datasets.eegmat import CHANNELS, CLASSES, EegMat
from models.training import workload
from models.training.held_out import leave_one_out
from pipelines.errors import ChannelMismatch, SpecMismatch
from pipelines.plugins import make
from pipelines.signal import Channel, Chunk, StreamSpec, make_chunk
from pipelines.stage import Pipeline
from pipelines.windows import Windower

EEGMAT_NAMES = [f"EEG {n}" for n in "Fp1 Fp2 F3 F4 F7 F8 T3 T4 C3 C4 T5 T6 P3 P4 O1 O2 Fz Cz Pz".split()]


def brain(rate_hz: float, seconds: float = 30.0, seed: int = 0) -> np.ndarray:
    """Band-limited activity of 19 electrodes (uV), the same whatever the rate; sources shared by electrodes."""
    rng = np.random.default_rng(seed)
    fine = lfilter(
        firwin(401, [2.0, 42.0], pass_zero=False, fs=1000.0),
        1.0,
        rng.standard_normal((round(seconds * 1000), 19)),
        axis=0,
    )
    rows = 60.0 * fine @ (np.eye(19) + 0.3 * rng.standard_normal((19, 19)))
    step = round(1000 / rate_hz) if 1000 % rate_hz == 0 else None
    return rows[::step] if step else resample_poly(rows, round(rate_hz), 1000, axis=0)


def stream(rate_hz: float, names: list[str] = EEGMAT_NAMES) -> StreamSpec:
    return StreamSpec(rate_hz, tuple(Channel(name) for name in names), "simulated")


def whole(rows: np.ndarray, rate_hz: float) -> Chunk:
    return make_chunk(rows, np.arange(len(rows)) / rate_hz, 0)


@pytest.mark.parametrize("chunk_samples", [1, 7, 64, 1000])
def test_windows_for_training_are_those_of_the_live_run(chunk_samples: int) -> None:
    chunk = whole(brain(200.0, 15.0), 200.0)
    offline = workload.live_covariances(stream(200.0), chunk, hop_s=1.0)

    pipeline = Pipeline([make("stages", table) for table in workload.STAGES])
    windower = Windower(pipeline.prepare(stream(200.0)), 1000, 200)
    spectra = CrossSpectra(200.0, 1000, workload.BANDS_HZ, workload.N_TAPERS)
    live = [
        spectra.covariances(window.samples)
        for start in range(0, chunk.n_samples, chunk_samples)
        for window in windower.push(pipeline.process(chunk.part(start, min(start + chunk_samples, chunk.n_samples))))
    ]
    assert len(live) == 11
    np.testing.assert_array_equal(offline, live)


@pytest.mark.parametrize("rate_hz", [160.0, 250.0, 256.0, 500.0, 512.0, 1000.0])
def test_other_rates_arrive_at_the_same_covariances(rate_hz: float) -> None:
    reference = workload.live_covariances(stream(200.0), whole(brain(200.0), 200.0))
    found = workload.live_covariances(stream(rate_hz), whole(brain(rate_hz), rate_hz))
    n = min(len(found), len(reference))
    assert n >= 9
    power, expected = (np.log(np.diagonal(c[:n], axis1=2, axis2=3)) for c in (found, reference))
    # The resampler delays by up to 50 ms and is not quite flat near 40 Hz.
    assert np.abs(power - expected).mean() < 0.05


def test_order_spelling_and_further_channels_do_not_matter() -> None:
    rows = brain(200.0, 12.0)
    order = np.random.default_rng(1).permutation(19)
    new = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
    spelled = [EEGMAT_NAMES[i].removeprefix("EEG ") for i in order]
    names = [new.get(n, n).upper() + "-Ref" for n in spelled]
    more = np.column_stack([np.full(len(rows), 7.0), rows[:, order], rows[:, 0] + 3.0])
    expected = workload.live_covariances(stream(200.0), whole(rows, 200.0))
    found = workload.live_covariances(stream(200.0, ["A2-A1", *names, "Oz"]), whole(more, 200.0))
    np.testing.assert_array_equal(found, expected)


def test_missing_channel_is_named() -> None:
    with pytest.raises(ChannelMismatch, match="lacks T8"):
        workload.live_covariances(
            stream(200.0, [n for n in EEGMAT_NAMES if n != "EEG T4"]), whole(brain(200.0, 6.0)[:, :18], 200.0)
        )


def test_person_is_calibrated_on_the_first_minute_and_judged_on_the_others() -> None:
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((90, 2, 60, 4))
    covariances = rows.swapaxes(-1, -2) @ rows
    recordings = {(7, "rest"): covariances[:60], (7, "mental_arithmetic"): covariances[60:]}
    long, short = (workload.person(recordings, 7, "bandpower", rest_s) for rest_s in (60.0, 10.0))
    # Windows of 5 s every 2.5 s: number 24 is the first that begins after 60 s.
    assert long.labels.tolist() == [0] * 36 + [1] * 30 == short.labels.tolist()
    raw = workload.person(recordings, 7, "raw").features
    for person, n_rest in ((long, 23), (short, 3)):
        rest = np.log(np.diagonal(covariances[:n_rest], axis1=2, axis2=3)).reshape(n_rest, -1)
        np.testing.assert_allclose(person.features, (raw - rest.mean(axis=0)) / (rest.std(axis=0) + 0.15), atol=1e-9)


def test_average_reference_of_covariances_is_that_of_samples() -> None:
    rows = brain(200.0, 6.0)
    spectra = CrossSpectra(200.0, 1000, workload.BANDS_HZ, 3)
    recordings = {(0, "rest"): spectra.covariances(rows[:1000])[None]}
    for name, reference in (("average", rows.mean(axis=1)), ("Cz", rows[:, 17])):
        found = workload.rereferenced(recordings, name)[0, "rest"][0]
        np.testing.assert_allclose(found, spectra.covariances((rows - reference[:, None])[:1000]), atol=1e-8)


@pytest.mark.shared
def test_published_500_hz_and_stored_200_hz_agree(shared_data: Path) -> None:
    recordings = [
        EegMat(folder).read(Key("00")) for folder in (shared_data / "eegmat", shared_data / "eegmat" / "original_500hz")
    ]
    assert [recording.spec.rate_hz for recording in recordings] == [200.0, 500.0]
    found = [np.log(np.diagonal(workload.live_covariances(r.spec, r.chunks[0]), axis1=2, axis2=3)) for r in recordings]
    n = min(map(len, found))
    assert np.abs(found[0][:n] - found[1][:n]).mean() < 0.05


@pytest.mark.shared
@pytest.mark.slow
def test_bandpower_reaches_the_measured_floor(shared_data: Path) -> None:
    """Reference of the same recipe: .672 without rest, .798-.816 with 60 s of it (32 subjects, mean of subjects)."""
    recordings = workload.read_recordings(EegMat(shared_data / "eegmat"), lambda _: None)
    for model, low, high in (("raw", 0.64, 0.72), ("bandpower", 0.79, 0.84)):
        people = [workload.person(recordings, subject, model) for subject in range(32)]
        accuracy = leave_one_out(people, 1e-2)[""].balanced_accuracy
        assert low < accuracy.mean() < high, model


@pytest.mark.shared
def test_shipped_decoder_knows_what_it_was_trained_on(shared_data: Path) -> None:
    card = load(Path(workload.__file__).parent.parent / "shipped" / "workload").card
    task = shared_data / "eegmat" / "Subject05_2.edf"
    assert card.training.subjects == tuple(f"{s:02d}" for s in range(32))
    assert card.training.files["Subject05_2.edf"] == sha256(task.read_bytes()).hexdigest()
    riemann, baseline = (card.metrics["models"][name]["balanced_accuracy"] for name in ("riemann", "bandpower"))
    assert riemann > 0.88 > baseline


def test_shipped_decoder_is_made_for_these_stages() -> None:
    spec = load_decoder("workload").spec
    assert tuple(map(dict, spec.pipeline)) == workload.STAGES
    assert spec.channels == CHANNELS
    assert spec.classes == CLASSES
    delivered = Pipeline([make("stages", dict(table)) for table in spec.pipeline]).prepare(stream(512.0))
    spec.check(delivered)
    with pytest.raises(SpecMismatch, match="unit is unknown"):
        spec.check(delivered.with_channels(tuple(replace(c, unit="unknown") for c in delivered.channels)))
