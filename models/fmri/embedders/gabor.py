"""Oriented energy and colour opponents on a 4 × 4 grid: 16 tokens of 32 numbers, no download.

The luminance passes complex Gabor filters of four orientations and three scales, an octave apart; their magnitude is
the energy of a quadrature pair (Adelson and Bergen 1985). A token holds, of its cell, the mean energies (12), their
standard deviations (12), and mean and deviation of luminance, red-green, blue-yellow and saturation (8). Energies are
compressed as logarithms. Computed in double precision by FFT; a test holds it to its hash.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.fft import fft2, fftfreq, ifft2

from models.fmri.embedder import Images
from pipelines.plugins import PluginSettings

GRID = 4
ORIENTATIONS = 4
WAVELENGTHS = (0.25, 0.125, 0.0625)
"""Of the scales, as shares of the image's side."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
BANDWIDTH = 0.56
"""Standard deviation of a filter's envelope over its wavelength: one octave."""
FLOOR = 1e-3


class Settings(PluginSettings):
    """The size images are brought to."""

    size: int = Field(64, ge=32, multiple_of=4, description="Side of the square an image is averaged to (pixels).")


class Gabor:
    """Fixed filters."""

    version = "1"
    n_tokens = GRID * GRID
    dim = 2 * ORIENTATIONS * len(WAVELENGTHS) + 8

    def __init__(self, size: int) -> None:
        self._size = size
        self.name = f"gabor-{size}"

    def encode(self, images: Images) -> NDArray[np.float32]:
        """Return tokens of each image on its own."""
        if not len(images):
            return np.zeros((0, self.n_tokens, self.dim), dtype=np.float32)
        return np.stack([self._tokens(image) for image in images]).astype(np.float32)

    def _tokens(self, image: NDArray[np.uint8]) -> NDArray[np.float64]:
        rgb = _square(image.astype(np.float64) / 255.0, self._size)
        luminance = rgb @ LUMINANCE
        centred = luminance - luminance.mean()
        # Twice the size, reflected: edges of the image are not edges of the picture.
        spectrum = fft2(np.pad(centred, self._size // 2, mode="symmetric"))
        inner = slice(self._size // 2, self._size // 2 + self._size)
        energy = np.abs(ifft2(spectrum * _bank(2 * self._size), axes=(1, 2)))[:, inner, inner]
        red, green, blue = np.moveaxis(rgb, 2, 0)
        saturation = rgb.max(axis=2) - rgb.min(axis=2)
        colour = np.stack([luminance, red - green, blue - 0.5 * (red + green), saturation])
        mean, deviation = _cells(np.log(energy + FLOOR) - np.log(FLOOR))
        colour_mean, colour_deviation = _cells(colour)
        return np.concatenate([mean, deviation, colour_mean, colour_deviation]).reshape(self.dim, -1).T


@lru_cache(maxsize=4)
def _bank(size: int) -> NDArray[np.float64]:
    """Return transfer functions (n_filters, size, size) of filters that pass positive frequencies alone."""
    fy, fx = np.meshgrid(fftfreq(size), fftfreq(size), indexing="ij")
    filters = []
    for wavelength in WAVELENGTHS:
        pixels = wavelength * size / 2  # the padded side is twice the image's
        spread = 1.0 / (2 * np.pi * BANDWIDTH * pixels)
        for k in range(ORIENTATIONS):
            angle = np.pi * k / ORIENTATIONS
            cx, cy = np.cos(angle) / pixels, np.sin(angle) / pixels
            filters.append(np.exp(-((fx - cx) ** 2 + (fy - cy) ** 2) / (2 * spread**2)))
    return np.stack(filters)


def _cells(maps: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation (n_maps, GRID, GRID) of maps in the cells of the grid."""
    n, size, _ = maps.shape
    cells = maps.reshape(n, GRID, size // GRID, GRID, size // GRID)
    return cells.mean(axis=(2, 4)), cells.std(axis=(2, 4))


def _square(rgb: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Average an image to (size, size, 3): each pixel is the mean of the area under it."""
    height, width, _ = rgb.shape
    small = np.einsum("ih,hwc,jw->ijc", _areas(height, size), rgb, _areas(width, size), optimize=True)
    return np.asarray(small, dtype=np.float64)


@lru_cache(maxsize=16)
def _areas(length: int, size: int) -> NDArray[np.float64]:
    """Return the share (size, length) that each old pixel has in each new one."""
    edges = np.linspace(0, length, size + 1)
    low, high = edges[:-1, None], edges[1:, None]
    at = np.arange(length)
    overlap = np.clip(np.minimum(high, at + 1) - np.maximum(low, at), 0, None)
    return np.asarray(overlap / (high - low))


def build(settings: Settings) -> Gabor:
    """Make the embedder."""
    return Gabor(settings.size)
