from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import mne
import numpy as np
import pytest

from devices.sources.recording import embedded_session, open_recording
from pipelines.errors import BciError, ConnectFailed, RecordingError, StreamEnded
from pipelines.plugins import make
from pipelines.signal import Chunk

OPENBCI = "%OpenBCI Raw EEG Data\n%Number of channels = 2\n%Sample Rate = 250.0 Hz\n"


def openbci(tmp_path: Path, counters: list[int], header: str = OPENBCI) -> Path:
    path = tmp_path / "raw.txt"
    path.write_text(
        header + "".join(f"{c}, {k}.5, {k}.25, 1, 2, 3\n" for k, c in enumerate(counters)), encoding="utf-8"
    )
    return path


def play(path: Path, **settings: object) -> list[Chunk]:
    chunks = []
    with make("sources", {"kind": "recording", "path": str(path), "speed": "max", **settings}) as source:
        source.open()
        while True:
            try:
                chunk = source.read(1.0)
            except StreamEnded:
                return chunks
            assert chunk is not None
            chunks.append(chunk)


def test_openbci_losses_are_declared_and_the_counter_wraps(tmp_path: Path) -> None:
    counters = [*range(250, 256), 0, 1, 4, 5, 255, 0]
    chunks = play(openbci(tmp_path, counters))
    assert [(c.first_index, c.gap_before) for c in chunks] == [(0, 0), (10, 2), (261, 249)]
    recording = open_recording(openbci(tmp_path, counters))
    assert recording.spec.rate_hz == 250.0
    assert recording.spec.names == ("EXG1", "EXG2")
    np.testing.assert_array_equal(recording.samples[:2], [[0.5, 0.25], [1.5, 1.25]])


@pytest.mark.parametrize("chunk_samples", [1, 7, 1000])
def test_samples_and_gaps_do_not_depend_on_the_chunk_size(tmp_path: Path, chunk_samples: int) -> None:
    path = openbci(tmp_path, [0, 1, 2, 5, 6, 7, 8, 9])
    chunks = play(path, chunk_samples=chunk_samples)
    assert np.vstack([c.samples for c in chunks])[:, 0].tolist() == [k + 0.5 for k in range(8)]
    assert [(c.first_index, c.gap_before) for c in chunks if c.gap_before] == [(5, 2)]


def test_start_stop_and_loop(tmp_path: Path) -> None:
    path = openbci(tmp_path, list(range(250)))
    chunks = play(path, start_s=0.2, stop_s=0.4)
    values = np.vstack([c.samples for c in chunks])[:, 0]
    assert values[0] == 50.5
    assert values.size == 50
    with make("sources", {"kind": "recording", "path": str(path), "speed": "max", "loop": True}) as source:
        source.open()
        first, second = source.read(1.0), source.read(1.0)
    assert second.first_index == first.end_index == 250
    assert second.times_s[0] > first.times_s[-1]


def muse(tmp_path: Path, stamps: np.ndarray) -> Path:
    path = tmp_path / "muse.csv.gz"
    lines = [
        "timestamps,TP9,AF7,Right AUX,Marker",
        *(f"{t:.3f},{k},{-k},0,{int(k == 3)}" for k, t in enumerate(stamps)),
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def test_a_hole_in_muse_stamps_is_a_declared_loss(tmp_path: Path) -> None:
    stamps = 1000 + np.arange(5120) / 256
    stamps[3000:] += 0.5
    path = muse(tmp_path, stamps)
    chunks = play(path, rate_hz=256.0)
    assert [(c.first_index, c.gap_before) for c in chunks if c.gap_before] == [(3128, 128)]


def test_muse_without_holes(tmp_path: Path) -> None:
    recording = open_recording(muse(tmp_path, 1000 + np.arange(512) / 256))
    assert recording.spec.rate_hz == 256.0
    assert [c.kind for c in recording.spec.channels] == ["eeg", "eeg", "misc"]
    assert [(m.label, round(m.time_s * 256)) for m in recording.markers] == [("1", 3)]
    np.testing.assert_allclose(np.diff(recording.times_s), 1 / 256)


def test_fif_comes_in_microvolts_with_its_events(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((2, 1000)) * 1e-5
    raw = mne.io.RawArray(rows, mne.create_info(["Cz", "Pz"], 200.0, "eeg"), verbose="error")
    raw.set_annotations(mne.Annotations([1.0], [0.5], ["blink"]))
    path = tmp_path / "x_raw.fif"
    raw.save(path, verbose="error")
    mne.write_events(tmp_path / "x-eve.fif", np.array([[400, 0, 7]]), verbose="error")
    recording = open_recording(path)
    np.testing.assert_allclose(recording.samples, rows.T * 1e6, rtol=1e-5)
    assert [(m.label, m.time_s) for m in recording.markers] == [("blink", 1.0), ("7", 2.0)]
    assert {c.unit for c in recording.spec.channels} == {"uV"}
    with make("sources", {"kind": "recording", "path": str(path), "speed": "max", "scale": 0.001}) as source:
        source.open()
        chunk = source.read(1.0)
    np.testing.assert_allclose(chunk.samples, rows.T[: chunk.n_samples] * 1e3, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [
        ("x.txt", "hello\n", RecordingError, "not an OpenBCI"),
        ("x.xdf", "hello\n", RecordingError, "XDF"),
        ("x.edf", "hello\n", RecordingError, "cannot be read"),
        ("x.csv", "a,b\n1,2\n", RecordingError, "timestamps"),
        ("x.doc", "hello\n", ConnectFailed, "not known"),
    ],
)
def test_what_is_no_recording_is_refused_by_name(
    tmp_path: Path, name: str, content: str, error: type[BciError], words: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(error, match=words) as caught:
        open_recording(path)
    assert name in str(caught.value)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectFailed, match="no such file"):
        open_recording(tmp_path / "absent.edf")


@pytest.mark.shared
@pytest.mark.slow
def test_every_shared_recording_opens_and_plays(shared_data: Path) -> None:
    suffixes = (".edf", ".bdf", ".gdf", "_raw.fif", ".vhdr", ".set", ".xdf", ".txt", ".csv.gz")
    folders = ("eegmat/original_500hz", "eegmmidb_s001", "ssvep_exo/subject03", "xdf", "openbci", "muse", "formats")
    files = [f for folder in folders for f in sorted((shared_data / folder).rglob("*")) if f.name.endswith(suffixes)]
    assert len(files) > 45
    for file in files:
        chunks = play(file)
        assert sum(c.n_samples for c in chunks) > 0, file
        assert embedded_session(file) is None


@pytest.mark.shared
def test_clock_resets_become_one_declared_gap(shared_data: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chunks = play(shared_data / "xdf" / "clock_resets.xdf")
    gaps = [c.gap_before for c in chunks if c.gap_before]
    assert sum(gaps) == pytest.approx(274 * 100, rel=0.01)
    assert np.all(np.diff(np.concatenate([c.times_s for c in chunks])) >= 0)
