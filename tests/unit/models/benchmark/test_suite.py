from __future__ import annotations

from pathlib import Path

import pytest

from models.benchmark.job import Place, run_job
from models.benchmark.running import run
from models.benchmark.store import Store
from models.benchmark.suite import jobs_of, read, shipped
from pipelines.errors import ConfigError
from tests.unit.models.benchmark.test_job import score

SUITE = """
name = "six"
seeds = [0, 1]
perturbations = [{ noise_db = 0.0 }]

[[data]]
kind = "six_people"
recipe = { window_s = 2.0, stages = [{ kind = "nonfinite" }] }
settings = [{ kind = "leave_one_subject_out" }, { kind = "cross_run" }]
calibrations = [{ kind = "none" }, { kind = "rest", rest_s = 12.0 }]

[[data.more_models]]
name = "adaptive"
kind = "alpha_power"
settings = { mode = "adaptive" }

[[models]]
kind = "alpha_power"
seeds = [0]

[[models]]
name = "values"
kind = "alpha_power"
tasks = ["regression"]
settings = { mode = "values" }
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "six.toml"
    path.write_text(text)
    return path


def test_a_suite_makes_its_jobs(place: Place, tmp_path: Path) -> None:
    suite = read(written(tmp_path, SUITE))
    told: list[str] = []
    jobs = jobs_of(suite, place, told.append)
    counted: dict[tuple[str, str, str, int], int] = {}
    for job in jobs:
        case = (job.model, job.setting.kind, job.calibration.kind, job.seed)
        counted[case] = counted.get(case, 0) + 1
    loso, runs = "leave_one_subject_out", "cross_run"
    one_seed = {("alpha_power", loso, "none", 0): 6, ("alpha_power", loso, "rest", 0): 6}
    one_seed[("alpha_power", runs, "none", 0)] = 24
    two_seeds = {("adaptive", loso, c, s): 6 for c in ("none", "rest") for s in (0, 1)}
    two_seeds |= {("adaptive", runs, "none", s): 24 for s in (0, 1)}
    assert counted == one_seed | two_seeds
    assert len({job.key for job in jobs}) == len(jobs)
    assert [job.key for job in jobs_of(suite, place)] == [job.key for job in jobs]
    found = run_job(jobs[0], place)
    assert set(found.said) == {"clean", "noise_db=0"}


AGAIN = """
[[data]]
kind = "six_people"
recipe = { window_s = 2.0, stages = [{ kind = "nonfinite" }] }
settings = [{ kind = "leave_one_subject_out" }]
models = []

[[data.more_models]]
name = "adaptive"
kind = "alpha_power"
settings = { mode = "MODE" }
"""


def test_what_stands_twice_is_run_once(place: Place, tmp_path: Path) -> None:
    once = jobs_of(read(written(tmp_path, SUITE)), place)
    twice = jobs_of(read(written(tmp_path, SUITE + AGAIN.replace("MODE", "adaptive"))), place)
    assert twice == once


def test_one_name_is_one_model_in_a_table(place: Place, tmp_path: Path) -> None:
    suite = read(written(tmp_path, SUITE + AGAIN.replace("MODE", "plain")))
    with pytest.raises(ConfigError, match="models of data 'six_people': two different ones are called adaptive"):
        jobs_of(suite, place)


def test_a_data_set_without_a_model_is_refused(place: Place, tmp_path: Path) -> None:
    text = SUITE.replace('kind = "six_people"', 'kind = "six_people"\nmodels = ["alpha_power"]\n'
                         'options = { task = "regression" }').replace("[[data.more_models]]", "[[models]]")  # fmt: skip
    with pytest.raises(ConfigError, match=r"'six_people': no model has tasks = \['regression'\]"):
        jobs_of(read(written(tmp_path, text)), place)


def test_from_the_file_to_the_scores(place: Place, tmp_path: Path) -> None:
    suite = read(written(tmp_path, SUITE))
    rested = [j for j in jobs_of(suite, place) if (j.model, j.calibration.kind, j.seed) == ("adaptive", "rest", 0)]
    with Store(tmp_path / "x.sqlite") as store:
        run(rested, store, place)
        assert score([found for _, found in store.results()]) > 0.95


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('name = "six"', 'name = "six"\nsede = 1', "six.toml: unknown key 'sede'"),
        ('kind = "cross_run"', 'kind = "cross_runs"', "cross_runs"),
        ("rest_s = 12.0", "rest_s = -1", "rest_s = -1"),
        ("seeds = [0, 1]", 'seeds = ["a"]', "seeds.0 = 'a'"),
        ('kind = "six_people"', 'kind = "seven_people"', "there is no 'seven_people'"),
        ('mode = "adaptive"', 'mode = "best"', "mode = 'best'"),
        ('name = "values"', "", "several are called alpha_power"),
        (
            'settings = [{ kind = "leave',
            'models = ["x"]\nsettings = [{ kind = "leave',
            "models = x: there are only alpha",
        ),
        ('name = "adaptive"', 'name = "values"', "data 'six_people': models: several are called values"),
        ("seeds = [0, 1]", "seeds = [0, -1]", "seeds.1 = -1"),
        ("seeds = [0]", "seeds = []", "models.0.seeds = []"),
        ("[[models]]", "[[models", "cannot be read as a suite"),
    ],
)
def test_what_a_suite_may_not_say(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in SUITE
    with pytest.raises(ConfigError) as caught:
        read(written(tmp_path, SUITE.replace(old, new, 1)))
    assert why in str(caught.value)


def test_a_suite_that_is_not_there() -> None:
    shipped = "csbrain, csbrain_people, csbrain_seeds, eegmat, quick, shared, ssvep"
    with pytest.raises(ConfigError, match=f"nowhere.toml.*shipped are {shipped}"):
        read("nowhere.toml")


@pytest.mark.parametrize("name", shipped())
def test_shipped_suites_are_right(name: str) -> None:
    suite = read(name)
    assert suite.name == name
    assert suite.description
    for data in suite.data:
        assert suite.models_of(data)


@pytest.mark.shared
@pytest.mark.parametrize("name", shipped())
def test_shipped_suites_suit_the_data(name: str, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = tmp_path_factory.getbasetemp() / "shared_windows"
    jobs = jobs_of(read(name), Place(shared_data, cache))
    assert len({job.key for job in jobs}) == len(jobs)
    people = {(job.data["kind"], job.fold) for job in jobs if job.setting.kind == "leave_one_subject_out"}
    if name == "eegmat":
        assert len(people) == 32
    if name == "ssvep":
        assert len(people) == 8
