"""Laws of every image embedder, shipped or installed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from models.fmri.embedder import ImageEmbedder
from models.fmri.procedural import draw
from pipelines import plugins
from pipelines.errors import ConfigError, MissingDependency

KINDS = plugins.names("embedders")
BORROWED = {"open_clip": "open_clip", "timm": "timm"}
"""Embedders that are other packages' models, with weights of the user's."""


@pytest.mark.parametrize("kind", KINDS)
def test_settings_have_defaults_and_say_what_they_are(kind: str) -> None:
    _, settings = plugins.configure("embedders", {"kind": kind})
    assert [name for name, field in type(settings).model_fields.items() if not field.description] == []


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in BORROWED])
def test_an_image_has_the_same_tokens_alone_and_among_others(kind: str) -> None:
    embedder: ImageEmbedder = plugins.make("embedders", {"kind": kind})
    images = draw(6).images
    tokens = embedder.encode(images)
    assert tokens.shape == (6, embedder.n_tokens, embedder.dim)
    assert tokens.dtype == np.float32
    assert (embedder.encode(images[::-1]) == tokens[::-1]).all()
    assert (embedder.encode(images[2:3]) == tokens[2:3]).all()
    assert len(embedder.encode(images[:0])) == 0


@pytest.mark.parametrize("kind", list(BORROWED))
def test_borrowed_backbones_say_what_they_need(kind: str) -> None:
    there = importlib.util.find_spec(BORROWED[kind]) is not None
    with pytest.raises(ConfigError if there else MissingDependency, match="weights" if there else "pip install"):
        plugins.make("embedders", {"kind": kind})
