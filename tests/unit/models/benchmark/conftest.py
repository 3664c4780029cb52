"""The fabricated plug-ins as another package would install them: through entry points, also for child processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor

from models.benchmark.job import Place
from models.benchmark.preparation import prepare
from models.benchmark.recipe import Recipe
from models.benchmark.windows import Prepared
from pipelines import plugins
from tests.unit.models.benchmark import six_people

ROOT = Path(__file__).resolve().parents[4]
HERE = "tests.unit.models.benchmark"
ENTRY_POINTS = f"""\
[bci_app.datasets]
six_people = {HERE}.six_people

[bci_app.estimators]
alpha_power = {HERE}.alpha_power
"""
PLAIN = Recipe(window_s=2.0, stages=({"kind": "nonfinite"},))


@pytest.fixture(scope="package", autouse=True)
def _installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    site = tmp_path_factory.mktemp("site")
    info = site / "six_people-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: six-people\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(site), *([before] if before else [])])
    sys.path.insert(0, str(site))
    plugins._external.cache_clear()
    yield
    get_reusable_executor().shutdown(wait=True)  # joblib's workers would idle on beside other tests
    sys.path.remove(str(site))
    plugins._external.cache_clear()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


@pytest.fixture(scope="session")
def people_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return six_people.write(tmp_path_factory.mktemp("data") / "six_people")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="package")
def people(people_folder: Path, cache: Path) -> Prepared:
    """Six people, two sessions of two runs, eight trials of two windows each, six windows of rest."""
    return prepare({"kind": "six_people", "folder": str(people_folder)}, PLAIN, cache)


@pytest.fixture(scope="session")
def place(people_folder: Path, cache: Path) -> Place:
    return Place(people_folder.parent, cache)
