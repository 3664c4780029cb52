"""The laws of ``models.dataset.DataSet``, on every data set that is shipped.

Each one runs on a small fabricated folder in exactly the published layout: ``dataset_folders/<kind>.py`` makes it.
"""

from __future__ import annotations

import pkgutil
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import combinations, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from models import datasets
from models.benchmark.preparation import prepare
from models.benchmark.recipe import Recipe, named
from models.benchmark.windows import TRIAL
from models.dataset import DataSet, Key, Labelled, Part
from pipelines.errors import RecordingError
from pipelines.plugins import load, make
from tests.contract.dataset_folders import PERSONAL

KINDS = [info.name for info in pkgutil.iter_modules(datasets.__path__)]
"""Those that are shipped: an installed package tests its own."""
JUNK = b"This is no recording, whatever its name says.\n" * 3


@dataclass(frozen=True)
class Made:
    """A fabricated folder and what is in it."""

    folder: Path
    labels: Mapping[Key, Sequence[str | float]]
    data: DataSet
    home: TemporaryDirectory[str]


def opened(kind: str, folder: Path) -> DataSet:
    settings = getattr(import_module(f"tests.contract.dataset_folders.{kind}"), "settings", lambda _: {})
    data: DataSet = make("datasets", {"kind": kind, "folder": str(folder), **settings(folder)})
    return data


@cache
def made(kind: str) -> Made:
    """One folder of a kind for all laws; who damages it takes a copy."""
    home = TemporaryDirectory()
    folder = Path(home.name) / kind
    folder.mkdir()
    labels = import_module(f"tests.contract.dataset_folders.{kind}").make(folder)
    return Made(folder, labels, opened(kind, folder), home)


@cache
def recordings(kind: str) -> Mapping[Key, Labelled]:
    data = made(kind).data
    return {key: data.read(key) for key in data.keys()}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def end_s(labelled: Labelled) -> float:
    return float(labelled.chunks[-1].times_s[-1]) + 1.0 / labelled.spec.rate_hz


def overlap(a: Part, b: Part) -> bool:
    """Whether some recording could be of both parts."""
    fields = ("subjects", "sessions", "runs")
    pairs = [(getattr(a, name), getattr(b, name)) for name in fields]
    return all(not left or not right or left & right for left, right in pairs)


def test_settings_have_defaults_that_are_explained(kind: str) -> None:
    module = load("datasets", kind)
    assert module.Settings().model_fields_set == set()
    assert "folder" in module.Settings.model_fields
    for name, field in module.Settings.model_fields.items():
        assert field.description, name


def test_about_is_complete(kind: str) -> None:
    about = made(kind).data.about
    for name in ("title", "paradigm", "unit", "metric", "citation", "licence", "url", "how_to_get"):
        assert getattr(about, name), name
    assert about.url.startswith("http")
    assert (about.task == "classification") == (len(about.classes) >= 2)
    assert len(set(about.classes)) == len(about.classes)
    assert len(set(about.channels)) == len(about.channels) >= 1
    assert min(about.n_subjects, about.n_sessions, about.rate_hz, about.window_s) > 0
    assert about.from_s >= 0
    assert all(caution.strip() for caution in about.cautions)


def test_building_reads_nothing_and_an_empty_folder_says_how_to_get_it(kind: str, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        data = make("datasets", {"kind": kind, "folder": str(folder)})
        with pytest.raises(RecordingError) as refusal:
            data.keys()
        assert data.about.how_to_get in str(refusal.value)
        assert str(folder) in str(refusal.value)


def test_only_what_is_open_can_be_fetched(kind: str) -> None:
    if hasattr(load("datasets", kind), "fetch"):
        assert made(kind).data.about.access == "open"


def test_keys_are_the_recordings_that_are_there_in_order(kind: str) -> None:
    keys = list(made(kind).data.keys())
    assert keys == sorted(made(kind).labels)
    assert len(set(keys)) == len(keys) >= 1


def test_files_are_in_the_folder(kind: str) -> None:
    data, folder = made(kind).data, made(kind).folder
    for key in data.keys():
        files = data.files(key)
        assert len(set(files)) == len(files) >= 1
        assert all(path.is_file() and path.is_relative_to(folder) for path in files)


def test_recordings_carry_their_key_and_the_labels_of_the_files(kind: str) -> None:
    for key, labelled in recordings(kind).items():
        assert labelled.key == key
        expected = made(kind).labels[key]
        found = [trial.label for trial in labelled.trials]
        if made(kind).data.about.task == "regression":
            assert found == pytest.approx(expected)
        else:
            assert found == list(expected)


def test_labels_are_what_the_task_says(kind: str) -> None:
    about = made(kind).data.about
    for labelled in recordings(kind).values():
        for trial in labelled.trials:
            if about.task == "regression":
                assert np.isfinite(trial.label)
            else:
                assert isinstance(trial.label, str)
                assert not about.classes or trial.label in about.classes


def test_channels_rate_and_unit_are_as_told(kind: str) -> None:
    about = made(kind).data.about
    for labelled in recordings(kind).values():
        assert labelled.spec.names == about.channels
        assert labelled.spec.rate_hz == pytest.approx(about.rate_hz)
        units = {channel.unit for channel in labelled.spec.channels if channel.kind == "eeg"}
        assert units <= ({"unknown"} if about.unit == "unknown" else {"uV"})


def test_chunks_follow_one_another_and_declare_their_gaps(kind: str) -> None:
    for labelled in recordings(kind).values():
        first = labelled.chunks[0]
        assert (first.first_index, first.gap_before) == (0, 0)
        for chunk in labelled.chunks:
            assert chunk.n_samples > 0
            assert chunk.samples.shape == (chunk.n_samples, labelled.spec.n_channels)
            expected = chunk.times_s[0] + np.arange(chunk.n_samples) / labelled.spec.rate_hz
            np.testing.assert_allclose(chunk.times_s, expected, atol=1e-6)
        for before, after in pairwise(labelled.chunks):
            assert after.first_index == before.end_index + after.gap_before
            silence = (after.times_s[0] - before.times_s[-1]) * labelled.spec.rate_hz
            assert silence == pytest.approx(after.gap_before + 1, abs=1e-3)


def test_trials_and_rest_lie_in_order_inside_the_recording(kind: str) -> None:
    for labelled in recordings(kind).values():
        begin = float(labelled.chunks[0].times_s[0])
        starts = [trial.start_s for trial in labelled.trials]
        assert starts == sorted(starts)
        spans = [*labelled.rest, *((trial.start_s, trial.stop_s) for trial in labelled.trials)]
        for start_s, stop_s in spans:
            assert begin - 1e-6 <= start_s < stop_s <= end_s(labelled) + 1e-6


def test_reading_again_gives_the_same(kind: str) -> None:
    data = made(kind).data
    key = data.keys()[0]
    again, once = data.read(key), recordings(kind)[key]
    assert (again.spec, again.trials, again.rest) == (once.spec, once.trials, once.rest)
    for a, b in zip(again.chunks, once.chunks, strict=True):
        np.testing.assert_array_equal(a.samples, b.samples)


def test_nothing_personal_is_told(kind: str) -> None:
    for labelled in recordings(kind).values():
        told = repr((labelled.key, labelled.spec, labelled.trials, labelled.rest))
        assert not [secret for secret in PERSONAL if secret in told]


def test_published_splits_never_overlap(kind: str) -> None:
    for name, split in made(kind).data.splits.items():
        assert split.source, name
        assert split.train, name
        assert split.test, name
        sides = (split.train, split.validation, split.test)
        for one, other in combinations(sides, 2):
            assert not [(a, b) for a in one for b in other if overlap(a, b)], name


def copies(kind: str, tmp_path: Path) -> Iterator[tuple[Key, Path, Path]]:
    """For every file of the first recording: the key, a copy of the folder, and that file in the copy."""
    original = made(kind)
    key = original.data.keys()[0]
    for number, path in enumerate(original.data.files(key)):
        folder = tmp_path / str(number)
        shutil.copytree(original.folder, folder)
        yield key, folder, folder / path.relative_to(original.folder)


@pytest.mark.parametrize("content", [JUNK, b""], ids=["junk", "empty"])
def test_damaged_file_is_named(kind: str, content: bytes, tmp_path: Path) -> None:
    for key, folder, target in copies(kind, tmp_path):
        target.write_bytes(content)
        with pytest.raises(RecordingError) as refusal:
            opened(kind, folder).read(key)
        assert target.name in str(refusal.value)


def test_recording_without_a_file_is_not_listed_or_the_file_is_named(kind: str, tmp_path: Path) -> None:
    for key, folder, target in copies(kind, tmp_path):
        target.unlink()
        data = opened(kind, folder)
        said = ""
        try:
            if len(data.keys()) < len(made(kind).data.keys()):
                continue
            data.read(key)
        except RecordingError as refusal:
            said = str(refusal)
        assert target.name in said


@pytest.mark.parametrize("recipe", ["default", "adabrain"])
def test_recipes_fit_the_rate_of_every_data_set(kind: str, recipe: str) -> None:
    data = made(kind).data
    spec = data.read(data.keys()[0]).spec
    stages = named(recipe, data.about).pipeline(data.about)
    assert stages.prepare(spec).rate_hz == 200.0


def test_the_default_recipe_takes_a_window_of_every_trial_that_is_long_enough(kind: str, tmp_path: Path) -> None:
    about = made(kind).data.about
    settings = getattr(import_module(f"tests.contract.dataset_folders.{kind}"), "settings", lambda _: {})
    table = {"kind": kind, "folder": str(made(kind).folder), **settings(made(kind).folder)}
    found = prepare(table, Recipe.default(about), tmp_path)
    # Also where a clip ends with its trial, so that what the stages would deliver later never comes.
    assert found.dropped == 0
    expected = {
        (number, trial)
        for number, labelled in enumerate(recordings(kind).values())
        for trial, t in enumerate(labelled.trials)
        if t.stop_s - t.start_s - about.from_s > about.window_s - 0.5 / found.spec.rate_hz
    }
    rows = found.table[found.table["role"] == TRIAL]
    assert {(int(row["recording"]), int(row["trial"])) for row in rows} == expected
