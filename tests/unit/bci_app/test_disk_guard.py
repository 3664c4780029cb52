"""The guard judges the real disk; the thresholds are set around what is free."""

from __future__ import annotations

from pathlib import Path

import pytest

from bci_app.disk_guard import DiskGuard, DiskState
from pipelines.errors import RecordingError

EVERYTHING = 1e12


@pytest.mark.parametrize(
    ("warn_mb", "min_mb", "level"), [(0, 0, "ok"), (EVERYTHING, 0, "low"), (EVERYTHING, EVERYTHING, "full")]
)
def test_the_level_follows_the_free_space(tmp_path: Path, warn_mb: float, min_mb: float, level: str) -> None:
    state = DiskGuard(tmp_path, warn_free_mb=warn_mb, min_free_mb=min_mb).check(0.0, 0)
    assert state is not None
    assert state.level == level
    assert state.free_mb > 0


def test_it_looks_once_a_second_at_most(tmp_path: Path) -> None:
    guard = DiskGuard(tmp_path, warn_free_mb=0, min_free_mb=0)
    looked = [guard.check(-5.0 + 0.25 * k, 0) is not None for k in range(12)]
    assert looked == [True, False, False, False] * 3


def test_the_minutes_left_follow_from_the_rate_of_writing(tmp_path: Path) -> None:
    guard = DiskGuard(tmp_path, warn_free_mb=0, min_free_mb=1)
    first = guard.check(100.0, 0)
    later = guard.check(160.0, 60_000_000)
    assert first is not None
    assert first.minutes_left is None
    assert later is not None
    # 60 MB in a minute: one MB a second.
    assert later.minutes_left == pytest.approx((later.free_mb - 1) / 60)


def test_no_time_is_left_below_the_limit(tmp_path: Path) -> None:
    guard = DiskGuard(tmp_path, warn_free_mb=EVERYTHING, min_free_mb=EVERYTHING)
    guard.check(0.0, 0)
    state = guard.check(1.0, 1000)
    assert state is not None
    assert state.minutes_left == 0.0


def test_it_speaks_in_words() -> None:
    assert str(DiskState("low", 812.4, 17.6)) == "812 MB free, about 18 min of recording"
    assert str(DiskState("low", 812.4, None)) == "812 MB free"


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"gone: free space cannot be read: No such file"):
        DiskGuard(tmp_path / "gone", warn_free_mb=0, min_free_mb=0).check(0.0, 0)
