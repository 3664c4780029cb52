"""A subject as training tasks take it: standardised within sessions, split, with features of what was seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from models.fmri.dataset import FmriDataSet, WithFeatures, WithImages
from models.fmri.feature_store import FeatureStore
from models.fmri.features import Features, order_hash
from models.fmri.responses import Responses
from models.fmri.session_scaling import SessionScaling
from models.fmri.splits import Rows, Split
from pipelines import plugins
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings


class FmriData(PluginSettings):
    """Which data set, and what stands for its images."""

    source: dict[str, Any] = Field({}, description="Table of a data set: kind, folder, options.")
    features: str = Field("", description="Name of features that come with it; empty: the first, or an embedder's.")
    embedder: dict[str, Any] = Field(
        {}, description="Table of an embedder of images; empty: gabor, if there are images."
    )
    images: int = Field(
        0, ge=0, description="Learn from so many of the training images, trials of others left out; 0: all."
    )

    def check(self, task: str) -> None:
        """Raise :class:`ConfigError` if no data set is named or its table is wrong."""
        if not self.source:
            raise ConfigError(f"{task}: data.source: name a data set: kind and folder")
        plugins.configure("fmri_datasets", self.source, f"{task}: data.source")


@dataclass(frozen=True, slots=True, eq=False)
class Scanned:
    """One subject.

    Parameters
    ----------
    responses
        Standardised within sessions by training trials.
    split
        Rows; test rows are not looked at before the end.
    features
        Of all its stimuli.
    title
        Of the data set, with its licence.
    """

    responses: Responses
    split: Split
    features: Features
    title: str

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of responses and of stimuli in their order, by what they are."""
        values = hashlib.sha256(np.ascontiguousarray(self.responses.values).tobytes()).hexdigest()
        name = f"subject {self.responses.subject}"
        return {f"{name}: responses": values, f"{name}: stimuli": order_hash(self.responses.trials.stimulus)}

    @property
    def parcels(self) -> list[int]:
        """Number of each voxel's region."""
        return [int(k) for k in np.unique(self.responses.voxels.roi, return_inverse=True)[1]]

    def tokens(self, rows: Rows) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Return the tokens of trials (n, m, d)."""
        return self.features.tokens_of(self.responses.trials.stimulus[rows])


def scanned(data: FmriData, subject: str, cache: Path, seed: int = 0) -> Scanned:
    """Read a subject; empty takes the first.

    Raises
    ------
    RecordingError
        If data are missing.
    ConfigError
        If there are neither features nor images.
    """
    source: FmriDataSet = plugins.make("fmri_datasets", data.source)
    raw = source.read(subject or source.subjects()[0])
    split = _fewer(source.split(raw), raw, data.images, seed)
    responses = SessionScaling.fit(raw, split.train)(raw)
    features = _features(data, source, np.unique(raw.trials.stimulus), cache)
    return Scanned(responses, split, features, f"{source.about.title} ({source.about.licence})")


def _fewer(split: Split, raw: Responses, images: int, seed: int) -> Split:
    """Keep the trials of some images, a fifth of which choose."""
    if not images:
        return split
    stimulus = raw.trials.stimulus
    known = np.unique(stimulus[np.concatenate([split.train, split.validation])])
    if images > len(known):
        raise ConfigError(f"data.images = {images}: there are {len(known)} training images")
    drawn = np.random.default_rng(seed).permutation(known)[:images]
    choosing = np.isin(stimulus, drawn[: max(1, images // 5)])
    test = np.isin(np.arange(len(stimulus)), split.test)
    return Split.of(raw.trials, np.isin(stimulus, drawn) & ~choosing, test, choosing, split.by)


def _features(data: FmriData, source: FmriDataSet, names: np.ndarray[Any, np.dtype[np.str_]], cache: Path) -> Features:
    if isinstance(source, WithFeatures) and not data.embedder:
        return source.features(data.features)
    if not isinstance(source, WithImages):
        raise ConfigError(f"{source.about.title} has neither features nor images to embed")
    embedder = plugins.make("embedders", data.embedder or {"kind": "gabor"})
    return FeatureStore(cache, embedder).features(names, source.images(names.tolist()))
