"""SEED-V: clips out of Neuroscan files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.dataset import Key
from models.datasets.seed_v import ENDS_S, LABELS, SPLITS, STARTS_S, SeedV
from models.reading.seed_files import CHANNELS
from pipelines.errors import RecordingError
from tests.contract.dataset_folders.seed_v import NAMES, write_cnt


def test_clip_is_its_part_of_the_file_in_microvolts(tmp_path: Path) -> None:
    write_cnt(tmp_path / "EEG_raw/3_1_20180101.cnt", 103)
    labelled = SeedV(tmp_path).read(Key("03", "1", "01"))
    (chunk,) = labelled.chunks
    assert chunk.n_samples == 72_000
    columns = [NAMES.index(name.upper()) for name in CHANNELS]
    second = (20 * np.random.default_rng(0).standard_normal((1000, len(NAMES)))).astype("<i2")
    np.testing.assert_allclose(chunk.samples, np.tile(second[:, columns], (72, 1)), atol=1e-4)


def test_clip_behind_the_end_is_told(tmp_path: Path) -> None:
    write_cnt(tmp_path / "EEG_raw/3_1_20180101.cnt", 103)
    with pytest.raises(RecordingError, match=r"3_1_20180101\.cnt: ends after 103 s, before clip 02"):
        SeedV(tmp_path).read(Key("03", "1", "02"))


def test_other_rate_and_lacking_channels_are_told(tmp_path: Path) -> None:
    write_cnt(tmp_path / "EEG_raw/3_1_20180101.cnt", 103, names=NAMES[1:])
    with pytest.raises(RecordingError, match="has no channels Fp1;"):
        SeedV(tmp_path).read(Key("03", "1", "01"))
    write_cnt(tmp_path / "EEG_raw/3_1_20180101.cnt", 103, rate_hz=200)
    with pytest.raises(RecordingError, match="has 200 Hz, not 1000"):
        SeedV(tmp_path).keys()


def test_fifteen_clips_a_session_follow_one_another() -> None:
    for session, labels in LABELS.items():
        bounds = [at for pair in zip(STARTS_S[session], ENDS_S[session], strict=True) for at in pair]
        assert bounds == sorted(set(bounds))
        assert len(labels) == 15
        assert sorted(labels) == sorted([0, 1, 2, 3, 4] * 3)
    (split,) = SPLITS.values()
    clips = [clip for side in (split.train, split.validation, split.test) for clip in side[0].runs]
    assert sorted(clips) == [f"{clip:02d}" for clip in range(1, 16)]
