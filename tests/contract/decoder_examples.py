"""Simulated people with a real effect, and one working example of every decoder that can be made without downloads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.checkpoints import TRUST_PREFIX, Card, Training, load_decoder, save, spec_table
from models.conformal import ConformalSets
from models.cross_spectra import CrossSpectra
from models.decoder import Decoder, DecoderSpec
from models.estimator_checkpoint import new_estimator, save_estimator
from models.familiarity import Familiarity
from models.rest_features import RestFeatures
from models.selective import RiskCoverage
from models.training.held_out import fit_held_out
from models.training.workload import Person
from models.trust import Trust
from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec, Window

RATE_HZ, WINDOW_S = 128.0, 2.0
N_SAMPLES = round(RATE_HZ * WINDOW_S)
CHANNELS = ("Fz", "C3", "O1", "O2")
BANDS_HZ = ((4.0, 8.0), (8.0, 13.0), (13.0, 30.0))
CLASSES = ("rest", "task")
SPEC = StreamSpec(RATE_HZ, tuple(Channel(name) for name in CHANNELS), "simulated")


def samples(rng: np.random.Generator, alpha_uv: float, n_samples: int = N_SAMPLES) -> np.ndarray:
    """Noise of 5 uV, shared in part, and posterior alpha; float32 (n_samples, 4)."""
    noise = rng.standard_normal((n_samples, 4)) + rng.standard_normal((n_samples, 1))
    t = np.arange(n_samples) / RATE_HZ
    alpha = np.sin(2 * np.pi * 10.0 * t + rng.uniform(0, 2 * np.pi))
    return (5.0 * noise + alpha_uv * np.outer(alpha, [0.1, 0.3, 1.0, 1.0])).astype(np.float32)


def window(rows: np.ndarray, index: int, rate_hz: float = RATE_HZ) -> Window:
    """Window number ``index``; windows overlap by half."""
    first = index * (len(rows) // 2)
    times_s = (first + np.arange(len(rows))) / rate_hz
    return Window(rows, times_s, first, np.zeros(len(rows), np.uint8), window_index=index)


def windows(seed: int, alpha_uv: float, count: int) -> list[Window]:
    """Windows with alpha of about a given amplitude, which wanders by a fifth."""
    rng = np.random.default_rng(seed)
    return [window(samples(rng, alpha_uv * rng.uniform(0.8, 1.2)), index) for index in range(count)]


def covariances(seed: int) -> np.ndarray:
    """Sixteen windows of rest, then of the task, in which alpha halves; how strong it is differs between people."""
    alpha_uv = float(np.random.default_rng(seed).uniform(8.0, 30.0))
    spectra = CrossSpectra(RATE_HZ, N_SAMPLES, BANDS_HZ, 3)
    parts = [windows(seed + part, alpha_uv / (1 + part), 16) for part in (0, 1)]
    return np.array([spectra.covariances(w.samples) for part in parts for w in part])


def person(seed: int, *, tangent: bool) -> Person:
    """The same relative to eight windows of rest."""
    measured = covariances(seed)
    return Person(seed, RestFeatures(measured[:8], tangent=tangent)(measured[8:]), np.repeat([0, 1], [8, 16]))


def checkpoint(folder: Path, kind: str, *, trusted: bool = False) -> Path:
    """Train a small decoder on simulated people, six or, to know how far it may be believed, twenty, and write it."""
    seeds = [10 * seed for seed in range(1, 21 if trusted else 7)]
    people = [person(seed, tangent=kind == "riemann") for seed in seeds]
    head, held_out = fit_held_out(people, people, 1e-2)
    spec = DecoderSpec(f"example-{kind}", CLASSES, WINDOW_S, RATE_HZ, CHANNELS, calibration_s=10.0)
    settings = {"bands_hz": [list(band) for band in BANDS_HZ], "n_tapers": 3}
    card = Card(kind=kind, spec=spec_table(spec), settings=settings, calibration=head.calibration.to_dict())
    tensors = {"weights": head.weights, "bias": np.array([head.bias])}
    if trusted:
        p = [np.column_stack([1 - q, q]) for q in map(head.calibration.apply, held_out.scores)]
        trust = Trust(
            ConformalSets.fit(p, held_out.labels, 0.1),
            RiskCoverage.of(p, held_out.labels),
            Familiarity.fit([covariances(seed) for seed in seeds], 0.98),
            BANDS_HZ,
            3,
        )
        card = card.model_copy(update={"trust": trust.table()})
        tensors |= {f"{TRUST_PREFIX}{name}": tensor for name, tensor in trust.tensors().items()}
    return save(folder, card, tensors)


def _trusted(folder: Path) -> Decoder:
    return load_decoder(str(checkpoint(folder / "trusted", "riemann", trusted=True)))


def _trained(kind: str) -> Callable[[Path], Decoder]:
    def build(folder: Path) -> Decoder:
        where = str(checkpoint(folder / kind, kind))
        decoder: Decoder = make("decoders", {"kind": kind, "checkpoint": where, "bands_hz": BANDS_HZ, "n_tapers": 3})
        return decoder

    return build


def _own_run(folder: Path) -> Decoder:
    """Fit an estimator on one simulated person, write it, and read it back."""
    table = {"kind": "bandpower_lr", "bands_hz": BANDS_HZ}
    shown = [w.samples.T for part in (0, 1) for w in windows(7 + part, 20.0 / (1 + part), 16)]
    estimator = new_estimator(table, SPEC).fit(np.stack(shown), np.repeat([0, 1], 16))
    spec = DecoderSpec("example-estimator", CLASSES, WINDOW_S, RATE_HZ, CHANNELS)
    written = save_estimator(folder / "own", estimator, table, spec, training=Training(), metrics={})
    return load_decoder(str(written))


def _untrained(kind: str) -> Callable[[Path], Decoder]:
    def build(folder: Path) -> Decoder:
        decoder: Decoder = make("decoders", {"kind": kind, "window_s": WINDOW_S})
        return decoder

    return build


EXAMPLES: dict[str, Callable[[Path], Decoder]] = {
    "alpha": _untrained("alpha"),
    "bandpower": _trained("bandpower"),
    "estimator": _own_run,
    "riemann": _trained("riemann"),
    "ssvep_cca": _untrained("ssvep_cca"),
    # Not a plug-in, but what every decoder of a checkpoint becomes whose card knows how far it may be believed.
    "trusted": _trusted,
}
