"""Fitted estimators as arrays and plain data, so that they can be stored; nothing is ever pickled.

Numbers, text, arrays and lists of them are kept as they are; of objects, only those of a few known classes, with a
fixed set of attributes each. Whatever else an estimator holds cannot be stored, and is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from pyriemann.spatialfilters import CSP, Xdawn
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from models.calibration import TemperatureCalibration
from models.flicker import FlickerCorrelation
from pipelines.errors import CheckpointInvalid, ModelError

Arrays = dict[str, NDArray[Any]]
FITTED_HEAD = ("classes_", "coef_", "intercept_", "n_features_in_")


def _empty(cls: Any) -> Callable[[Mapping[str, Any]], Any]:
    """Return what makes an object of attributes alone, for classes whose parameters are among them."""

    def make(values: Mapping[str, Any]) -> Any:
        made = cls.__new__(cls)
        for name, value in values.items():
            setattr(made, name, value)
        return made

    return make


def _default(cls: Any, **parameters: Any) -> Callable[[Mapping[str, Any]], Any]:
    """Return what makes a default object and sets its fitted attributes."""

    def make(values: Mapping[str, Any]) -> Any:
        made = cls(**parameters)
        for name, value in values.items():
            setattr(made, name, value)
        return made

    return make


KNOWN: dict[str, tuple[type, tuple[str, ...], Callable[[Mapping[str, Any]], Any]]] = {
    "StandardScaler": (
        StandardScaler,
        ("mean_", "var_", "scale_", "n_features_in_", "n_samples_seen_"),
        _default(StandardScaler),
    ),
    "LinearDiscriminantAnalysis": (
        LinearDiscriminantAnalysis,
        (*FITTED_HEAD, "priors_", "means_"),
        _default(LinearDiscriminantAnalysis, solver="lsqr", shrinkage="auto"),
    ),
    "LogisticRegression": (LogisticRegression, (*FITTED_HEAD, "n_iter_"), _default(LogisticRegression)),
    "Pipeline": (Pipeline, ("steps",), lambda values: Pipeline([tuple(step) for step in values["steps"]])),
    "CSP": (CSP, ("nfilter", "metric", "log", "filters_", "patterns_"), _default(CSP)),
    "Xdawn": (
        Xdawn,
        ("nfilter", "estimator", "classes_", "filters_", "patterns_", "evokeds_"),
        _default(Xdawn),
    ),
    "TemperatureCalibration": (
        TemperatureCalibration,
        ("temperature",),
        lambda values: TemperatureCalibration(float(values["temperature"])),
    ),
    "FlickerCorrelation": (FlickerCorrelation, ("_n_scores", "_bands"), _empty(FlickerCorrelation)),
}
"""By name: the class, what is stored of it, and how one is made of that."""


def dismantle(estimator: Any) -> tuple[dict[str, Any], Arrays]:
    """Return what an estimator has learnt (attributes that end with ``_``) as JSON-able nodes, and the arrays in them.

    Raises
    ------
    ModelError
        If it is not fitted, or holds something that cannot be stored.
    """
    learnt = {name: value for name, value in vars(estimator).items() if _is_learnt(name)}
    if not learnt:
        raise ModelError(f"{type(estimator).__name__}: has learnt nothing: fit it first")
    arrays: Arrays = {}
    return {name: _node(value, name, arrays) for name, value in learnt.items()}, arrays


def assemble(estimator: Any, nodes: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], where: str) -> Any:
    """Give an unfitted estimator what :func:`dismantle` took from another; return it.

    Raises
    ------
    CheckpointInvalid
        Beginning with ``where``, if a node is none of ours, or an array is missing.
    """
    for name, node in nodes.items():
        if not _is_learnt(name):
            raise CheckpointInvalid(f"{where}: {name!r} is nothing that an estimator learns")
        setattr(estimator, name, _value(node, arrays, f"{where}: {name}"))
    return estimator


def _is_learnt(name: str) -> bool:
    return name.isidentifier() and name.endswith("_") and not name.startswith("_")


def _node(value: Any, path: str, arrays: Arrays) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case np.generic():
            return _node(value.item(), path, arrays)
        case np.ndarray() if value.dtype.kind in "biuf":
            arrays[path] = value
            return {"array": path}
        case list() | tuple():
            return {type(value).__name__: [_node(one, f"{path}.{i}", arrays) for i, one in enumerate(value)]}
        case slice():
            return {"slice": [value.start, value.stop, value.step]}
    for name, (cls, attributes, _) in KNOWN.items():
        if type(value) is cls:
            inside = {key: _node(getattr(value, key), f"{path}.{key}", arrays) for key in attributes}
            return {"object": name, "values": inside}
    raise ModelError(f"{path}: a {type(value).__name__} cannot be stored without pickle: choose another estimator")


def _value(node: Any, arrays: Mapping[str, NDArray[Any]], where: str) -> Any:
    match node:
        case None | bool() | int() | float() | str():
            return node
        case {"array": str(name)}:
            if name not in arrays:
                raise CheckpointInvalid(f"{where}: the array {name!r} is missing; get the folder again")
            return arrays[name]
        case {"list": list(parts)}:
            return [_value(part, arrays, where) for part in parts]
        case {"tuple": list(parts)}:
            return tuple(_value(part, arrays, where) for part in parts)
        case {"slice": [start, stop, step]}:
            return slice(start, stop, step)
        case {"object": str(name), "values": dict(values)} if name in KNOWN:
            _, attributes, make = KNOWN[name]
            if set(values) != set(attributes):
                _refuse(where, f"{name} with {', '.join(values)}")
            return make({key: _value(value, arrays, f"{where}.{key}") for key, value in values.items()})
    return _refuse(where, repr(node)[:60])


def _refuse(where: str, what: str) -> NoReturn:
    raise CheckpointInvalid(f"{where}: cannot be read: {what}: written by another version? train it again")
