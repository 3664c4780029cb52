"""Laws of every paradigm: balance, seeds, order, markers, and a recipe that the live session can run."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from bci_app.frame_player import FramePlayer
from bci_app.paradigm import BLOCK, TRIAL_END, WORDLESS, Paradigm
from pipelines.plugins import PluginSettings, configure, load, make, names

PARADIGMS = names("paradigms")


def made(kind: str, **settings: Any) -> Paradigm:
    paradigm: Paradigm = make("paradigms", {"kind": kind, **settings})
    return paradigm


def blocks_of(paradigm: Paradigm) -> list[list[str]]:
    """Classes shown in each block, in order."""
    found: list[list[str]] = []
    for marker in (marker for step in paradigm.steps for marker in step.markers):
        if marker == BLOCK:
            found.append([])
        elif marker in paradigm.classes:
            found[-1].append(marker)
    return found


@pytest.mark.parametrize("kind", PARADIGMS)
def test_it_is_named_after_its_file_and_has_words_for_people(kind: str) -> None:
    assert issubclass(load("paradigms", kind).Settings, PluginSettings)
    paradigm = made(kind)
    assert paradigm.kind == kind
    assert paradigm.title
    assert len(paradigm.instructions) > 20
    assert all(step.duration_s > 0 for step in paradigm.steps)


@pytest.mark.parametrize("kind", PARADIGMS)
def test_every_block_holds_every_class_equally_often_as_every_other_block(kind: str) -> None:
    blocks = blocks_of(made(kind, seed=3))
    assert len(blocks) >= 2
    assert {tuple(sorted(block)) for block in blocks} == {tuple(sorted(blocks[0]))}
    assert set(blocks[0]) == set(made(kind).classes)


@pytest.mark.parametrize("kind", ["imagery", "rest_task", "eyes", "ssvep"])
def test_tasks_are_balanced_in_every_block(kind: str) -> None:
    paradigm = made(kind, trials_per_block=3)
    for block in blocks_of(paradigm):
        assert {block.count(name) for name in paradigm.classes} == {3}


@pytest.mark.parametrize("kind", PARADIGMS)
def test_the_seed_decides_the_order(kind: str) -> None:
    assert made(kind, seed=5) == made(kind, seed=5)
    assert any(blocks_of(made(kind, seed=seed)) != blocks_of(made(kind, seed=5)) for seed in (6, 7, 8, 9))


@pytest.mark.parametrize("kind", ["oddball", "p300_speller"])
@pytest.mark.parametrize("seed", range(5))
def test_no_target_follows_a_target(kind: str, seed: int) -> None:
    for block in blocks_of(made(kind, seed=seed)):
        assert ("target", "target") not in set(pairwise(block))


@pytest.mark.parametrize("seed", range(5))
def test_a_row_or_column_never_flashes_twice_within_three_flashes(seed: int) -> None:
    paradigm = made("p300_speller", seed=seed, rounds=6)
    letter: list[str] = []
    for marker in (marker for step in paradigm.steps for marker in step.markers):
        if marker == BLOCK:
            letter = []
        elif marker.startswith(("row_", "column_")):
            letter.append(marker)
            assert len(set(letter[-3:])) == len(letter[-3:])
    assert {letter.count(item) for item in letter} == {6}
    assert len(set(letter)) == 12


@pytest.mark.parametrize("kind", PARADIGMS)
def test_a_trial_lasts_as_long_as_its_recipe_looks_at_it(kind: str) -> None:
    paradigm = made(kind)
    recipe = paradigm.recipe
    assert recipe.from_s + recipe.window_s <= recipe.until_s
    time_s, ends = 0.0, []
    starts: list[float] = []
    for step in paradigm.steps:
        if set(step.markers) & set(paradigm.classes):
            starts.append(time_s)
        if TRIAL_END in step.markers:
            ends.append(time_s)
        time_s += step.duration_s
    if not recipe.locked:
        assert len(starts) == len(ends)
        assert all(end - start >= recipe.until_s - 1e-9 for start, end in zip(starts, ends, strict=True))
    assert time_s == pytest.approx(paradigm.duration_s)


@pytest.mark.parametrize("kind", PARADIGMS)
def test_its_recipe_names_an_estimator_and_stages_that_exist(kind: str) -> None:
    recipe = made(kind).recipe
    configure("estimators", recipe.estimator)
    for table in recipe.pipeline:
        configure("stages", table)


@pytest.mark.parametrize("kind", PARADIGMS)
def test_a_run_at_60_frames_a_second_sets_every_marker_once_in_order(kind: str) -> None:
    paradigm = made(kind)
    player = FramePlayer(paradigm, 60.0)
    set_markers = []
    for frame in range(player.n_frames):
        set_markers += player.shown(100.0 + frame / 60.0)
    assert player.done
    assert [m.label for m in set_markers] == [marker for step in paradigm.steps for marker in step.markers]
    assert player.timing().worst_error_ms < 1e-6
    about = json.loads(player.last_marker(1.0).label)
    assert about["complete"]
    assert about["classes"] == list(paradigm.classes)
    assert {m.label for m in set_markers} >= set(paradigm.classes)
    assert WORDLESS.isdisjoint(paradigm.classes)
