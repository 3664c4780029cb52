"""Load a plug-in by kind and name.

A plug-in is a module with two names: ``Settings`` (a frozen pydantic model with defaults) and ``build(settings)``.
The file name is the name written in the configuration. Modules are imported when asked for, so an unused one costs
nothing. Other packages add theirs through entry points named ``bci_app.<kind>``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.errors import ConfigError, MissingDependency

HOMES = {
    "stages": "pipelines.stages",
    "sources": "devices.sources",
    "decoders": "models.decoders",
    "sinks": "bci_app.sinks",
    "paradigms": "bci_app.paradigms",
    "panels": "ui.panels",
    "steps": "ui.steps",
    "datasets": "models.datasets",
    "estimators": "models.estimators",
    "tasks": "models.training.tasks",
    "aligners": "models.aligners",
    "fmri_datasets": "models.fmri.datasets",
    "embedders": "models.fmri.embedders",
    "encoders": "models.fmri.encoders",
    "fmri_studies": "models.fmri.studies",
    "spike_recordings": "models.spikes.loaders",
    "latent_models": "models.spikes.methods",
}
EXTRA_OF = {
    "PySide6": "gui",
    "pyqtgraph": "gui",
    "mne_realtime": "fieldtrip",
    "mne_lsl": "bench",
    "braindecode": "bench",
    "moabb": "bench",
    "pandas": "bench",
    "distributed": "bench",
    "pynwb": "spikes",
    "mne_bids": "export",
    "edfio": "export",
    "pybv": "export",
    "nilearn": "fmri",
    "nibabel": "fmri",
    "himalaya": "fmri",
    "fmralign": "fmri",
    "rsatoolbox": "fmri",
    "h5py": "fmri",
    "ot": "fmri",
}


class PluginSettings(BaseModel):
    """Base of every plug-in's ``Settings``: frozen, unknown keys refused; a field's docstring is its description."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


@cache
def _external(kind: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"bci_app.{kind}")}


@cache
def _shipped(kind: str) -> frozenset[str]:
    home = importlib.import_module(HOMES[kind])
    return frozenset(info.name for info in pkgutil.iter_modules(home.__path__) if not info.name.startswith("_"))


def names(kind: str) -> list[str]:
    """Return all plug-ins of a kind, shipped and installed, in alphabetical order."""
    return sorted(_shipped(kind) | set(_external(kind)))


def load(kind: str, name: str, where: str = "") -> ModuleType:
    """Import one plug-in module; ``where`` begins the error messages, as in :func:`make`.

    Raises
    ------
    ConfigError
        If there is none of that name.
    MissingDependency
        If it needs a package that is not installed.
    """
    where = where or kind
    known = names(kind)
    if name not in known:
        raise ConfigError(f"{where}: there is no {name!r}; known are: {', '.join(known)}")
    point = _external(kind).get(name)
    try:
        module = point.load() if point else importlib.import_module(f"{HOMES[kind]}.{name}")
    except ModuleNotFoundError as exc:
        package = (exc.name or "").split(".")[0]
        extra = EXTRA_OF.get(package)
        how = f"pip install 'bci-app[{extra}]'" if extra else f"pip install {package}"
        raise MissingDependency(f"{where}: {name!r} needs the package {package!r}: {how}") from exc
    if not isinstance(module, ModuleType):
        raise ConfigError(f"{where}: entry point {name!r} must name a module with Settings and build")
    return module


def make(kind: str, table: Mapping[str, Any], where: str = "") -> Any:
    """Build one plug-in object from its configuration table ``{"kind": name, ...}``.

    Parameters
    ----------
    kind
        One of :data:`HOMES`.
    table
        The key ``kind`` names the plug-in; the other keys are its settings.
    where
        Prefix for error messages, for example ``"session.toml: [source]"``.
    """
    module, settings = configure(kind, table, where)
    return module.build(settings)


def configure(kind: str, table: Mapping[str, Any], where: str = "") -> tuple[ModuleType, PluginSettings]:
    """Check a configuration table without building anything; return the module and its validated settings."""
    where = where or kind
    values = dict(table)
    name = values.pop("kind", None)
    if not isinstance(name, str):
        raise ConfigError(f"{where}: the key 'kind' is missing; known are: {', '.join(names(kind))}")
    module = load(kind, name, where)
    try:
        return module, module.Settings(**values)
    except ValidationError as exc:
        raise ConfigError(explain(exc, f"{where} ({name})")) from exc


def explain(exc: ValidationError, where: str) -> str:
    """Put a validation error into plain words: where, key, value, bound."""
    lines = []
    for error in exc.errors():
        key = ".".join(str(part) for part in error["loc"]) or "(table)"
        if error["type"] == "extra_forbidden":
            lines.append(f"{where}: unknown key {key!r}")
        else:
            lines.append(f"{where}: {key} = {error['input']!r}: {error['msg']}")
    return "\n".join(lines)
