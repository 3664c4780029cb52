"""Laws of every image embedder, shipped or installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.torch import save_file

from models.fmri.embedder import ImageEmbedder
from models.fmri.procedural import draw
from pipelines import plugins
from pipelines.errors import ConfigError, MissingDependency

KINDS = plugins.names("embedders")
BORROWED = {"open_clip": "open_clip", "timm": "timm"}
"""Embedders that are other packages' models, with weights of the user's."""
ARCHITECTURES = {
    "timm": ["vit_tiny_patch16_224", "resnet18", "swin_tiny_patch4_window7_224"],
    "open_clip": ["ViT-B-32", "RN50"],
}
"""Each lays its tokens out in another way. They get random weights: nothing is downloaded."""


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


@pytest.mark.parametrize("model", ARCHITECTURES["timm"])
def test_backbones_of_timm_give_a_token_for_each_place(model: str, tmp_path: Path) -> None:
    timm = pytest.importorskip("timm", reason="timm is not installed")
    tokens = _tokens_with_random_weights("timm", model, timm.create_model(model, pretrained=False), tmp_path)
    assert tokens.shape[1] >= 49


@pytest.mark.parametrize("model", ARCHITECTURES["open_clip"])
def test_towers_of_open_clip_give_tokens_or_say_that_they_cannot(model: str, tmp_path: Path) -> None:
    open_clip = pytest.importorskip("open_clip", reason="open_clip_torch is not installed")
    made = open_clip.create_model(model, pretrained=None)
    assert _tokens_with_random_weights("open_clip", model, made, tmp_path, pooled=True).shape[1] == 1
    if model.startswith("ViT"):
        assert _tokens_with_random_weights("open_clip", model, made, tmp_path).shape[1] == 49
    else:
        with pytest.raises(ConfigError, match="pooled = true"):
            _tokens_with_random_weights("open_clip", model, made, tmp_path)


def _tokens_with_random_weights(
    kind: str, model: str, made: Any, folder: Path, **settings: bool
) -> NDArray[np.float32]:
    """Write weights, read them through the embedder, hold it to the laws; return the tokens of six images."""
    file = folder / "weights.safetensors"
    save_file({name: tensor.contiguous().clone() for name, tensor in made.state_dict().items()}, file)
    embedder: ImageEmbedder = plugins.make(
        "embedders", {"kind": kind, "model": model, "weights": str(file), **settings}
    )
    images = draw(6).images
    tokens = embedder.encode(images)
    assert tokens.shape == (6, embedder.n_tokens, embedder.dim)
    assert np.isfinite(tokens).all()
    assert tokens.std() > 0
    assert abs(embedder.encode(images[::-1])[::-1] - tokens).max() < 1e-4
    assert embedder.encode(images[:0]).shape == (0, embedder.n_tokens, embedder.dim)
    return tokens


@pytest.mark.parametrize("kind", list(BORROWED))
def test_borrowed_backbones_say_what_they_need(kind: str) -> None:
    there = importlib.util.find_spec(BORROWED[kind]) is not None
    with pytest.raises(ConfigError if there else MissingDependency, match="weights" if there else "pip install"):
        plugins.make("embedders", {"kind": kind})
