"""Simulated brains that see images: everything a model is to find is known.

An image is a code e from a mixture of classes in R^p. A subject's signal is g(e) A, where A is smooth over a
two-dimensional sheet of voxels and made of directions that all subjects share and others of its own. A trial adds noise
N(0, L L' + D), correlated within regions; a session multiplies and shifts. With ``mismatch`` g is not linear and models
are not shown all of the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.fmri.joint_ridge import Laws
from models.fmri.procedural import LABEL_DEVIATION, LABEL_MEAN, N_LABELS, labels_of, names_of
from models.fmri.responses import Responses, Trials, Voxels
from pipelines.plugins import PluginSettings

Floats = NDArray[np.float64]
FIELD_WAVES = 64
"""Waves that a smooth random field is the sum of."""
N_MOMENTS = 20_000
"""Codes drawn for the covariance of g(e)."""


class WorldSettings(PluginSettings):
    """What the images and brains are like."""

    stimuli: Literal["codes", "procedural"] = Field(
        "codes", description="Codes drawn at random, or images whose standardised labels are the code."
    )
    code_dim: int = Field(64, ge=2, description="Numbers in a code drawn at random.")
    n_shared: int = Field(32, ge=1, description="Directions of the code that every subject encodes.")
    n_private: int = Field(8, ge=0, description="Directions that a subject encodes for itself.")
    private_share: float = Field(
        0.2, ge=0, lt=1, description="Share of the signal's variance along private directions."
    )
    n_classes: int = Field(20, ge=1, description="Classes of images; 1: a plain normal distribution.")
    class_share: float = Field(0.5, ge=0, lt=1, description="Share of the code's variance between classes.")
    smoothness: float = Field(0.1, ge=0, description="Length over which encodings vary, the sheet being 1; 0: none.")
    n_rois: int = Field(4, ge=1, description="Regions: strips of the sheet.")
    ncsnr: float = Field(0.6, gt=0, description="Median standard deviation of the signal over that of a trial's noise.")
    ncsnr_spread: float = Field(0.3, ge=0, description="Standard deviation of its logarithm over voxels.")
    noise_rank: int = Field(3, ge=0, description="Factors of the noise in each region.")
    noise_shared: float = Field(0.5, ge=0, lt=1, description="Share of the noise's variance in those factors.")
    session_gain: float = Field(0.1, ge=0, description="Standard deviation of the logarithm of a session's gain.")
    session_offset: float = Field(0.3, ge=0, description="Standard deviation of a session's offset, in those of noise.")
    mismatch: float = Field(0.0, ge=0, le=1, description="0: linear and fully seen; 1: no linear part is left.")
    missing: int = Field(0, ge=0, description="Numbers of the code that models are not shown.")


REFERENCE = WorldSettings(
    n_private=0, private_share=0, n_classes=1, class_share=0, smoothness=0, n_rois=1, ncsnr=32**0.5 / 3, ncsnr_spread=0,
    noise_rank=0, noise_shared=0, session_gain=0, session_offset=0,
)  # fmt: skip
"""Normal codes, independent encodings of 32 shared directions, independent noise of standard deviation 3."""


@dataclass(frozen=True, slots=True, eq=False)
class Scenes:
    """Images: names (n,), codes (n, code_dim) and classes (n,)."""

    names: NDArray[np.str_]
    code: Floats
    label: NDArray[np.int64]

    def __getitem__(self, index: NDArray[np.integer] | slice) -> Scenes:
        return Scenes(self.names[index], self.code[index], self.label[index])

    def __len__(self) -> int:
        return len(self.names)


class World:
    """Images and the brains that see them; the same seed gives the same ones."""

    def __init__(self, settings: WorldSettings | None = None, seed: int = 0) -> None:
        self.settings = settings or WorldSettings()
        self.seed = seed
        procedural = self.settings.stimuli == "procedural"
        self.code_dim = p = N_LABELS if procedural else self.settings.code_dim
        rng = np.random.default_rng([seed, 0])
        self._basis = np.linalg.qr(rng.standard_normal((p, p)))[0]
        self._centres = rng.standard_normal((self.settings.n_classes, p))
        self._bend = rng.standard_normal((p, p)) * (2.0 / np.sqrt(p))
        self._phase = rng.uniform(0, 2 * np.pi, p)

    def scenes(self, n: int, seed: int = 0, prefix: str = "image") -> Scenes:
        """Draw images; another prefix or seed gives others."""
        rng = np.random.default_rng([self.seed, 1, seed, *prefix.encode()])
        s = self.settings
        if s.stimuli == "procedural":
            drawn = int(rng.integers(2**31))
            kinds, labels = labels_of(n, drawn)
            return Scenes(names_of(n, drawn), (labels - LABEL_MEAN) / LABEL_DEVIATION, kinds)
        label = rng.integers(0, s.n_classes, n)
        code = np.sqrt(s.class_share) * self._centres[label]
        code = code + np.sqrt(1 - s.class_share) * rng.standard_normal((n, s.code_dim))
        return Scenes(np.array([f"{prefix}-{seed}-{i:05d}" for i in range(n)]), code, label)

    def drive(self, code: Floats) -> Floats:
        """Return g(e) (n, code_dim): what brains encode of a code."""
        if (m := self.settings.mismatch) == 0:
            return code
        bent = np.sin(code @ self._bend + self._phase)
        return np.asarray(np.sqrt(1 - m) * code + np.sqrt(2 * m) * bent, dtype=np.float64)

    def seen(self, code: Floats) -> NDArray[np.float32]:
        """Return the features that models get (n, 1, code_dim - missing) as tokens."""
        return code[:, None, : self.code_dim - self.settings.missing].astype(np.float32)

    @cached_property
    def drive_covariance(self) -> Floats:
        """Covariance of g(e) (code_dim, code_dim), from many codes."""
        drive = self.drive(self.scenes(N_MOMENTS, prefix="moments").code)
        return np.asarray(np.cov(drive.T), dtype=np.float64)

    def brain(self, number: int, n_voxels: int = 600) -> Brain:
        """Make a subject: the same number and size give the same one."""
        rng = np.random.default_rng([self.seed, 2, number, n_voxels])
        s = self.settings
        xy = _sheet(n_voxels)
        roi = np.minimum((xy[:, 0] * s.n_rois).astype(int), s.n_rois - 1)
        n_shared = min(s.n_shared, self.code_dim)
        shared = self._basis[:, :n_shared] @ _fields(rng, n_shared, xy, s.smoothness)
        rest = self._basis[:, n_shared:]
        n_own = min(s.n_private, rest.shape[1])
        own = rest @ np.linalg.qr(rng.standard_normal((rest.shape[1], n_own)))[0] if n_own else rest[:, :0]
        private = own @ _fields(rng, n_own, xy, s.smoothness)
        encoding = np.sqrt(1 - s.private_share) * shared / np.sqrt(n_shared)
        if n_own:
            encoding = encoding + np.sqrt(s.private_share / n_own) * private
        deviation = np.exp(s.ncsnr_spread * rng.standard_normal(n_voxels)) / s.ncsnr
        factors = np.zeros((n_voxels, s.noise_rank * s.n_rois))
        for k in range(s.n_rois if s.noise_rank else 0):
            inside = roi == k
            found = rng.standard_normal((inside.sum(), s.noise_rank))
            found /= np.linalg.norm(found, axis=1, keepdims=True)
            factors[inside, k * s.noise_rank : (k + 1) * s.noise_rank] = found
        share = s.noise_shared if s.noise_rank else 0.0
        factors *= np.sqrt(share) * deviation[:, None]
        return Brain(self, number, encoding, factors, (1 - share) * deviation**2, roi, xy)


@dataclass(frozen=True, slots=True, eq=False)
class Brain:
    """One simulated subject.

    Parameters
    ----------
    encoding
        A (code_dim, n_voxels).
    noise_factors, noise_diagonal
        L (n_voxels, n_factors) and the diagonal of D (n_voxels,).
    roi, xy
        Number of each voxel's region (n_voxels,) and its place on the sheet (n_voxels, 2), 0 to 1.
    """

    world: World
    number: int
    encoding: Floats
    noise_factors: Floats
    noise_diagonal: Floats
    roi: NDArray[np.int64]
    xy: Floats

    def signal(self, scenes: Scenes) -> Floats:
        """Return the response without noise (n, n_voxels)."""
        return self.world.drive(scenes.code) @ self.encoding

    def trials(self, scenes: Scenes, seed: int = 0) -> Floats:
        """Return one noisy trial of each image (n, n_voxels), without gains and offsets of sessions."""
        rng = np.random.default_rng([self.world.seed, 3, self.number, seed])
        n = len(scenes)
        correlated = rng.standard_normal((n, self.noise_factors.shape[1])) @ self.noise_factors.T
        own = rng.standard_normal((n, len(self.noise_diagonal))) * np.sqrt(self.noise_diagonal)
        return self.signal(scenes) + correlated + own

    @property
    def noise_covariance(self) -> Floats:
        """Covariance of one trial's noise (n_voxels, n_voxels)."""
        return self.noise_factors @ self.noise_factors.T + np.diag(self.noise_diagonal)

    @property
    def signal_covariance(self) -> Floats:
        """Covariance of the signal across images (n_voxels, n_voxels)."""
        return self.encoding.T @ self.world.drive_covariance @ self.encoding

    @property
    def laws(self) -> Laws:
        """What encodings of all brains of this world are drawn from, and this one's noise.

        Covariances are exact; fields over the sheet are sums of waves, nearly normal.
        """
        s, basis = self.world.settings, self.world._basis
        n_shared = min(s.n_shared, self.world.code_dim)
        n_rest = self.world.code_dim - n_shared
        own = s.private_share / n_rest if n_rest and s.n_private else 0.0
        power = np.r_[np.full(n_shared, (1 - s.private_share) / n_shared), np.full(n_rest, own)]
        square = ((self.xy[:, None] - self.xy) ** 2).sum(axis=-1)
        near = np.exp(-square / (2 * s.smoothness**2)) if s.smoothness else np.eye(len(self.xy))
        return Laws((basis * power) @ basis.T, near, self.noise_covariance)

    @property
    def ncsnr(self) -> Floats:
        """Standard deviation of the signal over that of a trial's noise (n_voxels,)."""
        return np.sqrt(np.diag(self.signal_covariance) / np.diag(self.noise_covariance))

    def transfer_to(self, other: Brain) -> Floats:
        """Return the best linear map of this subject's trials to another's signal (n_voxels, n_voxels of the other)."""
        cross = self.encoding.T @ self.world.drive_covariance @ other.encoding
        return np.asarray(np.linalg.solve(self.signal_covariance + self.noise_covariance, cross), dtype=np.float64)

    def responses(self, scenes: Scenes, n_repeats: int = 1, n_sessions: int = 1, seed: int = 0) -> Responses:
        """Return each image ``n_repeats`` times in random order, over sessions with a gain and an offset each."""
        rng = np.random.default_rng([self.world.seed, 4, self.number, seed])
        order = rng.permutation(np.repeat(np.arange(len(scenes)), n_repeats))
        session = np.arange(len(order)) * n_sessions // len(order)
        s, shape = self.world.settings, (n_sessions, len(self.roi))
        gain = np.exp(s.session_gain * rng.standard_normal(shape))
        offset = s.session_offset * np.sqrt(np.diag(self.noise_covariance)) * rng.standard_normal(shape)
        values = gain[session] * self.trials(scenes[order], seed) + offset[session]
        onset = 4.0 * (np.arange(len(order)) - np.searchsorted(session, session))
        trials = Trials.of(scenes.names[order], (session + 1).astype(str), onset, onset + 3.0)
        xyz = np.column_stack([100.0 * self.xy, np.zeros(len(self.xy))])
        voxels = Voxels.of([f"ROI{k + 1}" for k in self.roi], xyz, self.ncsnr)
        return Responses(f"{self.number:02d}", voxels, trials, values.astype(np.float32))


def _sheet(n: int) -> Floats:
    """Return places on a square grid, row by row (n, 2)."""
    side = int(np.ceil(np.sqrt(n)))
    return np.asarray(np.column_stack(np.divmod(np.arange(n), side)) / side, dtype=np.float64)


def _fields(rng: np.random.Generator, n: int, xy: Floats, length: float) -> Floats:
    """Return random fields of unit variance over the sheet (n, n_voxels), of Gaussian correlation length ``length``."""
    if length == 0 or n == 0:
        return rng.standard_normal((n, len(xy)))
    waves = rng.standard_normal((n, FIELD_WAVES, 2)) / length
    phase = rng.uniform(0, 2 * np.pi, (n, FIELD_WAVES, 1))
    amplitude = rng.standard_normal((n, FIELD_WAVES, 1))
    summed = (amplitude * np.cos(waves @ xy.T + phase)).sum(axis=1)
    return np.asarray(np.sqrt(2 / FIELD_WAVES) * summed, dtype=np.float64)
