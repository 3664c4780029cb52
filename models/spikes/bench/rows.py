"""Rows of the tables: a name for a person, and the table of a plug-in of the group ``latent_models``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from models.spikes.latent_model import LatentModel
from pipelines.errors import ConfigError
from pipelines.plugins import load, make

Table = Mapping[str, Any]
ACROSS: dict[str, Table] = {
    "global rate": {"kind": "global_rate"},
    "PCA": {"kind": "linear"},
    "factor analysis": {"kind": "linear", "how": "fa"},
    "distribution": {"kind": "linear", "rule": "distribution", "n_latents": 3},
    "mixture": {"kind": "linear", "rule": "mixture"},
    "Procrustes, labels": {"kind": "linear", "rule": "procrustes"},
    "CCA, labels": {"kind": "linear", "rule": "canonical"},
    "CEBRA, labels": {"kind": "cebra"},
    "VAE": {"kind": "set_vae"},
    "pi-VAE": {"kind": "set_vae", "conditional": True},
    "set reader": {"kind": "set_reader"},
    "miVAE": {"kind": "mivae"},
    "PNBA": {"kind": "pnba"},
    "PNBA, few-shot": {"kind": "pnba", "transfer": "few_shot", "free_dropout": 0.2},
    "PNBA, published front end": {"kind": "pnba", "front_end": "published"},
}
"""Models that may be asked to read an animal they never saw; those called "labels" are given its conditions."""
_FINE = {"kind": "linear", "n_latents": 12, "sigma_bins": 1.0}
MONKEYS: dict[str, Table] = {
    **ACROSS,
    "PCA": _FINE,
    "factor analysis": {**_FINE, "how": "fa"},
    "mixture": {**_FINE, "rule": "mixture", "n_latents": 0},
    "mixture, 12 latents": {**_FINE, "rule": "mixture"},
    "mixture, 8 latents": {**_FINE, "rule": "mixture", "n_latents": 8},
    "mixture, 20 latents": {**_FINE, "rule": "mixture", "n_latents": 20},
    "Procrustes, labels": {**_FINE, "rule": "procrustes"},
    "CCA, labels": {**_FINE, "rule": "canonical"},
}
"""The same on few trials of many conditions and wide bins: more latents and less smoothing."""
OVER_DAYS: dict[str, Table] = {
    "ridge, left alone": {"kind": "static_ridge"},
    "ridge, rescaled": {"kind": "static_ridge", "own_standard": True},
    "stabiliser": {"kind": "linear", "rule": "loadings", "how": "fa"},
    "distribution": {"kind": "linear", "rule": "distribution", "n_latents": 3},
    "set reader": {"kind": "set_reader"},
    "PNBA": {"kind": "pnba"},
}
"""Decoders of the first day, read on later ones without labels."""


def model(table: Table, **settings: Any) -> LatentModel:
    """Make a model; settings that its plug-in does not have are left out."""
    known = load("latent_models", str(table["kind"])).Settings.model_fields
    made: LatentModel = make("latent_models", {**table, **{k: v for k, v in settings.items() if k in known}})
    return made


def select(rows: Mapping[str, Table], wanted: Iterable[str]) -> dict[str, Table]:
    """Return the rows of these names; none named: all.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    names = list(wanted) or list(rows)
    if unknown := [name for name in names if name not in rows]:
        raise ConfigError(f"there is no row {', '.join(unknown)}; there are: {', '.join(rows)}")
    return {name: rows[name] for name in names}
