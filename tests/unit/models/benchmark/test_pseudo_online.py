"""The fabricated people, live: the same windows give the same decisions as offline, however the stream comes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from bci_app.cli import app
from bci_app.pseudo_online import Live, Replay, replay_job, stretches_of
from models.benchmark.job import Job, Place, trial_of
from models.benchmark.online import truth_of
from models.benchmark.perturbation import CLEAN
from models.benchmark.preparation import prepare
from models.benchmark.recipe import Recipe
from models.benchmark.windows import Prepared
from pipelines.decision import DecisionHash
from pipelines.errors import DecodeFailed, ModelError
from pipelines.plugins import make
from pipelines.smoothing import SmoothingSettings
from tests.unit.models.benchmark.benchmark_jobs import LOSO, jobs

GRID = Live(hop_s=2.0)
"""The windows of two seconds that the trials are cut into."""
FILTERED = Recipe(
    window_s=2.0,
    stages=(
        {"kind": "nonfinite"},
        {"kind": "resample", "rate_hz": 80.0},
        {"kind": "bandpass", "low_hz": 2.0, "high_hz": 30.0},
    ),
)
REST = {"kind": "rest", "rest_s": 12.0}
LABELLED = {"kind": "labelled", "k": 3}


def replayed(job: Job, place: Place, live: Live) -> tuple[Replay, str, Any, bool]:
    fitting = trial_of(job, place)
    learned = fitting.learn()
    ((person, estimator),) = learned.by_person.items()
    return Replay(job, make("datasets", place.table(job.data)), fitting, live), person, estimator, learned.adapts


@pytest.mark.parametrize(("calibration", "mode"), [(None, "plain"), (REST, "adaptive"), (LABELLED, "plain")])
def test_decisions_on_the_same_windows_are_those_of_offline(
    people: Prepared, place: Place, calibration: dict[str, Any] | None, mode: str
) -> None:
    job = jobs(people, LOSO, calibration, mode=mode)[1]
    replay, person, estimator, adapts = replayed(job, place, GRID)
    assert adapts == (mode == "adaptive")
    said = replay.fitting.run("", ()).said[CLEAN]
    live = []
    for session in replay.sessions(person, estimator, adapts=adapts):
        truth = truth_of(session, people.labels)
        live += [d.probabilities for d, t in zip(session.decisions, truth, strict=True) if t >= 0]
    np.testing.assert_allclose(live, said, atol=1e-6)
    (found,) = replay_job(job, place, GRID)
    assert found.person == person
    assert found.live.n_judged == len(said) > 0
    assert found.live.balanced_accuracy == pytest.approx(found.offline)
    assert found.offline > 0.8 or mode == "plain"


@pytest.mark.parametrize("mode", ["none", "exponential"])
def test_decisions_do_not_depend_on_the_chunks(people_folder: Path, place: Place, mode: Any) -> None:
    filtered = prepare({"kind": "six_people", "folder": str(people_folder)}, FILTERED, place.cache)
    job = jobs(filtered, kind="riemann_mdm", recipe=FILTERED)[0]
    hashes = []
    for chunk_samples in (None, 1000, 37):
        live = Live(0.3, SmoothingSettings(mode=mode), chunk_samples)
        replay, person, estimator, adapts = replayed(job, place, live)
        digest = DecisionHash()
        for session in replay.sessions(person, estimator, adapts=adapts):
            assert len(session.decisions) > 100
            for decision in session.decisions:
                digest.update(decision)
        hashes.append(digest.hexdigest())
    assert len(set(hashes)) == 1


def test_a_person_who_is_not_calibrated_for_is_told_apart_worse(people: Prepared, place: Place) -> None:
    def live(calibration: dict[str, Any] | None) -> float:
        found = [replay_job(job, place, Live(0.5))[0] for job in jobs(people, LOSO, calibration, mode="adaptive")]
        return float(np.mean([person.live.balanced_accuracy for person in found]))

    assert live(REST) > live(None) + 0.1


def test_stretches_are_what_the_fold_adapts_by(people: Prepared, place: Place) -> None:
    rest, labelled = (trial_of(jobs(people, LOSO, c, mode="adaptive")[2], place).fold for c in (REST, LABELLED))
    (only,) = stretches_of(people, rest.rest, "02").items()
    assert (only[0].session, only[0].run) == ("1", "1")
    assert [(s.start_s, s.stop_s, s.label) for s in only[1]] == [(0.0, 12.0, None)]
    found = stretches_of(people, labelled.labelled, "02")
    assert [s.label for stretches in found.values() for s in stretches].count("open") == 3
    assert {s.stop_s - s.start_s for stretches in found.values() for s in stretches} == {4.0}
    assert stretches_of(people, rest.test[:0], "02") == {}


def test_labelled_trials_adapt_live_and_are_not_judged(people: Prepared, place: Place) -> None:
    job = jobs(people, LOSO, LABELLED, mode="adaptive")[2]
    (found,) = replay_job(job, place, GRID)
    assert found.live.n_judged == 4 * 8 * 2 - 6 * 2
    assert found.live.balanced_accuracy > 0.8


def test_a_decoder_that_fails_ends_the_replay(people: Prepared, place: Place) -> None:
    replay, person, estimator, _ = replayed(jobs(people)[0], place, GRID)
    estimator.reference_ = estimator.reference_ * np.nan
    with pytest.raises((DecodeFailed, ModelError, ValueError)):
        replay.sessions(person, estimator, adapts=False)


def test_a_hop_that_leaves_nothing_to_calibrate_by_is_named(people: Prepared, place: Place) -> None:
    job = jobs(people, LOSO, {"kind": "rest", "rest_s": 4.0}, mode="adaptive")[0]
    replay, person, estimator, _ = replayed(job, place, Live(hop_s=100.0))
    table = replay.fitting.prepared.table.copy()
    table["start_s"] += 1.0  # the only window of the stream's grid then begins before the rest
    shifted = replace(replay, fitting=replace(replay.fitting, prepared=replace(people, table=table)))
    with pytest.raises(ModelError, match="--hop-s"):
        shifted.sessions(person, estimator, adapts=True)


def test_what_cannot_be_live_is_refused(people: Prepared, place: Place) -> None:
    with pytest.raises(ModelError, match="has not met"):
        replay_job(jobs(people, {"kind": "cross_session"})[0], place, GRID)


def invoke(*arguments: str) -> Any:
    result = CliRunner().invoke(app, ["bench", "online", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_verb_prints_live_beside_offline(place: Place, tmp_path: Path) -> None:
    recipe = "window_s = 2.0\nstages = [{ kind = 'nonfinite' }]"
    suite = tmp_path / "suite.toml"
    suite.write_text(f"""\
name = "live"
[[data]]
kind = "six_people"
settings = [{{ kind = "grouped_kfold", n_folds = 3 }}, {{ kind = "cross_session" }}]
calibrations = [{{ kind = "rest", rest_s = 12.0 }}]
[data.recipe]
{recipe}
[[models]]
kind = "alpha_power"
settings = {{ mode = "adaptive" }}
""")
    where = ("--data", str(place.data), "--cache", str(place.cache), "--hop-s", "1")
    (row,) = json.loads(invoke(str(suite), *where, "--json").stdout)["rows"]
    assert row["setting"] == "grouped_kfold (n_folds = 3, validation_subjects = 0)"
    assert [p["person"] for p in sorted(row["people"], key=lambda p: p["person"])] == [f"0{n}" for n in range(6)]
    assert row["balanced_accuracy"] > 0.8
    assert row["offline_balanced_accuracy"] > 0.8
    text = invoke("--data-set", "six_people", "--estimator", "chance", "--folds", "2", *where).stdout
    assert "mean" in text
    assert "grouped_kfold" in text


def test_the_verb_says_what_it_needs() -> None:
    from pipelines.errors import ConfigError

    with pytest.raises(ConfigError, match="--estimator"):
        invoke("--data-set", "eegmat")
    with pytest.raises(ConfigError, match="one kind"):
        invoke("--data-set", "eegmat", "--estimator", "chance", "--rest-s", "5", "--labelled", "2")
