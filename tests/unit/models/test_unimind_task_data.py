"""Samples of task cards: options in the card's order, nobody on two sides, the same live stages for all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.training.task import QuietProgress
from models.unimind.task_cards import cards
from models.unimind.task_data import load_tasks, sources, task_samples, task_windows
from pipelines.errors import ConfigError
from tests.contract.dataset_folders.signals import noise_uv, write_edf

TEN_TWENTY = tuple("Fp1 Fp2 F3 F4 F7 F8 T7 T8 C3 C4 P7 P8 P3 P4 O1 O2 Fz Cz Pz".split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight people who open and close their eyes for four seconds and a half at a time."""
    home = tmp_path_factory.mktemp("eyes")
    for person in range(8):
        states = [
            (9.0 * k + 4.5 * half, 0.0, name)
            for k in range(3)
            for half, name in enumerate(("eyes_open", "eyes_closed"))
        ]
        write_edf(home / f"sub-{person:02d}_eeg.edf", 250.0, TEN_TWENTY, noise_uv(250 * 27, 19, person), states)
    return home


def test_every_source_has_a_card_with_as_many_options() -> None:
    assert set(sources()) == set(cards())
    for name, source in sources().items():
        assert len(source.classes) == len(cards()[name].options)
        assert source.recipe(cards()[name]).window_s == cards()[name].window_s


def test_a_fold_keeps_people_apart_and_what_is_set_aside_is_of_others(folder: Path, tmp_path: Path) -> None:
    windows = task_windows("simulated_eyes", folder, tmp_path)
    assert len(windows.folds) == 4
    for number, fold in enumerate(windows.folds):
        found = task_samples(windows, number, seed=0)
        judged = {str(who) for who in windows.prepared.table["subject"][fold.test]}
        teaching, aside = ({sample.person for sample in side} for side in (found.train, found.held_out))
        assert teaching
        assert aside
        assert not teaching & aside
        assert not judged & (teaching | aside)


def test_targets_count_in_the_options_of_the_card(folder: Path, tmp_path: Path) -> None:
    windows = task_windows("simulated_eyes", folder, tmp_path)
    found = task_samples(windows, -1, seed=0)
    everyone = [*found.train, *found.held_out]
    assert len(everyone) == 8 * 6
    assert sorted({s.target for s in everyone}) == [0, 1]
    assert all(s.samples.shape == (19, 800) for s in everyone)
    assert all(s.samples.dtype == np.float32 for s in everyone)
    first = windows.prepared.table[0]
    assert windows.targets(np.array([0]))[0] == 0  # the recordings begin with open eyes, the card's first option
    assert first["start_s"] == pytest.approx(0.5)


def test_the_limit_is_of_what_teaches_alone(folder: Path, tmp_path: Path) -> None:
    windows = task_windows("simulated_eyes", folder, tmp_path)
    full, few = task_samples(windows, 0, 0), task_samples(windows, 0, 0, limit=7)
    assert len(few.train) == 7
    assert len(few.held_out) == len(full.held_out)


def test_a_training_file_names_cards_folders_and_what_is_left_out(folder: Path, tmp_path: Path) -> None:
    table = {"card": "simulated_eyes", "folder": str(folder), "fold": 1}
    (found,) = load_tasks([table], tmp_path, 0, QuietProgress())
    assert found.card.name == "simulated_eyes"
    assert set(found.files) == {f"sub-{person:02d}_eeg.edf" for person in range(8)}
    with pytest.raises(ConfigError, match="fold = 9: there are 4"):
        load_tasks([table | {"fold": 9}], tmp_path, 0, QuietProgress())
    with pytest.raises(ConfigError, match="no samples are known"):
        load_tasks([table | {"card": "mood"}], tmp_path, 0, QuietProgress())
    with pytest.raises(ConfigError, match=r"entry 1.*folders"):
        load_tasks([{"card": "eyes", "folders": "x"}], tmp_path, 0, QuietProgress())


@pytest.mark.shared
def test_one_persons_minutes_of_open_and_closed_eyes_are_held_out(shared_data: Path, tmp_path: Path) -> None:
    windows = task_windows("eyes", shared_data / "eegmmidb_s001", tmp_path)
    assert len(windows.folds) == 3
    for fold in windows.folds:
        assert fold.test.size == 20
        assert np.bincount(windows.targets(fold.test)).tolist() == [10, 10]
