"""The recorder: what went in comes back through pyxdf, MNE and our own replay."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pytest

from bci_app.events import (
    ChunkEvent,
    DecisionEvent,
    EngineState,
    Event,
    LoopTiming,
    MarkerEvent,
    NoticeEvent,
    QualityEvent,
    SectionTiming,
    StateEvent,
)
from bci_app.recording_streams import TIMING_COLUMNS, run_lengths
from devices.sources.recording import open_recording
from pipelines.decision import Decision
from pipelines.signal import Channel, Flag, Marker, StreamSpec, make_chunk
from tests.unit.bci_app.engine_parts import probabilities, run
from tests.unit.bci_app.recorder_parts import a_recorder, told
from tests.unit.bci_app.xdf_files import AS_WRITTEN, CHANNELS, RATE_HZ, a_chunk, a_session, load, values_of


def record(folder: Path, *events: Event, **session: Any) -> Path:
    recorder, _ = a_recorder(folder)
    recorder.open(a_session(**session))
    path = recorder.path
    for event in events:
        recorder.accept(event)
    recorder.close()
    assert path is not None
    return path


def decision(index: int, *p: float, reason: str = "") -> DecisionEvent:
    end_s = 1000.0 + 0.5 * index
    model = ("rest", "work"), p, "alpha-1"
    return DecisionEvent(Decision(index, end_s - 2, end_s, *model, bool(reason), reason, end_s + 0.1))


def test_samples_and_stamps_come_back_with_every_option_of_pyxdf(tmp_path: Path) -> None:
    path = record(tmp_path, *(ChunkEvent(a_chunk(40 * k, 40)) for k in range(50)))
    for options in ({}, AS_WRITTEN):
        raw = load(path, **options)["headset"]
        np.testing.assert_array_equal(raw["time_series"], values_of(np.arange(2000)))
        np.testing.assert_array_equal(raw["time_stamps"], 1000.0 + np.arange(2000) / RATE_HZ)
    assert raw["time_series"].dtype == np.float32
    assert load(path)["headset"]["info"]["effective_srate"] == pytest.approx(RATE_HZ)


def test_the_header_tells_all_of_the_channels(tmp_path: Path) -> None:
    info = load(record(tmp_path, ChunkEvent(a_chunk(0))))["headset"]["info"]
    assert [info[key][0] for key in ("type", "source_id", "channel_format")] == ["EEG", "headset", "float32"]
    assert float(info["nominal_srate"][0]) == RATE_HZ
    channels = info["desc"][0]["channels"][0]["channel"]
    assert [(c["label"][0], c["type"][0], c["unit"][0]) for c in channels] == [
        ("Fp1", "EEG", "microvolts"),
        ("Cz", "EEG", "microvolts"),
        ("VEOG", "EOG", "microvolts"),
        ("aux", "MISC", "unknown"),
    ]
    assert info["desc"][0]["reference"][0]["label"] == ["linked ears"]
    assert info["desc"][0]["bci_app"][0]["session"] == ["night"]


def test_mne_sees_what_went_in(tmp_path: Path) -> None:
    raw = load(record(tmp_path, *(ChunkEvent(a_chunk(25 * k)) for k in range(40))))["headset"]
    described = raw["info"]["desc"][0]["channels"][0]["channel"]
    info = mne.create_info(
        [c["label"][0] for c in described],
        float(raw["info"]["nominal_srate"][0]),
        [c["type"][0].lower() for c in described],
    )
    array = mne.io.RawArray(raw["time_series"].T.astype(np.float64) * 1e-6, info, verbose="error")
    np.testing.assert_allclose(array.get_data() * 1e6, values_of(np.arange(1000)).T, rtol=1e-12)
    assert array.get_channel_types() == ["eeg", "eeg", "eog", "misc"]
    assert array.info["sfreq"] == RATE_HZ


def test_nan_and_infinity_are_recorded_as_they_came(tmp_path: Path) -> None:
    samples = values_of(np.arange(20))
    samples[3:9, 1], samples[12, 0], samples[13, 0] = np.nan, np.inf, -np.inf
    chunk = make_chunk(samples, 1000.0 + np.arange(20) / RATE_HZ, 0)
    raw = load(record(tmp_path, ChunkEvent(chunk)))["headset"]
    np.testing.assert_array_equal(raw["time_series"].view(np.uint32), samples.view(np.uint32))


def test_the_session_comes_first_and_whole(tmp_path: Path) -> None:
    settings = {"name": 'naïve "quoted" \n 日本', "nested": {"list": [1, 2.5, None, True]}}
    before = time.time()
    first = told(load(record(tmp_path, ChunkEvent(a_chunk(0)), settings=settings)))[0]
    assert first["event"] == "session"
    assert first["settings"] == settings
    assert first["versions"] == {"bci-app": "0.1.0"}
    assert (first["model_id"], first["classes"], first["window_s"]) == ("alpha-1", ["rest", "work"], 2.0)
    assert first["spec"]["reference"] == "linked ears"
    assert [c["unit"] for c in first["spec"]["channels"]] == ["uV", "uV", "uV", "unknown"]
    created = load(next(tmp_path.iterdir()))["headset"]["info"]["created_at"][0]
    assert float(created) == pytest.approx(before + first["unix_to_lsl_s"], abs=5.0)


def test_gaps_and_flags_stand_before_the_samples_they_speak_of(tmp_path: Path) -> None:
    jumped = np.zeros(25, dtype=np.uint8)
    jumped[4:6] = Flag.CLOCK_JUMP
    path = record(
        tmp_path,
        ChunkEvent(a_chunk(7)),
        ChunkEvent(a_chunk(42, gap_before=10, flags=jumped)),
        ChunkEvent(a_chunk(67)),
    )
    streams = load(path)
    spoken = told(streams, "recording_started", "gap", "flags")
    assert spoken == [
        {"event": "recording_started", "first_index": 7},
        {"event": "gap", "first_index": 42, "lost": 10},
        {"event": "flags", "first_index": 42, "flags": [[0, 4], [4, 2], [0, 19]]},
    ]
    # A hole of 10 samples stays where it was: pyxdf does not straighten the stamps across it.
    np.testing.assert_array_equal(np.flatnonzero(np.diff(streams["headset"]["time_stamps"]) > 1.5 / RATE_HZ), [24])
    raw = path.read_bytes()
    assert raw.index(b'"event": "gap"') < raw.index(values_of(np.arange(42, 43)).tobytes())


def test_replay_gets_back_indices_losses_flags_and_markers(tmp_path: Path) -> None:
    flags = np.zeros(25, dtype=np.uint8)
    flags[3] = Flag.CLOCK_JUMP
    marker = Marker(1000.3, 'cue "1" µ', "ground_truth")
    path = record(
        tmp_path,
        ChunkEvent(a_chunk(3, gap_before=3)),
        ChunkEvent(a_chunk(31, gap_before=3)),
        MarkerEvent(marker),
        ChunkEvent(a_chunk(100, gap_before=44, flags=flags)),
    )
    recording = open_recording(path)
    indices = np.concatenate([np.arange(3, 28), np.arange(31, 56), np.arange(100, 125)])
    np.testing.assert_array_equal(recording.indices(), indices)
    np.testing.assert_array_equal(recording.samples, values_of(indices))
    assert dict(recording.losses) == {0: 3, 25: 3, 50: 44}
    assert recording.flags is not None
    np.testing.assert_array_equal(np.flatnonzero(recording.flags), [53])
    assert recording.markers == (marker,)
    assert recording.spec.channels == CHANNELS
    assert recording.session == a_session().settings


def test_a_gap_declared_by_an_empty_chunk_is_kept(tmp_path: Path) -> None:
    path = record(tmp_path, ChunkEvent(a_chunk(0)), ChunkEvent(a_chunk(30, 0, gap_before=5)), ChunkEvent(a_chunk(30)))
    assert told(load(path), "gap") == [{"event": "gap", "first_index": 30, "lost": 5}]
    assert open_recording(path).indices()[25] == 30


def test_live_decisions_equal_those_of_the_replay(tmp_path: Path) -> None:
    recorder, _ = a_recorder(tmp_path)
    live = run({"drop": (7.0, 0.2), "seed": 3}, [recorder])
    (path,) = tmp_path.iterdir()
    replayed = run({"kind": "recording", "path": str(path)})
    assert len(live.decisions) > 5
    np.testing.assert_array_equal(probabilities(live), probabilities(replayed))


def test_decisions_markers_states_and_timing(tmp_path: Path) -> None:
    sections = (SectionTiming("read", 0.1, 0.2, 0.3, 50), SectionTiming("latency", 1.0, 2.0, 3.0, 2))
    path = record(
        tmp_path,
        StateEvent(EngineState.RUNNING, "go", 999.0),
        ChunkEvent(a_chunk(0)),
        decision(0, 0.1, 0.9),
        decision(1, 0.5, 0.5, reason="samples were lost"),
        MarkerEvent(Marker(1000.05, '<left> & "µ" 日本', "cues")),
        QualityEvent(("Fp1", "Cz"), 1000.1),
        NoticeEvent("warning", "line\nbreak", 1000.2),
        LoopTiming(sections, 0.002, 1, 10, 25, 1001.0),
    )
    streams = load(path)
    np.testing.assert_array_equal(
        streams["bci_app-decisions"]["time_series"],
        [[0.1, 0.9, 0, 0, 998.0, 1000.0, *[np.nan] * 3], [0.5, 0.5, 1, 1, 998.5, 1000.5, *[np.nan] * 3]],
    )
    np.testing.assert_array_equal(streams["bci_app-decisions"]["time_stamps"], [1000.1, 1000.6])
    labels = streams["bci_app-decisions"]["info"]["desc"][0]["channels"][0]["channel"]
    trust = ["set_rest", "set_work", "unfamiliarity"]
    columns = ["p_rest", "p_work", "abstained", "window_index", "start_s", "end_s", *trust]
    assert [c["label"][0] for c in labels] == columns
    assert streams["bci_app-markers"]["time_series"] == [['<left> & "µ" 日本', "cues"]]
    assert list(streams["bci_app-markers"]["time_stamps"]) == [1000.05]
    assert [(e["event"], e.get("reason") or e.get("text") or e.get("state")) for e in told(streams)[1:]] == [
        ("state", "running"),
        ("recording_started", None),
        ("abstained", "samples were lost"),
        ("quality", None),
        ("notice", "line\nbreak"),
    ]
    timing = dict(zip(TIMING_COLUMNS, streams["bci_app-timing"]["time_series"][0], strict=True))
    assert [timing[f"read_{s}"] for s in ("p50_ms", "p99_ms", "worst_ms", "count")] == [0.1, 0.2, 0.3, 50]
    assert np.isnan(timing["decode_p50_ms"])
    assert [timing[c] for c in TIMING_COLUMNS[-4:]] == [0.002, 1, 10, 25]


def test_sets_and_strange_signals_are_recorded_with_the_decision(tmp_path: Path) -> None:
    plain = decision(0, 0.4, 0.6).decision
    path = record(
        tmp_path,
        ChunkEvent(a_chunk(0)),
        DecisionEvent(replace(plain, prediction_set=("work",), unfamiliarity=0.25)),
        DecisionEvent(replace(plain, prediction_set=("rest", "work"), unfamiliarity=3.5, unfamiliar="amplitude")),
    )
    streams = load(path)
    np.testing.assert_array_equal(streams["bci_app-decisions"]["time_series"][:, -3:], [[0, 1, 0.25], [1, 1, 3.5]])
    assert [(e["window_index"], e["in"]) for e in told(streams, "unfamiliar")] == [(0, "amplitude")]


def test_a_decision_between_other_classes_is_not_lost(tmp_path: Path) -> None:
    odd = DecisionEvent(Decision(4, 1.0, 2.0, ("left", "right"), (0.3, 0.7), "other", decided_at_s=3.0))
    streams = load(record(tmp_path, ChunkEvent(a_chunk(0)), odd))
    assert len(streams["bci_app-decisions"]["time_series"]) == 0
    (record_of_it,) = told(streams, "decision")
    assert record_of_it["probabilities"] == {"left": 0.3, "right": 0.7}


def test_without_a_decoder_there_is_no_decision_stream(tmp_path: Path) -> None:
    names = list(load(record(tmp_path, ChunkEvent(a_chunk(0)), model_id="", classes=())))
    assert names == ["headset", "bci_app-events", "bci_app-markers", "bci_app-timing"]


@pytest.mark.parametrize("source_id", ["", "bci_app-events"])
def test_the_raw_stream_never_takes_the_name_of_another(tmp_path: Path, source_id: str) -> None:
    spec = StreamSpec(RATE_HZ, CHANNELS, source_id)
    assert next(iter(load(record(tmp_path, ChunkEvent(a_chunk(0)), spec=spec)))) == "bci_app-raw"


def test_hostile_labels_survive_in_header_and_json(tmp_path: Path) -> None:
    names = ("<script>", 'a"b', "µV\u202e", "\U0001f9e0", "]]>&amp;", " ")
    spec = StreamSpec(RATE_HZ, tuple(Channel(name) for name in names), "dev & <co>")
    chunk = make_chunk(np.zeros((5, 6)), np.arange(5.0), 0)
    streams = load(record(tmp_path, ChunkEvent(chunk), spec=spec))
    channels = streams["dev & <co>"]["info"]["desc"][0]["channels"][0]["channel"]
    assert [c["label"][0] for c in channels] == list(names)
    assert [c["name"] for c in told(streams)[0]["spec"]["channels"]] == list(names)


def test_run_lengths() -> None:
    assert run_lengths(np.array([0, 0, 4, 4, 4, 1], dtype=np.uint8)) == [[0, 2], [4, 3], [1, 1]]
    assert run_lengths(np.array([7], dtype=np.uint8)) == [[7, 1]]
