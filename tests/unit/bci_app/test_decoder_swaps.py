"""Another decoder takes over between two chunks: told, recorded, undone, and replayed at the same sample."""

from __future__ import annotations

import csv
import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bci_app.assembly import build
from bci_app.commands import UseDecoder
from bci_app.config import validate
from bci_app.engine import Engine
from bci_app.events import ChunkEvent, DecoderEvent, Event
from bci_app.replay_settings import replay_settings
from bci_app.report.contents import gather
from bci_app.report.wording import decider_rows
from bci_app.report_verb import write_report
from bci_app.sessions import run_replay
from bci_app.summary import Summary
from devices.mne_raw import to_raw
from devices.sources.recording import open_recording, recorded_decisions
from models.checkpoints import Training
from models.decoder import DecoderSpec
from models.estimator_checkpoint import new_estimator, save_estimator
from pipelines.signal import Channel, StreamSpec
from tests.unit.bci_app.engine_parts import Keeper

CHANNELS = ("C3", "C4", "O1", "O2")
STAGES = ({"kind": "nonfinite"}, {"kind": "select"}, {"kind": "bandpass", "low_hz": 2.0, "high_hz": 40.0})


@pytest.fixture
def trained(tmp_path: Path) -> str:
    """Return a small decoder of another window, hop, pipeline and classes than the session's own."""
    spec = StreamSpec(250.0, tuple(Channel(name) for name in CHANNELS), "test")
    rng = np.random.default_rng(0)
    y = np.arange(40) % 3
    rows = (rng.standard_normal((40, 4, 250)) * (1 + y[:, None, None])).astype(np.float32)
    table = {"kind": "bandpower_lr"}
    needs = DecoderSpec("taught", ("a", "b", "c"), 1.0, 250.0, CHANNELS, pipeline=STAGES, hop_s=0.2)
    estimator = new_estimator(table, spec).fit(rows, y)
    return str(save_estimator(tmp_path / "taught", estimator, table, needs, training=Training(), metrics={}))


class Commander(Keeper):
    """A sink that asks for something once so many samples have come, and waits until it is ready."""

    def __init__(self, *asks: tuple[int, str]) -> None:
        super().__init__()
        self.asks = list(asks)
        self.engine: Engine | None = None

    def accept(self, event: Event) -> None:
        super().accept(event)
        if isinstance(event, ChunkEvent) and self.asks and event.chunk.end_index >= self.asks[0][0]:
            assert self.engine is not None
            self.engine.post(UseDecoder(self.asks.pop(0)[1]))

    @property
    def turns(self) -> list[DecoderEvent]:
        return [event for event in self.events if isinstance(event, DecoderEvent)]


def session(folder: Path, **more: Any) -> dict[str, Any]:
    return {
        "name": "swap",
        "source": {"kind": "synthetic", "speed": 20.0, "chunk_samples": 13, "channels": CHANNELS},
        "decoder": {"name": "alpha", "calibration": {"rest_s": 5.0}},
        "sinks": [{"kind": "xdf_recorder", "folder": str(folder)}],
        "duration_s": 40.0,
        **more,
    }


def run(values: dict[str, Any], commander: Commander) -> Summary:
    summary = Summary()
    engine = build(validate(values, "swap"), [commander, summary])
    commander.engine = engine
    engine.run(threading.Event())
    return summary


@pytest.mark.parametrize("chunk_samples", [None, 7, 1000])
def test_a_replay_changes_decoders_at_the_same_sample(tmp_path: Path, trained: str, chunk_samples: int | None) -> None:
    commander = Commander((2500, trained), (6000, ""), (8000, ""))
    live = run(session(tmp_path / "rec"), commander)
    assert [(event.name, event.model_id) for event in commander.turns] == [
        (trained, "taught"),
        ("", "alpha"),
        ("", "taught"),
    ]
    assert {d.model_id for d in commander.decisions} == {"alpha", "taught"}
    first = commander.turns[0].first_index
    assert all(d.window_index * 50 >= first for d in commander.decisions if d.model_id == "taught")
    (file,) = (tmp_path / "rec").rglob("*.xdf")
    settings = replay_settings(file, source={"speed": "max", "chunk_samples": chunk_samples})
    assert [turn.name for turn in settings.decoder.turns] == [trained, "", ""]  # type: ignore[union-attr]
    again = run_replay(settings, file)
    assert again.summary.n_windows == live.n_windows
    assert again.summary.decisions_sha256 == live.decisions_sha256


def test_a_recording_begun_after_the_swap_is_replayed_with_the_new_decoder(tmp_path: Path, trained: str) -> None:
    values = session(tmp_path / "rec")
    values["decoder"]["turns"] = [{"at_index": 1000, "name": trained}]
    live = run(values, Commander())
    (file,) = (tmp_path / "rec").rglob("*.xdf")
    settings = replay_settings(file, source={"speed": "max"})
    assert settings.decoder is not None
    assert len(settings.decoder.turns) == 1, "the turn is planned and was told: it counts once"
    assert settings.decoder.last_name() == trained
    assert run_replay(settings, file).summary.decisions_sha256 == live.decisions_sha256


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nonsense", "nonsense cannot take over, the present decoder goes on"),
        ("workload", "workload cannot take over, the present decoder goes on"),
        ("", "there is no decoder before this one"),
    ],
    ids=["absent", "other channels", "nothing before"],
)
def test_a_decoder_that_cannot_take_over_leaves_the_present_one(tmp_path: Path, name: str, said: str) -> None:
    commander = Commander((2000, name))
    run(session(tmp_path / "rec"), commander)
    assert any(said in text for text in commander.notices), commander.notices
    assert commander.turns == []
    assert {d.model_id for d in commander.decisions} == {"alpha"}
    assert commander.decisions[-1].end_s > 39


def test_a_failed_decoder_can_be_replaced(tmp_path: Path, trained: str) -> None:
    values = session(tmp_path / "rec")
    values["decoder"]["calibration"] = {"rest_s": 0.0}  # alpha then refuses its first window
    commander = Commander((2500, trained))
    run(values, commander)
    assert any("decisions have stopped" in text for text in commander.notices)
    assert {d.model_id for d in commander.decisions} == {"taught"}


def test_a_second_wish_waits_for_the_first(tmp_path: Path, trained: str) -> None:
    commander = Commander((2000, trained), (2000, trained))
    run(session(tmp_path / "rec"), commander)
    assert any("another decoder is being made ready" in text for text in commander.notices)
    assert [event.model_id for event in commander.turns] == ["taught"]


def test_a_decoder_can_be_put_in_where_none_was(tmp_path: Path, trained: str) -> None:
    values = {**session(tmp_path / "rec"), "decoder": None}
    commander = Commander((2000, trained))
    run(values, commander)
    assert {d.model_id for d in commander.decisions} == {"taught"}


@pytest.fixture
def like_alpha(tmp_path: Path) -> str:
    """Return a decoder of alpha's classes, window and hop, and another name."""
    spec = StreamSpec(250.0, tuple(Channel(name) for name in CHANNELS), "test")
    rng = np.random.default_rng(1)
    y = np.arange(40) % 2
    rows = (rng.standard_normal((40, 4, 500)) * (1 + y[:, None, None])).astype(np.float32)
    table = {"kind": "bandpower_lr"}
    classes = ("low alpha", "high alpha")
    needs = DecoderSpec("second", classes, 2.0, 250.0, CHANNELS, pipeline=STAGES, hop_s=0.5)
    estimator = new_estimator(table, spec).fit(rows, y)
    return str(save_estimator(tmp_path / "second", estimator, table, needs, training=Training(), metrics={}))


def test_reports_and_exports_tell_every_decoder_apart(tmp_path: Path, trained: str, like_alpha: str) -> None:
    values = session(tmp_path / "rec")
    values["source"] = {**values["source"], "speed": "max"}
    values["decoder"]["turns"] = [
        {"at_index": 2500, "name": trained}, {"at_index": 5000, "name": like_alpha}, {"at_index": 7500},
    ]  # fmt: skip
    values["sinks"] += [
        {"kind": "decisions_csv", "path": str(tmp_path / "d.csv")},
        {"kind": "json_lines", "path": str(tmp_path / "e.jsonl")},
    ]
    keeper = Commander()
    summary = run(values, keeper)
    expected = [(d.model_id, d.labels, d.window_index) for d in keeper.decisions]
    assert list(dict.fromkeys(name for name, _, _ in expected)) == ["alpha", "taught", "second"]
    (file,) = (tmp_path / "rec").rglob("*.xdf")

    report = gather(file)
    assert [(d.model_id, d.labels, d.window_index) for d in report.decisions] == expected
    assert report.decisions_sha256 == summary.decisions_sha256
    found = {one.model_id: one for one in report.deciders}
    assert found["second"].classes == found["alpha"].classes
    assert {name: len(one.decisions) for name, one in found.items()} == Counter(name for name, _, _ in expected)
    assert sum(one.agreement.judged for one in report.deciders) == report.agreement.judged == summary.agreement().judged
    assert len(found["taught"].stretches_s) == 2, "it came back"
    assert [row[0] for row in decider_rows(report)] == ["alpha", "taught", "second"]
    for page in write_report(file, tmp_path):
        assert page.stat().st_size > 10_000
    assert "<td>second</td>" in (tmp_path / f"{file.stem}_report.html").read_text()

    files = [tmp_path / name for name in ("d.csv", "d-2.csv", "d-3.csv", "d-4.csv")]
    lines = [row for one in files if one.exists() for row in csv.DictReader(one.read_text().splitlines())]
    assert [(row["model_id"], int(row["window_index"])) for row in lines] == [(m, w) for m, _, w in expected]
    told = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text().splitlines()]
    told = [one for one in told if one["event"] == "decision"]
    assert [(one["model_id"], one["window_index"]) for one in told] == [(m, w) for m, _, w in expected]

    spans = recorded_decisions(file)
    assert Counter(span.by for span in spans) == Counter(name for name, _, _ in expected)
    raw, _ = to_raw(open_recording(file), str(file), spans)
    kinds = Counter(str(text).split("/")[1] for text in raw.annotations.description if str(text).startswith("decision"))
    assert kinds == Counter(name for name, _, _ in expected)
    again = run_replay(replay_settings(file, source={"speed": "max"}), file)
    assert len(again.compared.pairs) == len(expected) == again.compared.agreeing
