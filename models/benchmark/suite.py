"""Suites: which data sets, settings and models; a TOML file, checked before anything is read."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from models.benchmark.job import Job, Place, jobs_for
from models.benchmark.perturbation import Perturbation
from models.benchmark.preparation import prepare, silent
from models.benchmark.recipe import Recipe, named
from models.benchmark.settings import Calibration, Setting, folds_of
from models.benchmark.settings.calibration import NoCalibration
from models.dataset import Task
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings, configure, explain

Seeds = tuple[Annotated[int, Field(ge=0)], ...]
SHIPPED = Path(__file__).with_name("suites")


class Model(PluginSettings):
    """An estimator: its plug-in's kind and settings, and which data sets and settings it is for."""

    name: str = Field("", description="In reports; empty: the kind.")
    kind: str
    tasks: tuple[Task, ...] = Field(("classification",), description="Data sets of other tasks pass it by.")
    seeds: Seeds | None = Field(None, min_length=1, description="Fewer seeds, for what no lot can change.")
    settings: dict[str, Any] = Field({}, description="Of the estimator.")

    @property
    def table(self) -> dict[str, Any]:
        """The estimator's table."""
        return {"kind": self.kind, **self.settings}

    @property
    def title(self) -> str:
        """What it is called in reports."""
        return self.name or self.kind


class Data(PluginSettings):
    """A data set and what is done with it."""

    kind: str
    folder: str = Field("", description="Under the data root; empty: the kind.")
    options: dict[str, Any] = Field({}, description="Further settings of the data set.")
    recipe: str | Recipe = "default"
    settings: tuple[Setting, ...] = Field(min_length=1)
    calibrations: tuple[Calibration, ...] = (NoCalibration(),)
    models: tuple[str, ...] | None = Field(None, description="Titles of the suite's models; none takes all.")
    more_models: tuple[Model, ...] = Field((), description="Models for this data set only.")

    @property
    def table(self) -> dict[str, Any]:
        """The data set's table, its folder relative to the data root."""
        return {"kind": self.kind, "folder": self.folder or self.kind, **self.options}


class Suite(PluginSettings):
    """What a suite file says."""

    name: str
    description: str = ""
    seeds: Seeds = Field((0,), min_length=1)
    perturbations: tuple[Perturbation, ...] = ()
    data: tuple[Data, ...] = Field(min_length=1)
    models: tuple[Model, ...] = ()

    def models_of(self, data: Data) -> list[Model]:
        """Return the models for a data set.

        Raises
        ------
        ConfigError
            If the data set names a model that the suite has not.
        """
        by_title = {model.title: model for model in self.models}
        unknown = sorted(set(data.models or ()) - set(by_title))
        if unknown:
            raise ConfigError(f"suite {self.name!r}, data {data.kind!r}: models = {', '.join(unknown)}: there are only "
                              f"{', '.join(by_title) or 'none'}")  # fmt: skip
        chosen = list(by_title.values()) if data.models is None else [by_title[title] for title in data.models]
        return chosen + list(data.more_models)


def shipped() -> list[str]:
    """Return the names of the suites that come with the program."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read(name: str | Path) -> Suite:
    """Read a suite: a file, or the name of a shipped one.

    Raises
    ------
    ConfigError
        If there is none, or it says what it may not; names file, key and value.
    """
    path = Path(name)
    if not path.is_file() and str(name) in shipped():
        path = SHIPPED / f"{name}.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(f"{path}: cannot be read as a suite: {exc}; shipped are {', '.join(shipped())}") from exc
    try:
        suite = Suite.model_validate(values)
    except ValidationError as exc:
        raise ConfigError(explain(exc, str(path))) from exc
    _refuse_doubles(f"{path}: models", suite.models)
    for data in suite.data:
        configure("datasets", data.table, f"{path}: data")
        _refuse_doubles(f"{path}: data {data.kind!r}: models", suite.models_of(data))
        for model in suite.models_of(data):
            configure("estimators", model.table, f"{path}: models")
    return suite


def _refuse_doubles(where: str, models: Sequence[Model]) -> None:
    titles = [model.title for model in models]
    doubled = sorted({title for title in titles if titles.count(title) > 1})
    if doubled:
        raise ConfigError(f"{where}: several are called {', '.join(doubled)}: give each a name")


def jobs_of(suite: Suite, place: Place, tell: Callable[[str], None] = silent) -> list[Job]:
    """Prepare the data sets of a suite and return all its jobs, each once.

    Raises
    ------
    BciError
        If a data set is missing or damaged, has no model, or does not suit a setting, or a fold leaks, or one name
        stands for two models in one table.
    """
    jobs: list[Job] = []
    for data in suite.data:
        table = place.table(data.table)
        module, settings = configure("datasets", table)
        about = module.build(settings).about
        recipe = named(data.recipe, about) if isinstance(data.recipe, str) else data.recipe
        prepared = prepare(table, recipe, place.cache, tell)
        if prepared.dropped:
            tell(f"{about.title}: {prepared.dropped} windows with lost samples left out of {len(prepared.table)}")
        models = [model for model in suite.models_of(data) if about.task in model.tasks]
        if not models:
            raise ConfigError(f"suite {suite.name!r}, data {data.kind!r}: no model has tasks = [{about.task!r}]")
        for setting, calibration, seed in _cases(suite, data):
            learning = [model for model in models if seed in (suite.seeds if model.seeds is None else model.seeds)]
            folds = folds_of(setting, calibration, prepared, seed) if learning else []
            for model in learning:
                jobs += jobs_for(
                    prepared, folds, data.table, recipe, setting, calibration, model.table,
                    model=model.title, seed=seed, perturbations=suite.perturbations,
                )  # fmt: skip
    return _each_once(suite, jobs)


def _each_once(suite: Suite, jobs: Sequence[Job]) -> list[Job]:
    """Drop jobs that are there already, under the same name; refuse others of that name."""
    by_case: dict[tuple[str, str, str, str, int, str], Job] = {}
    for job in jobs:
        setting, calibration = job.setting.model_dump_json(), job.calibration.model_dump_json()
        case = (job.windows, setting, calibration, job.model, job.seed, job.fold)
        if by_case.setdefault(case, job).key != job.key:
            raise ConfigError(f"suite {suite.name!r}: models of data {job.data['kind']!r}: two different ones are "
                              f"called {job.model}: give each a name")  # fmt: skip
    return list(by_case.values())


def _cases(suite: Suite, data: Data) -> Iterator[tuple[Setting, Calibration, int]]:
    """Yield settings, the calibrations that suit them, and seeds."""
    seeds = sorted({*suite.seeds, *(seed for model in suite.models_of(data) for seed in model.seeds or ())})
    for setting in data.settings:
        # Outside cross-subject settings the decoder has met everybody: there is nothing to calibrate.
        for calibration in data.calibrations if setting.promises == "subject" else (NoCalibration(),):
            for seed in seeds:
                yield setting, calibration, seed
