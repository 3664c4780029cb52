"""Trials are read off markers: whole ones only, with their block, of the paradigm that came last."""

from __future__ import annotations

import pytest

from bci_app.frame_player import FramePlayer
from bci_app.paradigm import Paradigm
from bci_app.paradigm_trials import run_of
from pipelines.errors import RecordingError
from pipelines.plugins import make
from pipelines.signal import Marker


def played(
    paradigm: Paradigm, start_s: float, seconds: float | None = None, pause_at_s: float | None = None
) -> list[Marker]:
    """Return what a run sets as markers, at 60 frames a second; stopped early, or paused once."""
    player = FramePlayer(paradigm, 60.0)
    found = [player.first_marker(start_s)]
    time_s = start_s
    while not player.done and (seconds is None or time_s < start_s + seconds):
        if pause_at_s is not None and time_s >= start_s + pause_at_s:
            found += player.pause(time_s)
            player.resume()
            pause_at_s = None
        found += player.shown(time_s)
        time_s += 1 / 60
    found.append(player.last_marker(time_s))
    return [Marker(marker.time_s or 0.0, marker.label, marker.stream) for marker in found]


def imagery(**settings: object) -> Paradigm:
    paradigm: Paradigm = make("paradigms", {"kind": "imagery", "blocks": 3, "trials_per_block": 2, **settings})
    return paradigm


def test_every_trial_is_found_with_its_block() -> None:
    paradigm = imagery()
    run = run_of(played(paradigm, 100.0), "here")
    assert run.kind == "imagery"
    assert run.classes == ("left_hand", "right_hand")
    assert run.recipe == paradigm.recipe
    assert [trial.block for trial in run.trials] == [0] * 4 + [1] * 4 + [2] * 4
    assert all(trial.until_s == trial.start_s + 4.0 for trial in run.trials)


def test_a_trial_cut_by_a_pause_counts_once_it_was_repeated() -> None:
    paradigm = imagery()
    whole = run_of(played(paradigm, 100.0), "here")
    cut_s = whole.trials[1].start_s - 100.0 + 2.0
    paused = run_of(played(paradigm, 100.0, pause_at_s=cut_s), "here")
    assert [trial.label for trial in paused.trials] == [trial.label for trial in whole.trials]
    assert paused.trials[1].start_s == pytest.approx(100.0 + cut_s, abs=0.05)


def test_a_trial_that_was_not_finished_is_left_out() -> None:
    paradigm = imagery()
    whole = run_of(played(paradigm, 100.0), "here")
    cut = run_of(played(paradigm, 100.0, seconds=whole.trials[2].start_s - 100.0 + 1.0), "here")
    assert len(cut.trials) == 2


def test_flashes_are_found_one_by_one() -> None:
    paradigm: Paradigm = make("paradigms", {"kind": "p300_speller", "word": "AB", "rounds": 3})
    run = run_of(played(paradigm, 0.0), "here")
    assert len(run.trials) == 2 * 3 * 12
    assert sum(trial.label == "target" for trial in run.trials) == 2 * 3 * 2
    assert run.blocks == [0, 1]


def test_runs_of_the_last_paradigm_are_put_together_and_others_left_out() -> None:
    eyes: Paradigm = make("paradigms", {"kind": "eyes"})
    markers = [*played(imagery(), 0.0), *played(eyes, 500.0), *played(imagery(seed=1), 1000.0)]
    run = run_of(markers, "here")
    assert len(run.trials) == 24
    assert run.blocks == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("markers", "said"),
    [
        ([], "no paradigm was run"),
        ([Marker(0.0, "left_hand", "paradigm")], "no paradigm was run"),
        ([Marker(0.0, "{", "paradigm_info")], "no JSON"),
        ([Marker(0.0, '{"event": "start", "paradigm": "x"}', "paradigm_info")], "not as it is written"),
    ],
)
def test_what_is_missing_is_said(markers: list[Marker], said: str) -> None:
    with pytest.raises(RecordingError, match=f"here: .*{said}"):
        run_of(markers, "here")
