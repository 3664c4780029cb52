"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Streams of the tests must not be seen by, or see, other machines.
os.environ.setdefault("LSLAPICFG", str(Path(__file__).with_name("lsl_api.cfg")))

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("BCI_APP_SHARED", ROOT.parent / "shared"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked ``shared`` where the recordings are absent."""
    if (SHARED / "data").is_dir():
        return
    skip = pytest.mark.skip(reason=f"shared recordings are not at {SHARED} (set BCI_APP_SHARED)")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session", autouse=True)
def _no_preferences_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the window's tests, and the programs they start, away from the preferences of whoever runs them."""
    os.environ["BCI_APP_PREFERENCES"] = str(tmp_path_factory.mktemp("preferences") / "window.ini")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the shared recordings; use with ``@pytest.mark.shared``."""
    return SHARED / "data"


@pytest.fixture
def eegmat_of(tmp_path: Path, shared_data: Path) -> Callable[[Iterable[int]], Path]:
    """Return what makes a folder of EEGMAT that holds some people only; use with ``@pytest.mark.shared``."""

    def linked(subjects: Iterable[int]) -> Path:
        folder = tmp_path / "eegmat"
        folder.mkdir()
        for subject in subjects:
            for part in (1, 2):
                name = f"Subject{subject:02d}_{part}.edf"
                (folder / name).symlink_to(shared_data / "eegmat" / name)
        return folder

    return linked


@pytest.fixture(scope="session")
def shared_golden() -> Path:
    """Folder of the reference vectors; use with ``@pytest.mark.shared``."""
    return SHARED / "golden"
