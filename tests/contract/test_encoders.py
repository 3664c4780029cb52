"""Laws of every encoder of responses, shipped or installed."""

from __future__ import annotations

import numpy as np
import pytest

from models.fmri.encoder import Encoder
from pipelines import plugins
from pipelines.errors import ConfigError

KINDS = plugins.names("encoders")
TRAINED = {"synbrain"}
"""Their weights begin at random: permuted voxels give another start. Their own tests train them."""
QUICK = [kind for kind in KINDS if kind not in TRAINED]


def _data(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    tokens = rng.standard_normal((n, 2, 6)).astype(np.float32)
    values = tokens.reshape(n, -1) @ rng.standard_normal((12, 15)) + 2 * rng.standard_normal((n, 15))
    return tokens, ((values - values.mean(axis=0)) / values.std(axis=0)).astype(np.float32)


def _fitted(kind: str, tokens: np.ndarray, values: np.ndarray) -> Encoder:
    model: Encoder = plugins.make("encoders", {"kind": kind})
    return model.fit(tokens, values)


@pytest.mark.parametrize("kind", KINDS)
def test_settings_have_defaults_and_say_what_they_are(kind: str) -> None:
    _, settings = plugins.configure("encoders", {"kind": kind})
    assert [name for name, field in type(settings).model_fields.items() if not field.description] == []
    with pytest.raises(ConfigError, match="unknown key 'no_such_key'"):
        plugins.configure("encoders", {"kind": kind, "no_such_key": 1})


@pytest.mark.parametrize("kind", QUICK)
def test_permuted_voxels_give_permuted_predictions(kind: str) -> None:
    tokens, values = _data()
    order = np.random.default_rng(1).permutation(values.shape[1])
    plain = _fitted(kind, tokens, values).predict_mean(tokens)
    permuted = _fitted(kind, tokens, values[:, order]).predict_mean(tokens)
    np.testing.assert_allclose(permuted, plain[:, order], atol=1e-4)


@pytest.mark.parametrize("kind", QUICK)
def test_samples_follow_their_seed_and_their_mean(kind: str) -> None:
    tokens, values = _data()
    model = _fitted(kind, tokens, values)
    draws = model.sample(tokens[:8], 600, seed=1)
    assert draws.shape == (600, 8, 15)
    assert (draws == model.sample(tokens[:8], 600, seed=1)).all()
    assert not (draws == model.sample(tokens[:8], 600, seed=2)).any()
    np.testing.assert_allclose(draws.mean(axis=0), model.predict_mean(tokens[:8]), atol=6 * draws.std() / 600**0.5)


@pytest.mark.parametrize("kind", QUICK)
def test_the_density_is_higher_where_trials_are(kind: str) -> None:
    tokens, values = _data()
    model = _fitted(kind, tokens, values)
    assert model.log_prob(tokens, values).shape == (len(tokens),)
    assert model.log_prob(tokens, values).mean() > model.log_prob(tokens, values + 3).mean()


@pytest.mark.parametrize("kind", QUICK)
def test_images_tell_something_but_to_the_mean_predictor(kind: str) -> None:
    tokens, values = _data()
    left = _fitted(kind, tokens[:90], values[:90]).predict_mean(tokens[90:])
    gain = 1 - ((values[90:] - left) ** 2).mean() / ((values[90:] - values[:90].mean(axis=0)) ** 2).mean()
    assert (abs(gain) < 1e-6) if kind == "mean" else (gain > 0.3)
