"""The laws of ``models.spikes.loader.SpikeLoader``, on every layout that is shipped, on fabricated folders."""

from __future__ import annotations

import pkgutil
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from models.dataset import Key
from models.spikes import loaders
from models.spikes.loader import SpikeLoader
from models.spikes.recording import Recording, Series
from models.spikes.trial_set import cut
from pipelines.errors import RecordingError
from pipelines.plugins import load, make
from tests.contract.spike_folders.nwb import PERSONAL

KINDS = [info.name for info in pkgutil.iter_modules(loaders.__path__)]


@cache
def made(kind: str) -> tuple[TemporaryDirectory[str], Mapping[Key, Sequence[str]]]:
    if kind in ("perich_miller", "mc_maze"):
        pytest.importorskip("pynwb")
    home = TemporaryDirectory()
    return home, import_module(f"tests.contract.spike_folders.{kind}").make(Path(home.name))


def opened(kind: str, folder: str | Path) -> SpikeLoader:
    loader: SpikeLoader = make("spike_recordings", {"kind": kind, "folder": str(folder)})
    return loader


@cache
def recordings(kind: str) -> Mapping[Key, Recording]:
    loader = opened(kind, made(kind)[0].name)
    return {key: loader.read(key) for key in loader.keys()}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    made(str(request.param))
    return str(request.param)


def test_settings_have_defaults_that_are_explained(kind: str) -> None:
    module = load("spike_recordings", kind)
    assert module.Settings().model_fields_set == set()
    assert all(field.description for field in module.Settings.model_fields.values())
    about = module.build(module.Settings()).about
    assert about.title
    assert about.citation
    assert about.licence
    assert about.url.startswith("http")


def test_an_empty_folder_says_how_to_get_it(kind: str, tmp_path: Path) -> None:
    loader = opened(kind, tmp_path)
    with pytest.raises(RecordingError) as refusal:
        loader.keys()
    assert loader.about.how_to_get in str(refusal.value)
    assert str(tmp_path) in str(refusal.value)


def test_keys_are_sorted_and_those_of_the_folder(kind: str) -> None:
    home, labels = made(kind)
    keys = list(opened(kind, home.name).keys())
    assert keys == sorted(labels)
    with pytest.raises(RecordingError, match="nobody"):
        opened(kind, home.name).read(Key("nobody"))


def test_trials_carry_their_labels_and_lie_inside_in_order(kind: str) -> None:
    for key, recording in recordings(kind).items():
        expected = made(kind)[1][key]
        assert len(recording.trials) == len(expected)
        if any(expected):
            assert [t.label for t in recording.trials] == list(expected)
        for trial in recording.trials:
            assert recording.start_s <= trial.start_s < trial.stop_s <= recording.stop_s
        assert [t.start_s for t in recording.trials] == sorted(t.start_s for t in recording.trials)


def test_units_are_of_the_key_and_activity_is_finite(kind: str) -> None:
    for key, recording in recordings(kind).items():
        assert recording.units.subject == key.subject
        activity = recording.activity
        values = activity.values if isinstance(activity, Series) else activity.times_s
        assert values.size
        assert np.isfinite(values).all()
        assert all(np.isfinite(series.values).all() for series in recording.covariates.values())


def test_trials_can_be_cut(kind: str) -> None:
    for recording in recordings(kind).values():
        if not recording.trials:
            continue
        step = 1 / recording.activity.rate_hz if isinstance(recording.activity, Series) else 0.05
        trials = cut(recording, step, 5)
        assert trials.counts.shape == (len(recording.trials), 5, recording.units.n_units)
        assert np.isfinite(trials.counts).all()


def test_reading_again_gives_the_same(kind: str) -> None:
    loader = opened(kind, made(kind)[0].name)
    key = loader.keys()[0]
    again, once = loader.read(key), recordings(kind)[key]
    assert (again.trials, again.start_s, again.stop_s, again.units.ids) == (
        once.trials,
        once.start_s,
        once.stop_s,
        once.units.ids,
    )
    for name, series in once.covariates.items():
        np.testing.assert_array_equal(again.covariates[name].values, series.values)


def test_nothing_personal_is_told(kind: str) -> None:
    for key, recording in recordings(kind).items():
        told = repr((key, recording.units, recording.trials, recording.covariates.keys()))
        assert not [secret for secret in PERSONAL if secret in told]


def test_a_damaged_file_is_named(kind: str, tmp_path: Path) -> None:
    shutil.copytree(made(kind)[0].name, tmp_path / "copy")
    key = opened(kind, tmp_path / "copy").keys()[0]
    files = [p for p in sorted((tmp_path / "copy").rglob("*")) if p.is_file() and "RT-" not in p.name]
    for path in files:
        path.write_bytes(b"This is no recording.\n")
    with pytest.raises(RecordingError) as refusal:
        opened(kind, tmp_path / "copy").read(key)
    assert any(path.name in str(refusal.value) for path in files)


def test_films_of_two_mice_with_one_content_have_one_name() -> None:
    first, second = (recording.trials for recording in recordings("sensorium2023").values())
    assert first[1].label == second[1].label
    assert first[0].label != second[0].label


def test_sensorium_films_end_where_they_end_and_are_reduced() -> None:
    recording = next(iter(recordings("sensorium2023").values()))
    assert recording.covariates["video"].values.shape == (2 * 20, 32, 64)
    assert 0 <= recording.covariates["video"].values.min() <= recording.covariates["video"].values.max() <= 1
    assert np.nanmax(np.abs(recording.units.positions)) < 1.0  # mm


def test_positions_of_units_are_those_of_their_electrodes() -> None:
    pytest.importorskip("pynwb")
    units = next(iter(recordings("perich_miller").values())).units
    np.testing.assert_allclose(units.positions[:, 0], 0.4 * np.arange(5), atol=1e-6)


def test_held_out_units_of_the_maze_are_marked() -> None:
    pytest.importorskip("pynwb")
    units = next(iter(recordings("mc_maze").values())).units
    assert units.descriptor_names == ("heldout",)
    assert units.descriptors[:, 0].tolist() == [0, 1, 0, 0, 1, 0]
