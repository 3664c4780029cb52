from __future__ import annotations

import threading

import numpy as np
import pytest

from bci_app.assembly import build
from bci_app.commands import InsertMarker, StartRecording
from bci_app.config import validate
from bci_app.events import ChunkEvent, LoopTiming, MarkerEvent
from bci_app.summary import Summary
from pipelines.errors import ChannelMismatch, ConfigError, ConnectFailed
from tests.unit.bci_app.engine_parts import Keeper, probabilities, run


def test_a_session_runs_from_source_to_decisions() -> None:
    keeper = run({})
    assert keeper.session is not None
    assert keeper.session.model_id == "alpha"
    # 5 s of rest make 7 windows of 2 s every 0.5 s; of 12 s that leaves 21 - 7 to decide on.
    assert [d.window_index for d in keeper.decisions] == list(range(7, 21))
    assert keeper.states == ["calibrating", "running", "stopping"]
    assert keeper.closed == 1


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_decisions_do_not_depend_on_the_chunking(chunk: int) -> None:
    whole, split = run({}), run({"chunk_samples": chunk})
    np.testing.assert_array_equal(probabilities(whole), probabilities(split))


def test_the_duration_is_exact_whatever_the_chunking() -> None:
    keeper = run({"chunk_samples": 777}, duration_s=3.0)
    assert sum(e.chunk.n_samples for e in keeper.events if isinstance(e, ChunkEvent)) == 750


def test_background_decoding_decides_and_counts() -> None:
    keeper = run({}, mode="background")
    assert keeper.decisions
    timings = [event for event in keeper.events if isinstance(event, LoopTiming)]
    assert len(keeper.decisions) + timings[-1].dropped_windows <= 14


def test_a_loss_is_told_and_makes_windows_abstain() -> None:
    keeper = run({"drop": [8.0, 1.0]})
    assert any("samples (1 s) were lost" in text for text in keeper.notices)
    reasons = {d.window_index: d.reason for d in keeper.decisions if d.abstained}
    # Windows [k/2, k/2 + 2) s that overlap the hole from 8 to 9 s and end after it.
    assert set(reasons) == {15, 16, 17}
    assert set(reasons.values()) == {"samples were lost"}


def test_a_burst_of_nan_makes_windows_abstain_and_is_over() -> None:
    keeper = run({"nan_burst": [8.0, 0.5]})
    assert {d.window_index for d in keeper.decisions if d.abstained} == {13, 14, 15, 16}
    assert not keeper.decisions[-1].abstained


class Failing(Keeper):
    """A sink that fails at its tenth event."""

    def accept(self, event: object) -> None:
        super().accept(event)  # type: ignore[arg-type]
        if len(self.events) == 10:
            raise OSError("the wire was cut")


def test_a_failing_sink_takes_nobody_down() -> None:
    failing = Failing()
    keeper = run({}, [failing])
    assert failing.closed == 1
    assert len(keeper.decisions) == 14
    assert any("Failing failed and was closed: OSError: the wire was cut" in text for text in keeper.notices)


def test_a_failing_decoder_ends_decisions_but_not_the_session() -> None:
    keeper = run({}, duration_s=12.0, calibration={"rest_s": 0.0})
    assert keeper.decisions == []
    assert any("decisions have stopped" in text and "not calibrated" in text for text in keeper.notices)
    assert sum(e.chunk.n_samples for e in keeper.events if isinstance(e, ChunkEvent)) == 3000


def test_commands_are_obeyed() -> None:
    keeper = Keeper()
    settings = {"source": {"kind": "synthetic", "speed": "max"}, "decoder": None, "duration_s": 2.0}
    engine = build(validate(settings, "test"), [keeper])
    engine.post(InsertMarker("here"))
    engine.post(StartRecording())
    engine.run(threading.Event())
    markers = [e.marker for e in keeper.events if isinstance(e, MarkerEvent)]
    assert ("here", "operator") in [(m.label, m.stream) for m in markers]
    assert any("no recorder" in text for text in keeper.notices)


def test_a_set_stop_ends_an_endless_session() -> None:
    stop = threading.Event()
    stop.set()
    keeper = Keeper()
    build(validate({"source": {"kind": "synthetic"}, "decoder": None}, "test"), [keeper]).run(stop)
    assert keeper.states[-1] == "stopping"


def test_what_does_not_fit_is_refused_before_anything_runs() -> None:
    settings = {"source": {"kind": "synthetic"}, "stages": [{"kind": "select", "channels": ["Oz"]}]}
    settings["decoder"] = {"name": "alpha"}  # type: ignore[assignment]
    with pytest.raises(ChannelMismatch, match="lacks Oz"):
        build(validate(settings, "test"))
    with pytest.raises(ConnectFailed, match="no such file"):
        build(validate({"source": {"kind": "recording", "path": "absent.xdf"}, "decoder": None}, "test"))


def test_a_missing_recording_of_rest_is_named_with_its_key() -> None:
    with pytest.raises(ConfigError, match=r"\[decoder.calibration\] file = 'no.edf': no.edf: there is no such file"):
        run({}, calibration={"file": "no.edf"})


def test_a_plugin_that_does_not_exist_is_named_with_its_table() -> None:
    with pytest.raises(ConfigError, match=r"test: \[source\]: there is no 'openbci'"):
        run({"kind": "openbci"})


def test_the_summary_judges_against_the_truth() -> None:
    summary = Summary()
    keeper = run({"paradigm": "eyes", "first_rest_s": 5, "block_s": 5}, [summary], duration_s=30.0)
    agreement = summary.agreement()
    assert summary.n_decisions == len(keeper.decisions)
    assert 0 <= agreement.agreeing <= agreement.judged
    assert agreement.judged > 10
    assert summary.lost_samples == 0
    assert len(summary.decisions_sha256) == 64
