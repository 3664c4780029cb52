"""Procedural images whose meaning is known: gratings, blobs, textures, coloured shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.fmri.embedder import Images

KINDS = ("grating", "blobs", "texture", "disc", "square", "triangle")
N_LABELS = len(KINDS) + 8
"""Numbers that say what an image is: one for each kind, then cos and sin of orientation, frequency, x, y, RGB."""


@dataclass(frozen=True, slots=True, eq=False)
class Procedural:
    """Images (n, size, size, 3) with their names, kinds (n,), and what made them (n, N_LABELS)."""

    names: NDArray[np.str_]
    images: Images
    kind: NDArray[np.str_]
    labels: NDArray[np.float64]


def draw(n: int, size: int = 64, seed: int = 0) -> Procedural:
    """Draw images; the same seed gives the same ones, and the first ones are those of a smaller ``n``."""
    made = [_one(np.random.default_rng([seed, i]), size) for i in range(n)]
    names = np.array([f"procedural-{seed}-{i:05d}" for i in range(n)])
    kinds = np.array([KINDS[k] for k, _, _ in made])
    return Procedural(
        names, np.stack([image for _, image, _ in made]), kinds, np.stack([label for _, _, label in made])
    )


def _one(rng: np.random.Generator, size: int) -> tuple[int, NDArray[np.uint8], NDArray[np.float64]]:
    kind = int(rng.integers(len(KINDS)))
    angle, frequency = rng.uniform(0, np.pi), np.exp(rng.uniform(np.log(2), np.log(8)))
    x0, y0 = rng.uniform(-0.4, 0.4, 2)
    colour = rng.uniform(-1, 1, 3)
    y, x = np.mgrid[:size, :size] * (2 / size) - 1
    luminance = _pattern(rng, KINDS[kind], x - x0, y - y0, angle, frequency)
    picture = 0.5 + 0.5 * luminance[..., None] * np.clip(0.6 + 0.4 * colour, 0, 1)
    one_hot = np.eye(len(KINDS))[kind]
    numbers = [np.cos(2 * angle), np.sin(2 * angle), np.log(frequency / 4), x0, y0, *colour]
    return kind, np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8), np.concatenate([one_hot, numbers])


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
