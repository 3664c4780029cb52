"""Embeddings on the disk: found again by image, complete or not there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.fmri.embedders.gabor import Gabor
from models.fmri.feature_store import FeatureStore
from models.fmri.procedural import KINDS, N_LABELS, draw
from models.fmri.row_cache import write_npy
from pipelines.errors import RecordingError

GABOR_SHA256 = "0d0be643f5362e6d8991ab955275b7735149548f6d3a6fb55d913563ea97ed39"
"""Of the tokens of eight procedural images, rounded to 4 decimals."""


class Counting(Gabor):
    """Gabor that keeps count of the images it was shown."""

    seen = 0

    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.seen += len(images)
        return super().encode(images)


def test_gabor_tokens_are_those_of_this_version() -> None:
    tokens = np.round(Gabor(64).encode(draw(8).images).astype(np.float64), 4) + 0.0
    assert hashlib.sha256(tokens.tobytes()).hexdigest() == GABOR_SHA256, "raise Gabor.version with the numbers"


def test_gabor_energy_follows_orientation_and_scale() -> None:
    x, y = np.meshgrid(*[np.arange(64)] * 2)
    for k, angle in enumerate(np.pi * np.arange(4) / 4):
        for s, wavelength in enumerate((16, 8, 4)):
            wave = np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / wavelength)
            image = np.repeat(np.round(127.5 + 120 * wave)[..., None], 3, axis=2).astype(np.uint8)
            energies = Gabor(64).encode(image[None])[0, :, :12].mean(axis=0)
            assert int(energies.argmax()) == 4 * s + k


def test_colours_are_told_apart_where_they_are() -> None:
    image = np.full((64, 64, 3), 128, dtype=np.uint8)
    image[:16, :16] = (255, 0, 0)
    tokens = Gabor(64).encode(image[None])[0]
    red_green = tokens[:, 25]
    assert red_green[0] > 0.9
    np.testing.assert_allclose(red_green[1:], 0, atol=1e-6)


def test_images_of_any_size_are_averaged_to_the_same() -> None:
    small = draw(1, size=64).images
    large = small.repeat(3, axis=1).repeat(3, axis=2)
    np.testing.assert_allclose(Gabor(64).encode(large), Gabor(64).encode(small), atol=1e-5)


def test_procedural_images_are_those_of_their_labels() -> None:
    made, more = draw(30), draw(60)
    assert (made.images == more.images[:30]).all()
    assert made.labels.shape == (30, N_LABELS)
    assert set(more.kind) == set(KINDS)
    assert [KINDS[i] for i in made.labels[:, : len(KINDS)].argmax(axis=1)] == made.kind.tolist()


def test_an_image_is_embedded_once(tmp_path: Path) -> None:
    made, embedder = draw(10), Counting(64)
    store = FeatureStore(tmp_path, embedder)
    first = store.features(made.names[:6], made.images[:6])
    assert embedder.seen == 6
    assert first.tokens.dtype == np.float16
    assert isinstance(first.tokens, np.memmap)
    np.testing.assert_allclose(first.tokens, Gabor(64).encode(made.images[:6]), atol=4e-3)
    both = FeatureStore(tmp_path, embedder).features(made.names[::-1], made.images[::-1])
    assert embedder.seen == 10
    assert (both.tokens_of(made.names[:6]) == first.tokens_of(made.names[:6])).all()


def test_another_version_is_another_store(tmp_path: Path) -> None:
    made, embedder = draw(2), Counting(64)
    FeatureStore(tmp_path, embedder).features(made.names, made.images)
    embedder.version = "2"  # type: ignore[misc]
    FeatureStore(tmp_path, embedder).features(made.names, made.images)
    assert embedder.seen == 4


def test_what_was_interrupted_is_not_there(tmp_path: Path) -> None:
    def killed(out: NDArray[np.float32]) -> None:
        out[0] = 1.0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_npy(tmp_path / "x.npy", (3,), "<f4", killed)
    assert list(tmp_path.iterdir()) == []


def test_an_array_without_its_list_is_not_used_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    made, embedder = draw(3), Counting(64)
    store = FeatureStore(tmp_path, embedder)
    store.features(made.names, made.images)
    (listed,) = tmp_path.rglob("*.json")
    text = listed.read_text()
    listed.unlink()
    store.features(made.names, made.images)
    assert embedder.seen == 6
    listed.with_suffix(".npy").write_bytes(b"damaged")
    with pytest.raises(RecordingError, match="remove"):
        store.features(made.names, made.images)
    listed.write_text(text[:5])
    with pytest.raises(RecordingError, match=r"\.json: cannot be read"):
        store.features(made.names, made.images)
