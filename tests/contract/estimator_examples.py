"""Simulated problems, each with one effect, and for every estimator a problem that it must solve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.plugins import make

RATE_HZ, N_CHANNELS, N_TIMES = 128.0, 4, 256
CHANNELS = ("Fz", "C3", "O1", "O2")
SECONDS = np.arange(N_TIMES) / RATE_HZ
FLICKER_HZ = (13.0, 17.0, 21.0)
N_ITEMS = 12
ITEMS = np.random.default_rng(77).standard_normal((N_ITEMS, 3))


@dataclass(frozen=True, slots=True)
class Problem:
    """Windows (n, n_channels, n_times) in µV, and what they are; half to learn from, half to be judged on."""

    X: NDArray[np.float32]
    y: NDArray[Any]

    @property
    def train(self) -> tuple[NDArray[np.float32], NDArray[Any]]:
        return self.X[::2], self.y[::2]

    @property
    def test(self) -> tuple[NDArray[np.float32], NDArray[Any]]:
        return self.X[1::2], self.y[1::2]


def background(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Noise of 5 µV, shared in part."""
    return 5.0 * (rng.standard_normal((n, N_CHANNELS, N_TIMES)) + rng.standard_normal((n, 1, N_TIMES)))


def alpha(rng: np.random.Generator, amplitude_uv: NDArray[np.float64]) -> NDArray[np.float64]:
    """Posterior 10 Hz of any phase, one amplitude a window."""
    phase = rng.uniform(0, 2 * np.pi, (len(amplitude_uv), 1, 1))
    wave = np.sin(2 * np.pi * 10.0 * SECONDS + phase)
    return amplitude_uv[:, None, None] * wave * np.array([0.1, 0.3, 1.0, 1.0])[:, None]


def shuffled(rng: np.random.Generator, n: int, labels: tuple[Any, ...]) -> NDArray[Any]:
    """Every label equally often among the even and among the odd windows, in no order."""
    half = np.resize(np.array(labels), n // 2)
    y = np.empty(n, dtype=half.dtype)
    y[::2], y[1::2] = rng.permutation(half), rng.permutation(half)
    return y


def rhythm(seed: int = 0, n: int = 96, gain: float = 1.0) -> Problem:
    """Alpha is stronger at rest than in the task."""
    rng = np.random.default_rng(seed)
    y = shuffled(rng, n, ("rest", "task"))
    level = np.where(y == "rest", 10.0, 4.0) * rng.uniform(0.8, 1.2, n)
    return Problem((gain * (background(rng, n) + alpha(rng, level))).astype(np.float32), y)


def potential(seed: int = 0, n: int = 96) -> Problem:
    """A deflection at 0.3 s after a target, another one after others."""
    rng = np.random.default_rng(seed)
    y = shuffled(rng, n, (0, 1))
    early, late = (np.exp(-0.5 * ((SECONDS - at) / 0.05) ** 2) for at in (0.15, 0.3))
    answer = np.where((y == 1)[:, None], 8.0 * late, 5.0 * early)[:, None] * np.array([1.0, 0.8, -0.3, 0.2])[:, None]
    return Problem((background(rng, n) + answer).astype(np.float32), y)


def flicker(seed: int = 0, n: int = 72) -> Problem:
    """Answers to three frequencies, locked to the phase of the light."""
    rng = np.random.default_rng(seed)
    y = shuffled(rng, n, tuple(range(len(FLICKER_HZ))))
    phases = np.linspace(0.0, 1.0, N_CHANNELS)[:, None]
    angle = 2 * np.pi * np.array(FLICKER_HZ)[y][:, None, None] * SECONDS + phases
    return Problem((background(rng, n) + 4.0 * np.sin(angle) + 2.0 * np.sin(2 * angle)).astype(np.float32), y)


def drowsiness(seed: int = 0, n: int = 96) -> Problem:
    """A number grows with the logarithm of alpha."""
    rng = np.random.default_rng(seed)
    y = rng.uniform(0.0, 1.0, n)
    return Problem((background(rng, n) + alpha(rng, 3.0 * np.exp(1.5 * y))).astype(np.float32), y)


def pictures(seed: int = 0, n: int = 240) -> Problem:
    """The deflection's shape is a mixture of what is known of the picture."""
    rng = np.random.default_rng(seed)
    y = shuffled(rng, n, tuple(range(N_ITEMS)))
    shapes = np.stack([np.exp(-0.5 * ((SECONDS - at) / 0.08) ** 2) for at in (0.3, 0.7, 1.1)])
    answer = 6.0 * np.einsum("nf,ft,c->nct", ITEMS[y], shapes, np.array([1.0, 0.5, -0.5, 0.2]))
    return Problem((background(rng, n) + answer).astype(np.float32), y)


@dataclass(frozen=True, slots=True)
class Example:
    """How an estimator is made, what it must solve, and how well (accuracy, or R² for numbers)."""

    problem: Callable[[], Problem]
    floor: float
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def build(self, kind: str) -> Any:
        """Make it as the benchmark does: rate, channels and seed go to the parameters of these names."""
        estimator = make("estimators", {"kind": kind, **self.settings})
        given = {"rate_hz": RATE_HZ, "channels": CHANNELS, "random_state": 0, **self.parameters}
        known = estimator.get_params()
        return estimator.set_params(**{name: value for name, value in given.items() if name in known})


BANDS_HZ = ((4.0, 8.0), (8.0, 13.0), (13.0, 30.0))

EXAMPLES: dict[str, Example] = {
    "bandpower_lda": Example(rhythm, 0.85),
    "bandpower_lr": Example(rhythm, 0.85),
    "chance": Example(rhythm, 0.5),
    "csp_lda": Example(rhythm, 0.85),
    "ensemble_rest": Example(rhythm, 0.85, {"members": ("bandpower", "tangent", "distance"), "bands_hz": BANDS_HZ}),
    "fbcca": Example(flicker, 0.85, {"frequencies_hz": FLICKER_HZ, "sub_bands": 2, "harmonics": 2, "high_hz": 60.0}),
    "fbcsp_lda": Example(rhythm, 0.85, {"bands_hz": BANDS_HZ}),
    "mean_predictor": Example(drowsiness, -0.1),
    "retrieval_ridge": Example(pictures, 0.4, parameters={"item_features": ITEMS}),
    "ridge": Example(drowsiness, 0.5),
    "riemann_mdm": Example(rhythm, 0.75, {"band_hz": (8.0, 13.0)}),
    "riemann_rest": Example(rhythm, 0.85, {"bands_hz": BANDS_HZ}),
    "riemann_tangent": Example(rhythm, 0.75, {"C": 1.0}),
    "sklearn": Example(rhythm, 0.85, {"estimator": "sklearn.ensemble.RandomForestClassifier"}),
    "ssvep_cca": Example(flicker, 0.85, {"frequencies_hz": FLICKER_HZ}),
    "trca": Example(flicker, 0.85),
    "xdawn_lda": Example(potential, 0.85),
    "xdawn_tangent": Example(potential, 0.85),
}
"""By kind; a new estimator joins here."""


@cache
def problem(kind: str) -> Problem:
    """Return the problem of a kind; nobody may write to it."""
    found = EXAMPLES[kind].problem()
    found.X.flags.writeable = found.y.flags.writeable = False
    return found


@cache
def fitted(kind: str) -> Any:
    """Return one fitted estimator for all laws that only ask it."""
    return EXAMPLES[kind].build(kind).fit(*problem(kind).train)


def crowd(count: int = 5) -> tuple[Problem, NDArray[np.str_], dict[str, NDArray[np.float32]]]:
    """People of very different amplitude: their windows, whose each is, and rest of each."""
    rng = np.random.default_rng(1)
    gains = np.exp(rng.uniform(-1.5, 1.5, count))
    parts = [rhythm(10 + k, 32, gain) for k, gain in enumerate(gains)]
    people = np.repeat([f"p{k}" for k in range(count)], 32)
    rest = {f"p{k}": resting(50 + k, gain) for k, gain in enumerate(gains)}
    return Problem(np.concatenate([p.X for p in parts]), np.concatenate([p.y for p in parts])), people, rest


def resting(seed: int, gain: float = 1.0, n: int = 10) -> NDArray[np.float32]:
    """Rest of somebody."""
    rng = np.random.default_rng(seed)
    return (gain * (background(rng, n) + alpha(rng, 10.0 * rng.uniform(0.8, 1.2, n)))).astype(np.float32)
