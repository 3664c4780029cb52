"""Networks as scikit-learn estimators: braindecode's on a CPU-only PyTorch, CSBrain, weights and adaptation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_checks

from models.deep.classifier import DeepClassifier
from models.deep.csbrain_network import CSBrainBuilder
from models.deep.networks import Shape
from pipelines.errors import CheckpointInvalid, ConfigError, RateMismatch
from pipelines.plugins import make

NAMES = ("Fp1", "Fp2", "C3", "C4", "O1", "O2")
ONE = {"epochs": 1, "batch_size": 8}
TWO_LAYERS = {"n_layers": 2}


def windows(n: int = 96, n_times: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noise of 15 µV with a rhythm of 10 Hz over O1 and O2 in class "closed"."""
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(n) % 2, "closed", "open")
    x = rng.normal(0, 15, (n, len(NAMES), n_times))
    phase = rng.uniform(0, 2 * np.pi, (n, 1, 1))
    rhythm = 20 * np.sin(2 * np.pi * 10 * np.arange(n_times) / 200 + phase)
    x[:, 4:] += np.where(y == "closed", 1.0, 0.0)[:, None, None] * rhythm
    return x.astype(np.float32), y


def classifier(network: str, **params: Any) -> DeepClassifier:
    return DeepClassifier(network, rate_hz=200.0, channels=NAMES, **params)


def csbrain(**params: Any) -> DeepClassifier:
    return classifier("CSBrain", network_settings=TWO_LAYERS, **params)


@pytest.mark.parametrize("name", ["EEGNet", "ShallowFBCSPNet"])
def test_small_networks_learn_and_shuffled_labels_do_not(name: str) -> None:
    x, y = windows(200)
    tested, truth = windows(100, seed=1)
    found = classifier(name, epochs=25, learning_rate=3e-3).fit(x, y)
    assert np.mean(found.predict(tested) == truth) > 0.85
    shuffled = np.random.default_rng(0).permutation(y)
    blind = classifier(name, epochs=5, learning_rate=3e-3).fit(x, shuffled)
    assert 0.3 < np.mean(blind.predict(tested) == truth) < 0.7


@pytest.mark.filterwarnings("ignore:Using padding='same'", "ignore:A window was not provided")
@pytest.mark.parametrize("name", ["EEGNet", "EEGConformer", "ATCNet", "ShallowFBCSPNet", "BIOT", "Labram", "CBraMod"])
def test_each_network_trains_and_gives_probabilities(name: str) -> None:
    x, y = windows(8, n_times=1000)
    found = classifier(name, **ONE).fit(x, y)
    p = found.predict_proba(x)
    assert p.shape == (8, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    np.testing.assert_allclose(found.predict_proba(x[::-1]), p[::-1], atol=1e-5)


def test_eegpt_wants_its_own_rate() -> None:
    x, y = windows(4)
    with pytest.raises(RateMismatch, match="EEGPT works at 256 Hz"):
        classifier("EEGPT", **ONE).fit(x, y)


def test_csbrain_learns_from_nothing_and_needs_names_and_seconds() -> None:
    x, y = windows(64, n_times=400)
    found = csbrain(epochs=8, batch_size=16, learning_rate=1e-3, warmup_epochs=1).fit(x, y)
    tested, truth = windows(40, n_times=400, seed=1)
    assert np.mean(found.predict(tested) == truth) > 0.8
    with pytest.raises(ConfigError, match="whole seconds"):
        csbrain(**ONE).fit(x[:, :, :300], y)
    with pytest.raises(ConfigError, match="names of the 6 channels"):
        csbrain(**ONE).set_params(channels=None).fit(x, y)


def saved_backbone(folder: Path, n_layers: int = 2) -> Path:
    torch.manual_seed(5)
    network = CSBrainBuilder(n_layers)(Shape(6, 400, 2, 200.0, NAMES))
    path = folder / "weights.safetensors"
    tensors = {k: v.clone() for k, v in network.module.state_dict().items() if not k.startswith("head")}
    save_file({k.removeprefix("network."): v for k, v in tensors.items()}, path)
    return path


@pytest.mark.parametrize("adaptation", ["full", "linear", "lora"])
def test_what_is_frozen_stays_as_it_was(tmp_path: Path, adaptation: str) -> None:
    path = saved_backbone(tmp_path)
    x, y = windows(16, n_times=400)
    found = csbrain(**ONE, weights=str(path), adaptation=adaptation).fit(x, y)
    given = CSBrainBuilder(2)(Shape(6, 400, 2, 200.0, NAMES)).module
    key = "network.patch_embedding.spectral_proj.0.weight"
    assert key in given.state_dict()
    after = {
        k.replace("parametrizations.", "").replace(".weight.original", ".weight"): v
        for k, v in found.module_.state_dict().items()
    }
    before = load_file(path)[key.removeprefix("network.")]
    assert torch.equal(after[key], before) == (adaptation != "full")
    assert all(p.requires_grad for n, p in found.module_.named_parameters() if n.startswith("head"))


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    x, y = windows(8, n_times=400)
    path = saved_backbone(tmp_path, n_layers=1)
    with pytest.raises(CheckpointInvalid, match="is missing"):
        csbrain(**ONE, weights=str(path), adaptation="full").fit(x, y)
    with pytest.raises(CheckpointInvalid, match="no such file"):
        csbrain(**ONE, weights="absent.pt", adaptation="full").fit(x, y)


@pytest.mark.parametrize(("weights", "adaptation"), [("", "linear"), ("w.pt", "scratch")])
def test_weights_and_adaptation_must_agree(weights: str, adaptation: Any) -> None:
    x, y = windows(8)
    with pytest.raises(ConfigError, match="weights"):
        classifier("EEGNet", **ONE, weights=weights, adaptation=adaptation).fit(x, y)


def test_scikit_learn_manners() -> None:
    x, y = windows(16)
    model = classifier("EEGNet", **ONE, random_state=3)
    copy = clone(model)
    assert copy.get_params()["random_state"] == 3
    with pytest.raises(NotFittedError):
        model.predict(x)
    first, second = model.fit(x, y).predict_proba(x), copy.fit(x, y).predict_proba(x)
    assert np.array_equal(first, second)
    for wrong, words in ((x[0], "n_windows"), (np.full_like(x, np.nan), "NaN")):
        with pytest.raises(ValueError, match=words):
            model.fit(wrong, y)
    with pytest.raises(ValueError, match="only one class"):
        model.fit(x, np.zeros(16))


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_estimators_unfitted,
        estimator_checks.check_requires_y_none,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learns_own_checks(check: Any) -> None:
    check("DeepClassifier", classifier("EEGNet", **ONE))


def test_windows_may_be_read_only_and_early_stopping_takes_labels_of_any_kind() -> None:
    x, y = windows(48)
    x.flags.writeable = False
    held, truth = windows(24, seed=3)
    found = classifier("EEGNet", epochs=6, patience=1).fit(x, y, held, truth)
    assert 1 <= len(found.history_.validation) <= 6
    with pytest.raises(ValueError, match="classes that training has not: asleep"):
        classifier("EEGNet", **ONE).fit(x, y, held, np.where(truth == "open", "asleep", truth))
    with pytest.raises(ValueError, match="set the sampling rate"):
        classifier("EEGNet", **ONE).set_params(rate_hz=None).fit(x, y)


def test_unknown_networks_and_settings_are_named() -> None:
    x, y = windows(8)
    with pytest.raises(ConfigError, match="known are CSBrain, EEGNet"):
        classifier("Nothing", **ONE).fit(x, y)
    for network in ("EEGNet", "CSBrain"):
        with pytest.raises(ConfigError, match="takes no depth"):
            classifier(network, **ONE, network_settings={"depth": 3}).fit(x, y)


def test_plugins_build_and_refuse_unknown_networks() -> None:
    assert isinstance(make("estimators", {"kind": "braindecode", "network": "EEGNet", "epochs": 2}), DeepClassifier)
    assert isinstance(make("estimators", {"kind": "csbrain", "n_layers": 2}), DeepClassifier)
    with pytest.raises(ConfigError, match="network"):
        make("estimators", {"kind": "braindecode", "network": "Nothing"})


def test_a_torchaudio_that_cannot_load_leaves_no_trace_and_a_missing_braindecode_is_named() -> None:
    code = """
import sys
from models.deep.braindecode_networks import networks
assert networks().EEGNet
for name in ("torchaudio", "torchaudio.functional"):
    module = sys.modules.get(name)
    assert module is None or type(module).__name__ == "module", module
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    code = """
import sys
sys.modules["braindecode"] = None
from pipelines.errors import MissingDependency
from pipelines.plugins import make
try:
    make("estimators", {"kind": "braindecode"})
except MissingDependency as exc:
    assert "bci-app[bench]" in str(exc), exc
else:
    raise SystemExit("nothing was said")
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
