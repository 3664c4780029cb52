from __future__ import annotations

import multiprocessing
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.benchmark import cutting
from models.benchmark.cache_entry import META, TABLE, WINDOWS
from models.benchmark.cutting import content_sha256, cut, pass_through
from models.benchmark.preparation import prepare
from models.benchmark.recipe import NAMED, Recipe, named
from models.benchmark.windows import REST, TRIAL, Prepared
from models.dataset import Key, Labelled, Trial
from pipelines.errors import ChannelMismatch, ConfigError, RecordingError
from pipelines.plugins import make
from pipelines.signal import Channel, Chunk, StreamSpec, make_chunk
from pipelines.windows import Windower
from tests.unit.models.benchmark.conftest import PLAIN
from tests.unit.models.benchmark.six_people import CHANNELS, RATE_HZ, SixPeople

FILTERED = Recipe(
    window_s=2.0,
    hop_s=0.5,
    stages=({"kind": "resample", "rate_hz": 80.0}, {"kind": "bandpass", "low_hz": 4.0, "high_hz": 30.0}),
)


def table_of(folder: Path, **values: object) -> dict[str, object]:
    return {"kind": "six_people", "folder": str(folder), **values}


def recording(folder: Path) -> tuple[SixPeople, Labelled]:
    data = SixPeople(folder, "classification", False)
    return data, data.read(Key("01", "2", "1"))


def test_windows_are_what_the_live_windower_cuts(people_folder: Path) -> None:
    data, read = recording(people_folder)
    pipeline = FILTERED.pipeline(data.about)
    spec = pipeline.prepare(read.spec)
    passed = pass_through(pipeline, read.chunks, RATE_HZ, spec.n_channels)
    pieces = list(cut(read, FILTERED, passed, spec, pipeline.delay_s))
    assert len(pieces) == 8 * 5 + 21
    live = FILTERED.pipeline(data.about)
    windower = Windower(live.prepare(read.spec), 160, 1)
    (whole,) = read.chunks
    windows = {}
    for start in range(0, whole.n_samples, 7):
        for window in windower.push(live.process(whole.part(start, start + 7))):
            windows[window.first_index] = window.samples.copy()
    assert pipeline.delay_s > 0.1
    for piece in pieces:
        assert piece.samples is not None
        np.testing.assert_array_equal(piece.samples, windows[round((piece.start_s + pipeline.delay_s) * 80.0)])


def test_the_length_of_the_parts_changes_nothing(people_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, read = recording(people_folder)
    found = []
    for part_s in (1000.0, 10.0, 0.13):
        monkeypatch.setattr(cutting, "PART_S", part_s)
        pipeline = FILTERED.pipeline(data.about)
        n_channels = pipeline.prepare(read.spec).n_channels
        found.append(pass_through(pipeline, read.chunks, RATE_HZ, n_channels))
    for other in found[1:]:
        np.testing.assert_array_equal(found[0].samples, other.samples)
        np.testing.assert_array_equal(found[0].index, other.index)
        np.testing.assert_array_equal(found[0].times_s, other.times_s)
        np.testing.assert_array_equal(found[0].flags, other.flags)


def test_the_table_says_where_each_window_comes_from(people: Prepared, people_folder: Path) -> None:
    table = people.table
    assert people.samples.shape == (24 * (16 + 6), 200, 4)
    assert people.labels == ("open", "closed")
    assert (table["role"] == REST).sum() == 24 * 6
    assert np.isnan(table["target"][table["role"] == REST]).all()
    for row in (0, 7, 300, len(table) - 1):
        w = table[row]
        rows = np.load(people_folder / f"{w['subject']}_{w['session']}_{w['run']}.npy")
        start = round(float(w["start_s"]) * RATE_HZ)
        np.testing.assert_array_equal(people.samples[row], rows[start : start + 200])
        if w["role"] == TRIAL:
            assert w["target"] == (float(w["start_s"]) - 12.0) // 4.0 % 2
    order = list(zip(table["recording"], table["start_s"], strict=True))
    assert order == sorted(order)


def test_windows_for_a_model_are_channels_by_times(people: Prepared) -> None:
    rows = np.array([5, 3])
    windows = people.windows(rows)
    assert windows.shape == (2, 4, 200)
    assert windows.flags.c_contiguous
    np.testing.assert_array_equal(windows[1], people.samples[3].T)
    assert isinstance(people.samples, np.memmap)


def test_from_s_and_the_end_of_a_trial(people_folder: Path, tmp_path: Path) -> None:
    recipe = Recipe(window_s=1.5, hop_s=1.0, from_s=0.5)
    made = prepare(table_of(people_folder), recipe, tmp_path)
    one = made.table[(made.table["recording"] == 0) & (made.table["role"] == TRIAL) & (made.table["trial"] == 1)]
    assert one["start_s"].tolist() == [16.5, 17.5, 18.5]
    assert one["stop_s"].tolist() == [18.0, 19.0, 20.0]


def test_windows_with_lost_or_repaired_samples_are_dropped_and_counted() -> None:
    rows = np.arange(2000, dtype=np.float32)[:, None] * np.ones((1, 4), np.float32)
    rows[150, 2] = np.nan
    times = np.arange(2000) / 100.0
    first = make_chunk(rows[:600], times[:600], 0)
    second = make_chunk(rows[650:], times[650:], 650, gap_before=50)
    spec = spec_at(100.0)
    about = SixPeople(Path(), "classification", False).about
    read = Labelled(Key("x"), spec, (first, second), (Trial(0.0, 21.0, "open"),))
    pipeline = PLAIN.pipeline(about)
    passed = pass_through(pipeline, read.chunks, 100.0, pipeline.prepare(spec).n_channels)
    pieces = list(cut(read, replace_hop(PLAIN, 1.0), passed, spec, 0.0))
    usable = {piece.start_s: piece.samples for piece in pieces}
    gone = [start for start, samples in usable.items() if samples is None]
    assert gone == [0.0, 1.0, 5.0, 6.0, 19.0]
    seven = usable[7.0]
    assert seven is not None
    np.testing.assert_array_equal(seven, rows[700:900])


def test_a_clip_that_ends_with_its_trial_keeps_its_last_window() -> None:
    rows = np.random.default_rng(0).standard_normal((1000, 4)).astype(np.float32)
    times = np.arange(1000) / 100.0
    clips = (make_chunk(rows[:400], times[:400], 0), make_chunk(rows[400:800], times[400:800] + 5, 900, gap_before=500))
    read = Labelled(Key("x"), spec_at(100.0), clips, (Trial(0.0, 4.0, "open"), Trial(9.0, 13.0, "closed")))
    pipeline = FILTERED.pipeline(SixPeople(Path(), "classification", False).about)
    spec = pipeline.prepare(read.spec)
    passed = pass_through(pipeline, read.chunks, 100.0, spec.n_channels)
    pieces = list(cut(read, replace_hop(FILTERED, 2.0), passed, spec, pipeline.delay_s))
    assert [piece.trial for piece in pieces if piece.samples is not None] == [0, 0, 1, 1]
    late = round(pipeline.delay_s * 80.0) / 80.0
    assert [piece.start_s for piece in pieces] == pytest.approx([0.0, 2.0 - late, 9.0, 11.0 - late])
    last = pieces[1].samples
    assert last is not None
    np.testing.assert_array_equal(last, passed.samples[160:320])


def spec_at(rate_hz: float) -> StreamSpec:
    return StreamSpec(rate_hz, tuple(Channel(name) for name in CHANNELS))


def replace_hop(recipe: Recipe, hop_s: float) -> Recipe:
    return recipe.model_copy(update={"hop_s": hop_s})


def test_the_cache_is_used_and_keyed_by_content(people_folder: Path, tmp_path: Path) -> None:
    folder, cache = tmp_path / "data", tmp_path / "cache"
    shutil.copytree(people_folder, folder)
    told: list[str] = []
    first = prepare(table_of(folder), PLAIN, cache, told.append)
    assert len(told) == 24
    assert "subject 05, session 2, run 2 (24 of 24)" in told[-1]
    again = prepare(table_of(folder), PLAIN, cache, told.append)
    assert len(told) == 24
    assert again.key == first.key
    np.testing.assert_array_equal(again.samples, first.samples)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(folder, elsewhere)
    assert prepare(table_of(elsewhere), PLAIN, cache, told.append).key == first.key
    assert prepare(table_of(folder), replace_hop(PLAIN, 1.0), cache).key != first.key
    assert prepare(table_of(folder, task="regression"), PLAIN, cache).key != first.key
    changed = np.load(folder / "00_1_1.npy")
    changed[0, 0] += 1.0
    np.save(folder / "00_1_1.npy", changed)
    assert prepare(table_of(folder), PLAIN, cache).key != first.key


@pytest.mark.parametrize("damage", ["cut", "flipped", "no_table", "no_meta", "foreign_meta"])
def test_a_damaged_entry_is_noticed_and_made_anew(people_folder: Path, tmp_path: Path, damage: str) -> None:
    whole = prepare(table_of(people_folder), PLAIN, tmp_path)
    before = np.array(whole.samples)
    entry = tmp_path / whole.key
    if damage == "cut":
        (entry / WINDOWS).write_bytes((entry / WINDOWS).read_bytes()[:-400])
    elif damage == "flipped":
        content = bytearray((entry / WINDOWS).read_bytes())
        content[1000] ^= 1
        (entry / WINDOWS).write_bytes(content)
    elif damage == "no_table":
        (entry / TABLE).unlink()
    elif damage == "no_meta":
        (entry / META).unlink()
    else:
        (entry / META).write_text("{}")
    told: list[str] = []
    again = prepare(table_of(people_folder), PLAIN, tmp_path, told.append)
    assert "made anew" in told[0]
    np.testing.assert_array_equal(again.samples, before)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [whole.key]


def _prepare_in_child(folder: str, cache: str, barrier: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    prepare({"kind": "six_people", "folder": folder}, PLAIN, Path(cache))


def test_two_processes_prepare_the_same(people: Prepared, people_folder: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    children = [
        context.Process(target=_prepare_in_child, args=(str(people_folder), str(tmp_path), barrier)) for _ in range(2)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
        assert child.exitcode == 0
    told: list[str] = []
    made = prepare(table_of(people_folder), PLAIN, tmp_path, told.append)
    assert told == []
    np.testing.assert_array_equal(made.samples, people.samples)
    assert sum(path.is_dir() for path in tmp_path.iterdir()) == 1


def test_a_failure_leaves_nothing_behind(people_folder: Path, tmp_path: Path) -> None:
    folder, cache = tmp_path / "data", tmp_path / "cache"
    shutil.copytree(people_folder, folder)
    with pytest.raises(RecordingError, match="unknown labels winking; known are open, closed"):
        prepare(table_of(folder, unknown_label=True), PLAIN, cache)
    with pytest.raises(ConfigError, match="no window of 5 s fits"):
        prepare(table_of(folder), Recipe(window_s=5.0), cache)
    with pytest.raises(ChannelMismatch, match="lacks Cz"):
        prepare(table_of(folder), Recipe(window_s=2.0, channels=("Cz",)), cache)
    with pytest.raises(ConfigError, match="recipe: stages"):
        prepare(table_of(folder), Recipe(window_s=2.0, stages=({"kind": "bandpass", "low": 1},)), cache)
    with pytest.raises(RecordingError, match="call write"):
        prepare(table_of(tmp_path / "nothing"), PLAIN, cache)
    assert [path.name for path in cache.iterdir()] == ["files.sqlite"]


def test_regression_and_retrieval_targets(people_folder: Path, tmp_path: Path) -> None:
    values = prepare(table_of(people_folder, task="regression"), PLAIN, tmp_path)
    trials = np.flatnonzero(values.table["role"] == TRIAL)
    assert values.labels == ()
    assert set(values.targets(trials)) == {0.0, 0.5}
    items = prepare(table_of(people_folder, task="retrieval"), PLAIN, tmp_path)
    assert items.labels == ("item 0", "item 1", "item 2", "item 3")
    assert set(items.targets(trials)) == {0, 1, 2, 3}


def test_the_content_of_a_recording_is_recognised_at_any_scale() -> None:
    rows = np.random.default_rng(0).integers(-30000, 30000, (500, 3))

    def chunks(factor: float, changed: int = 0) -> tuple[Chunk, ...]:
        values = rows.copy()
        values[100, 1] += changed
        return (make_chunk(values * factor, np.arange(500) / 100.0, 0),)

    assert content_sha256(chunks(1e-6)) == content_sha256(chunks(0.37))
    assert content_sha256(chunks(1.0, changed=70000)) != content_sha256(chunks(1.0))


def test_recipes_by_name() -> None:
    about = SixPeople(Path(), "classification", False).about
    for name in NAMED:
        assert named(name, about).pipeline(about).prepare(spec_at(500.0)).rate_hz == 200.0
    literature = named("cbramod_eegmat", about)
    assert (literature.window_s, literature.step_s) == (5.0, 5.0)
    assert [table["kind"] for table in literature.stages] == ["nonfinite", "resample"]
    assert named("default", replace(about, paradigm="flicker at 13 Hz")).stages[-1]["low_hz"] == 5.0
    with pytest.raises(ConfigError, match="no 'adbrain'; known are: default"):
        named("adbrain", about)


def test_only_the_classes_of_the_recipe(people_folder: Path, tmp_path: Path) -> None:
    made = prepare(table_of(people_folder), PLAIN.model_copy(update={"classes": ("closed",)}), tmp_path)
    assert made.labels == made.about.classes == ("closed",)
    assert set(made.table["trial"][made.table["role"] == TRIAL]) == {1, 3, 5, 7}
    assert (made.table["role"] == REST).sum() == 24 * 6
    with pytest.raises(ConfigError, match="classes = winking: Six people has open, closed"):
        prepare(table_of(people_folder), PLAIN.model_copy(update={"classes": ("winking",)}), tmp_path)


@pytest.mark.shared
def test_eegmat_gives_the_published_windows(shared_data: Path, tmp_path: Path) -> None:
    table = {"kind": "eegmat", "folder": str(shared_data / "eegmat")}
    about = make("datasets", table).about
    made = prepare(table, named("cbramod_eegmat", about), tmp_path)
    trials = made.table[made.table["role"] == TRIAL]
    first = trials["subject"].astype(int) <= 27
    # CBraMod's counts of its training (subjects 0-27) and validation (28-31) windows.
    assert (first.sum(), (~first).sum()) == (1343, 172)
    assert made.samples.shape[1:] == (1000, 19)
    assert made.dropped == 0
    assert len(set(made.contents)) == 64
