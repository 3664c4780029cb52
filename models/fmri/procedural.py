"""Procedural images whose meaning is known: gratings, blobs, textures, coloured shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.fmri.embedder import Images
from pipelines.errors import RecordingError

KINDS = ("grating", "blobs", "texture", "disc", "square", "triangle")
N_LABELS = len(KINDS) + 8
"""Numbers that say what an image is: one for each kind, then cos and sin of orientation, frequency, x, y, RGB."""
LABEL_MEAN = np.array([1 / len(KINDS)] * len(KINDS) + [0.0] * 8)
LABEL_DEVIATION = np.array(
    [np.sqrt(5) / 6] * len(KINDS) + [np.sqrt(0.5)] * 2 + [2 * np.log(2) / np.sqrt(12)] + [0.8 / np.sqrt(12)] * 2
    + [2 / np.sqrt(12)] * 3
)  # fmt: skip
"""Of each label over all images."""


@dataclass(frozen=True, slots=True, eq=False)
class Procedural:
    """Images (n, size, size, 3) with their names, kinds (n,), and what made them (n, N_LABELS)."""

    names: NDArray[np.str_]
    images: Images
    kind: NDArray[np.str_]
    labels: NDArray[np.float64]


def draw(n: int, size: int = 64, seed: int = 0) -> Procedural:
    """Draw images; the same seed gives the same ones, and the first ones are those of a smaller ``n``."""
    kinds, labels = labels_of(n, seed)
    images = np.stack([_image(seed, i, size) for i in range(n)])
    return Procedural(names_of(n, seed), images, np.array([KINDS[k] for k in kinds]), labels)


def names_of(n: int, seed: int) -> NDArray[np.str_]:
    """Return the names of the first ``n`` images of a seed."""
    return np.array([f"procedural-{seed}-{i:05d}" for i in range(n)])


def labels_of(n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return number of the kind (n,) and labels (n, N_LABELS) without drawing the images."""
    found = [_Recipe.of(np.random.default_rng([seed, i])) for i in range(n)]
    return np.array([r.kind for r in found], dtype=np.int64), np.stack([r.labels for r in found])


def images_of(names: list[str], size: int = 64) -> Images:
    """Draw images by their names.

    Raises
    ------
    RecordingError
        If one is no name of a procedural image.
    """
    try:
        places = [tuple(int(part) for part in name.removeprefix("procedural-").split("-")) for name in names]
        return np.stack([_image(seed, i, size) for seed, i in places])
    except ValueError as exc:
        raise RecordingError(f"procedural images: no such image: {exc}") from exc


@dataclass(frozen=True, slots=True, eq=False)
class _Recipe:
    """What one image is made of."""

    kind: int
    angle: float
    frequency: float
    place: NDArray[np.float64]
    colour: NDArray[np.float64]

    @classmethod
    def of(cls, rng: np.random.Generator) -> Self:
        kind = int(rng.integers(len(KINDS)))
        angle, frequency = rng.uniform(0, np.pi), float(np.exp(rng.uniform(np.log(2), np.log(8))))
        return cls(kind, angle, frequency, rng.uniform(-0.4, 0.4, 2), rng.uniform(-1, 1, 3))

    @property
    def labels(self) -> NDArray[np.float64]:
        turned = [np.cos(2 * self.angle), np.sin(2 * self.angle), np.log(self.frequency / 4)]
        return np.concatenate([np.eye(len(KINDS))[self.kind], turned, self.place, self.colour])


def _image(seed: int, number: int, size: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng([seed, number])
    made = _Recipe.of(rng)
    y, x = np.mgrid[:size, :size] * (2 / size) - 1
    x, y = x - made.place[0], y - made.place[1]
    luminance = _pattern(rng, KINDS[made.kind], x, y, made.angle, made.frequency)
    picture = 0.5 + 0.5 * luminance[..., None] * np.clip(0.6 + 0.4 * made.colour, 0, 1)
    return np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8)


def _pattern(
    rng: np.random.Generator, kind: str, x: NDArray[Any], y: NDArray[Any], angle: float, frequency: float
) -> NDArray[np.float64]:
    """Return luminance from -1 to 1."""
    along = x * np.cos(angle) + y * np.sin(angle)
    across = -x * np.sin(angle) + y * np.cos(angle)
    if kind == "grating":
        return np.asarray(np.sin(2 * np.pi * frequency * along) * np.exp(-(x**2 + y**2) / 0.5))
    if kind == "blobs":
        centres = rng.uniform(-0.8, 0.8, (round(2 * frequency), 2))
        spots = [np.exp(-(frequency**2) * ((x - a) ** 2 + (y - b) ** 2)) for a, b in centres]
        return np.asarray(2 * np.clip(np.sum(spots, axis=0), 0, 1) - 1)
    if kind == "texture":
        waves = rng.standard_normal((16, 2)) * frequency * 3
        phases = rng.uniform(0, 2 * np.pi, 16)
        summed = sum(np.cos(a * x + b * y + p) for (a, b), p in zip(waves, phases, strict=True))
        return np.asarray(np.tanh(summed / 3))
    size = 1.2 / np.sqrt(frequency)
    if kind == "disc":
        inside = x**2 + y**2 < size**2
    elif kind == "square":
        inside = np.maximum(abs(along), abs(across)) < 0.8 * size
    else:
        inside = (across > -0.6 * size) & (across + 1.8 * abs(along) < 0.9 * size)
    return np.where(inside, 1.0, -1.0)
