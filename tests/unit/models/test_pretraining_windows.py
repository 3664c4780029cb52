"""Windows of pre-training: those of the live stages, thrown away with a reason, kept on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.training.pretraining.corpus import Group, Schedule, assemble
from models.training.pretraining.sources import STAGES, Source, recordings_of
from models.training.pretraining.window_cache import Cut, WindowCache
from pipelines.errors import ChannelMismatch, ConfigError, RateMismatch, RecordingError
from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec, make_chunk
from pipelines.stage import Pipeline
from tests.unit.models.made_recordings import FOUR, NINETEEN, rhythms, write_fif

CUT = Cut(window_s=2)


def one(folder: Path, cut: Cut = CUT, **settings):
    (recording,) = recordings_of(Source(folder=str(folder), **settings), "here")
    return WindowCache(folder / "cache", cut).entry(recording)


def test_windows_are_what_the_live_stages_deliver_at_another_rate(tmp_path: Path) -> None:
    write_fif(tmp_path / "a_raw.fif", rate_hz=250.0, seconds=21, seed=7)
    entry = one(tmp_path)
    pipeline = Pipeline([make("stages", table) for table in STAGES])
    pipeline.prepare(StreamSpec(250.0, tuple(map(Channel, FOUR))))
    signal = rhythms(4, 250.0, 21, 7).T
    live = pipeline.process(make_chunk(signal, np.arange(len(signal)) / 250.0, 0)).samples
    n = len(live) // 400
    assert (entry.n, entry.names, entry.n_samples) == (n, FOUR, 400)
    wanted = live[: n * 400].reshape(n, 400, 4).transpose(0, 2, 1)
    np.testing.assert_allclose(entry.windows(), wanted, atol=2e-3)  # the file keeps volts, not microvolts


def test_no_window_reaches_over_a_cut_or_into_a_bad_span(tmp_path: Path) -> None:
    write_fif(tmp_path / "a_raw.fif", seconds=21, annotations=[(5.0, 2.0, "bad blink"), (10.0, 0.0, "boundary")])
    assert one(tmp_path).n == 2 + 1 + 5


def test_what_is_thrown_away_is_counted_by_reason(tmp_path: Path) -> None:
    signal = rhythms(4, 200.0, 20, 0)
    signal[1, 900:910] += 5000.0
    signal[2, 2000:2800] = 0.0
    write_fif(tmp_path / "a_raw.fif", signal=signal)
    no_filter = [{"kind": "nonfinite"}]
    entry = one(tmp_path, stages=no_filter)
    assert entry.dropped == {"amplitude": 1, "flat": 2}
    assert entry.n == 7
    np.testing.assert_allclose(entry.windows()[2], signal[:, 1200:1600], atol=1e-3)
    assert one(tmp_path, Cut(window_s=2, shortest_s=21), stages=no_filter).n == 0
    assert one(tmp_path, Cut(window_s=2, skip_start_s=6, skip_stop_s=2), stages=no_filter).n == 4


def test_numbers_that_are_not_volts_are_brought_to_microvolts(tmp_path: Path) -> None:
    write_fif(tmp_path / "a_raw.fif", seconds=4, signal=rhythms(4, 200.0, 4, 0) * 1000)
    no_filter = [{"kind": "nonfinite"}]
    entry = one(tmp_path, unit="mV", stages=no_filter)
    np.testing.assert_allclose(entry.windows()[0], rhythms(4, 200.0, 4, 0)[:, :400], atol=1e-3)
    assert one(tmp_path, stages=no_filter).dropped == {"amplitude": 2}


def test_an_entry_is_made_once_and_again_when_anything_of_it_changes(tmp_path: Path) -> None:
    file = write_fif(tmp_path / "a_raw.fif", seed=1)
    first = one(tmp_path)
    made = first.data.stat().st_mtime_ns
    assert one(tmp_path) == first
    assert first.data.stat().st_mtime_ns == made
    assert one(tmp_path, Cut(window_s=3)).data != first.data
    assert one(tmp_path, channels=("O1", "F3")).names == ("O1", "F3")
    write_fif(file, seed=2)
    assert one(tmp_path).data != first.data
    assert not list((tmp_path / "cache").glob("*.part"))


def test_what_cannot_be_used_says_why(tmp_path: Path) -> None:
    file = write_fif(tmp_path / "a_raw.fif")
    with pytest.raises(ChannelMismatch, match="lacks Cz; it has F3, F4, O1, O2"):
        one(tmp_path, channels=("F3", "Cz"))
    with pytest.raises(RateMismatch, match="deliver 100 Hz"):
        one(tmp_path, stages=[{"kind": "resample", "rate_hz": 100.0}])
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(RecordingError, match=r"a_raw\.fif"):
        one(tmp_path)


def corpus(folder: Path, share: float = 0.3, **settings):
    recordings = recordings_of(Source(folder=str(folder), **settings), "here")
    return assemble(recordings, share, 0, WindowCache(folder / "cache", CUT), lambda: None)


def test_a_corpus_has_a_group_for_each_montage_and_tells_what_was_left_out(tmp_path: Path) -> None:
    for person in range(3):
        write_fif(tmp_path / f"sub-0{person}_eeg.fif", seed=person)
        write_fif(tmp_path / f"sub-1{person}_eeg.fif", names=NINETEEN, rate_hz=160.0, seed=person)
    (tmp_path / "sub-20_eeg.edf").write_bytes(b"nothing")
    found = corpus(tmp_path)
    assert {len(group.montage.names) for group in found.training} == {4, 19}
    assert len(found.people) == 4
    assert len(found.held_out) == 2
    assert not set(found.people) & set(found.held_out)
    assert list(found.unread) == [f"{tmp_path.name}/sub-20_eeg.edf"]
    assert sorted(found.files) == sorted(
        f"{name}_eeg.fif" for name in found.people for name in [name.replace("/", "/sub-")]
    )


def test_nothing_to_learn_from_is_an_error_with_the_reasons(tmp_path: Path) -> None:
    (tmp_path / "a.edf").write_bytes(b"nothing")
    with pytest.raises(ConfigError, match=r"no window to learn from in 1 recordings: .*a\.edf"):
        corpus(tmp_path)


def test_batches_read_the_windows_they_name_in_units_of_the_network(tmp_path: Path) -> None:
    for person in range(3):
        write_fif(tmp_path / f"sub-0{person}_eeg.fif", seed=person, seconds=10 + person)
    recordings = recordings_of(Source(folder=str(tmp_path)), "here")
    entries = [WindowCache(tmp_path / "cache", CUT).entry(r) for r in recordings]
    group = Group(recordings[0].source.worn(FOUR), entries)
    everything = np.concatenate([entry.windows() for entry in entries]) / 100
    rows = np.array([len(group) - 1, 0, entries[0].n])
    np.testing.assert_array_equal(group.read(rows), everything[rows].reshape(3, 4, 2, 200))


def test_an_epoch_has_every_window_once_and_the_same_order_for_the_same_seed(tmp_path: Path) -> None:
    write_fif(tmp_path / "sub-01_eeg.fif", seconds=23)
    write_fif(tmp_path / "sub-02_eeg.fif", names=NINETEEN, seconds=17)
    schedule = Schedule(tuple(corpus(tmp_path, 0.0).training), 3, 5)
    batches = schedule.epoch(2)
    assert len(batches) == schedule.steps_per_epoch == 4 + 3
    for which, n in enumerate(map(len, schedule.groups)):
        assert sorted(np.concatenate([rows for w, rows in batches if w == which])) == list(range(n))
    again, other = schedule.epoch(2), schedule.epoch(3)
    assert all(w == v and (a == b).all() for (w, a), (v, b) in zip(batches, again, strict=True))
    assert not all(w == v and np.array_equal(a, b) for (w, a), (v, b) in zip(batches, other, strict=True))
