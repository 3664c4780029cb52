"""A session that is asked: the head decides in time whatever the answers do; the question changes while it runs."""

from __future__ import annotations

import csv
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from bci_app.assembly import build
from bci_app.commands import Ask
from bci_app.config import validate
from bci_app.engine import Engine
from bci_app.events import AnswerEvent, DecisionEvent, Event, QuestionEvent
from devices.sources.recording import open_recording
from models.checkpoints import load_decoder
from models.decoders.unimind import UniMindDecoder
from models.unimind.replies import Asked, Reply
from pipelines.errors import CheckpointInvalid, ConfigError, ModelError, SpecMismatch
from pipelines.signal import Channel, StreamSpec
from tests.unit.bci_app.engine_parts import Keeper
from tests.unit.models.unimind_examples import teach

STALL_S = 5.0
ELECTRODES = ["Fz", "C3", "C4", "Pz", "O1", "O2"]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(teach(tmp_path_factory.mktemp("unimind") / "taught"))


class Watcher(Keeper):
    """A sink that does something to the engine at a window of the head's, and notes when decisions came."""

    def __init__(self, do: dict[int, Any] | None = None) -> None:
        super().__init__()
        self.do = do or {}
        self.engine: Engine | None = None
        self.came_s: list[float] = []

    def accept(self, event: Event) -> None:
        super().accept(event)
        if isinstance(event, DecisionEvent):
            self.came_s.append(time.monotonic())
            action = self.do.get(len(self.came_s))
            if action is not None:
                action(self.engine)

    @property
    def replies(self) -> list[Reply]:
        return [event.reply for event in self.events if isinstance(event, AnswerEvent)]

    @property
    def questions(self) -> list[str]:
        return [event.task for event in self.events if isinstance(event, QuestionEvent)]


def session(
    watcher: Watcher,
    taught: str,
    seconds: float,
    speed: float | str,
    sinks: tuple[dict[str, Any], ...] = (),
    **own: Any,
) -> Engine:
    decoder = {"name": "unimind", "settings": {"checkpoint": taught, "question": "eyes", "language": "none", **own}}
    source = {"kind": "synthetic", "paradigm": "eyes", "channels": ELECTRODES, "speed": speed, "block_s": 4.0}
    values = {"source": source, "decoder": {**decoder, "hop_s": 0.5}, "duration_s": seconds, "sinks": list(sinks)}
    engine = build(validate(values, "test"), [watcher])
    watcher.engine = engine
    return engine


def pid_of(engine: Engine | None) -> int:
    assert engine is not None
    decoder = engine._path.asked
    assert isinstance(decoder, UniMindDecoder)
    pid = decoder._process.pid
    assert pid is not None
    return pid


def test_decisions_and_answers_side_by_side_in_csv_and_recording(taught: str, tmp_path: Path) -> None:
    watcher = Watcher()
    sinks = (
        {"kind": "answers_csv", "path": str(tmp_path / "answers.csv")},
        {"kind": "xdf_recorder", "folder": str(tmp_path), "file_name": "asked.xdf"},
    )
    session(watcher, taught, 8.0, "max", sinks, every_window=True, deadline_s=60.0).run(threading.Event())
    windows = [decision.window_index for decision in watcher.decisions]
    assert windows
    assert [reply.window_index for reply in watcher.replies] == windows
    with (tmp_path / "answers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["window_index"]) for row in rows] == windows
    assert [row["head"] for row in rows] == [decision.label for decision in watcher.decisions]
    assert {row["answer"] for row in rows} <= {"open", "closed", "not sure"}
    assert all(abs(sum(map(float, row["probabilities"].split("|"))) - 1) < 1e-6 for row in rows)
    from devices.recorded_session import recorded_session

    recorded = recorded_session(tmp_path / "asked.xdf")
    assert recorded is not None
    assert [r["reply"]["window_index"] for r in recorded.of_kind("answer")] == windows
    assert recorded.of_kind("question")[0]["task"] == "eyes"
    assert open_recording(tmp_path / "asked.xdf").spec.names == tuple(ELECTRODES)


def test_the_question_changes_without_a_reload_and_a_wrong_one_changes_nothing(taught: str) -> None:
    pids: list[int] = []

    def ask(task: str) -> Any:
        def do(engine: Engine) -> None:
            pids.append(pid_of(engine))
            engine.post(Ask(task))

        return do

    watcher = Watcher(
        {4: ask("mental_workload"), 12: ask("face"), 16: ask("p300_target"), 20: ask(""), 24: ask("eyes")}
    )
    session(watcher, taught, 20.0, "max", every_window=True, deadline_s=60.0).run(threading.Event())
    assert watcher.questions == ["eyes", "mental_workload", "", "eyes"]
    assert len(set(pids)) == 1
    asked = [reply.task for reply in watcher.replies]
    assert asked.index("mental_workload") > 0
    assert [notice for notice in watcher.notices if "'face': there is no such card" in notice]
    assert [notice for notice in watcher.notices if "begin at an event" in notice]
    assert {decision.labels for decision in watcher.decisions} == {("open", "closed")}
    for reply in watcher.replies:
        assert reply.answer is not None
        assert reply.answer.task == reply.task


class Staller(Watcher):
    """Stops whoever answers for five seconds once an answer has come, and ends the session when all is well again."""

    def __init__(self) -> None:
        super().__init__()
        self.stop = threading.Event()
        self.began_s = 0.0

    def accept(self, event: Event) -> None:
        super().accept(event)
        if not isinstance(event, AnswerEvent) or event.reply.answer is None or event.reply.late:
            return
        if not self.began_s:
            pid = pid_of(self.engine)
            os.kill(pid, signal.SIGSTOP)
            self.began_s = time.monotonic()
            threading.Timer(STALL_S, os.kill, (pid, signal.SIGCONT)).start()
        elif time.monotonic() > self.began_s + STALL_S:
            self.stop.set()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs signals that stop a process")
def test_a_stall_of_five_seconds_delays_no_decision_and_its_answer_is_marked_late(taught: str) -> None:
    watcher = Staller()
    session(watcher, taught, 90.0, 1.0, deadline_s=2.0).run(watcher.stop)
    assert watcher.stop.is_set()
    during = [came_s for came_s in watcher.came_s if 0.0 < came_s - watcher.began_s < STALL_S]
    # A window every half second: all ten were decided on while nobody answered.
    assert len(during) >= 8
    overdue, *rest = [reply for reply in watcher.replies if reply.late]
    assert overdue.answer is None
    assert "overdue" in overdue.words()
    came = next(reply for reply in rest if reply.window_index == overdue.window_index)
    assert came.answer is not None
    assert came.took_s > STALL_S - 1.0
    assert "late" in came.words()
    assert not watcher.replies[-1].late


def test_a_death_is_told_and_decisions_go_on(taught: str) -> None:
    def kill(engine: Engine) -> None:
        os.kill(pid_of(engine), signal.SIGTERM)

    watcher = Watcher({3: kill})
    session(watcher, taught, 12.0, "max", every_window=True, deadline_s=60.0).run(threading.Event())
    assert len(watcher.decisions) == 21
    assert [notice for notice in watcher.notices if "died" in notice]
    assert watcher.replies[-1].answer is not None


def test_another_decoder_may_be_the_head(taught: str) -> None:
    decoder = load_decoder("unimind", checkpoint=taught, head="alpha", language="none")
    try:
        assert decoder.spec.classes == load_decoder("alpha").spec.classes
        assert isinstance(decoder, Asked)
        assert decoder.question == "eyes"
        with pytest.raises(SpecMismatch, match="250 Hz, needed 200 Hz"):
            decoder.prepare(StreamSpec(250.0, tuple(Channel(name) for name in ELECTRODES), "test"))
    finally:
        decoder.close()


def test_a_head_of_several_electrode_sets_takes_the_one_of_the_device(taught: str) -> None:
    muse = ["TP9", "AF7", "AF8", "TP10"]
    source = {"kind": "synthetic", "paradigm": "workload", "channels": muse, "first_rest_s": 12.0, "speed": "max"}
    own = {"checkpoint": taught, "head": "workload", "language": "none", "question": "mental_workload"}
    decoder = {"name": "unimind", "settings": {**own, "every_window": True, "deadline_s": 60.0}, "hop_s": 2.5}
    watcher = Watcher()
    values = {"source": source, "decoder": {**decoder, "calibration": {"rest_s": 12.0}}, "duration_s": 25.0}
    build(validate(values, "test"), [watcher]).run(threading.Event())
    assert watcher.decisions
    assert watcher.replies
    for reply in watcher.replies:
        assert reply.channels == tuple(muse)
        assert reply.answer is not None


def test_wrong_settings_are_told(taught: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointInvalid, match="give checkpoint"):
        load_decoder("unimind")
    with pytest.raises(ModelError, match="has a head for eyes, mental_workload alone"):
        load_decoder("unimind", checkpoint=taught, question="ssvep_frequency")
    with pytest.raises(ConfigError, match="nobody"):
        load_decoder("unimind", checkpoint=taught, head="nobody")
    with pytest.raises(CheckpointInvalid, match="not 'unimind'"):
        load_decoder("unimind", checkpoint="workload")
