"""CSBrain relative to rest: trained on aligned windows, and frozen as a member of the stack."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from models.csbrain.frozen import frozen_features
from models.csbrain.montages import montage_of
from models.csbrain.network import CSBrain
from models.estimator import PersonAdaptive
from pipelines.errors import ConfigError, ModelError
from pipelines.plugins import make

NAMES = ("Fp1", "Fp2", "C3", "C4", "O1", "O2")
SIZE = {"n_layers": 1, "d_model": 40, "n_heads": 4, "d_ff": 40}
TRAINING = {"epochs": 8, "batch_size": 16, "learning_rate": 5e-3, "warmup_epochs": 0, "people_aside": 1}


def windows(seed: int, n: int, gain: float, level_uv: float) -> np.ndarray:
    """Noise of 15 µV with 8 to 12 Hz of its own on O1 and O2."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 15, (n, 6, 400))
    spectrum = np.fft.rfft(rng.standard_normal((n, 2, 400)))
    frequencies = np.fft.rfftfreq(400, 1 / 200)
    x[:, 4:] += level_uv * 3 * np.fft.irfft(spectrum * ((frequencies >= 8) & (frequencies <= 12)), 400)
    return (gain * x).astype(np.float32)


def crowd(n_people: int = 8):
    """People of different amplitude: rest of everybody, and windows of rest and work."""
    x, y, who, rest = [], [], [], {}
    for k in range(n_people):
        gain = float(np.exp(np.random.default_rng(k).uniform(-1, 1)))
        x += [windows(10 * k, 16, gain, 30.0), windows(10 * k + 1, 16, gain, 3.0)]
        y += [0] * 16 + [1] * 16
        who += [f"p{k}"] * 32
        rest[f"p{k}"] = windows(10 * k + 2, 8, gain, 30.0)
    return np.concatenate(x), np.array(y), np.array(who), rest


def estimator(kind: str = "csbrain_rest", **settings):
    made = make("estimators", {"kind": kind, **settings})
    return made.set_params(rate_hz=200.0, channels=NAMES, random_state=0)


@pytest.fixture(scope="module")
def trained():
    x, y, who, rest = crowd()
    known = who != "p7"
    return estimator(**SIZE, **TRAINING).fit_people(x[known], y[known], who[known], rest)


def test_rest_makes_a_stranger_readable_whatever_their_amplitude(trained) -> None:
    x, y, who, rest = crowd()
    stranger = who == "p7"
    adapted = trained.for_person(rest["p7"])
    p = adapted.predict_proba(x[stranger])
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert np.mean(adapted.predict(x[stranger]) == y[stranger]) > 0.85
    louder = trained.for_person(10 * rest["p7"]).predict_proba(10 * x[stranger])
    np.testing.assert_allclose(louder, p, atol=1e-2)


def test_it_asks_for_rest_and_for_enough_of_it(trained) -> None:
    x, y, _, rest = crowd()
    assert isinstance(trained, PersonAdaptive)
    with pytest.raises(ModelError, match="call for_person with their rest"):
        trained.predict(x[:2])
    with pytest.raises(ModelError, match="needs at least 3 windows"):
        trained.for_person(rest["p7"][:2])
    with pytest.raises(ModelError, match="adapts to rest alone"):
        trained.for_person(None, x[:4], y[:4])
    with pytest.raises(ModelError, match="no rest of p1"):
        clone(trained).fit_people(x[:64], y[:64], np.repeat(["p0", "p1"], 32), {"p0": rest["p0"]})
    with pytest.raises(NotFittedError):
        clone(trained).predict(x[:2])


def test_frozen_features_are_the_networks_own() -> None:
    import torch

    found = frozen_features(NAMES, "", 1, 7)(windows(0, 3, 1.0, 10.0))
    torch.manual_seed(7)
    montage = montage_of(NAMES)
    network = CSBrain(montage.regions, montage.order, 1).eval()
    x = torch.from_numpy(windows(0, 3, 1.0, 10.0) / 100).reshape(3, 6, 2, 200)
    with torch.inference_mode():
        wanted = network.features(x).mean(dim=2).flatten(1).numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)
    with pytest.raises(ConfigError, match="whole seconds"):
        frozen_features(NAMES, "", 1, 7)(windows(0, 3, 1.0, 10.0)[:, :, :300])


def test_stacked_with_the_classical_features_it_reads_a_stranger() -> None:
    x, y, who, rest = crowd()
    known = who != "p7"
    stack = estimator("ensemble_rest", members=["bandpower", "csbrain"], n_layers=1)
    adapted = stack.fit_people(x[known], y[known], who[known], rest).for_person(rest["p7"])
    assert set(stack.stack_.members) == {"bandpower", "csbrain"}
    assert np.mean(adapted.predict(x[~known]) == y[~known]) > 0.9
    # Remembered measures and fresh ones are the same.
    np.testing.assert_allclose(adapted.predict_proba(x[~known]), adapted.predict_proba(x[~known].copy()))
