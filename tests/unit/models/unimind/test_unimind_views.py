"""Views of whole windows: what they measure, which one a task gets, and that measuring early changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import logm

from models.unimind.batches import encode_mixed
from models.unimind.network import UniMindNetwork
from models.unimind.samples import Sample, patches_of
from models.unimind.task_views import N_COMPONENTS
from models.unimind.training.view_choice import choose
from models.unimind.window_views import BANDS_HZ, LINES_HZ, SHRINKAGE, covariance, lines
from tests.unit.models.unimind.unimind_examples import (
    BAND_4,
    HEAD_8,
    PACE,
    PITCH,
    SMALL_CONNECTOR,
    SMALL_ENCODER,
    samples,
)  # fmt: skip


def taught() -> UniMindNetwork:
    """Two tasks with the views of their windows, and layers that say something."""
    found = {
        card.name: choose(samples(card, 40, channels), event_locked=False)
        for card, channels in ((PACE, HEAD_8), (PITCH, BAND_4))
    }
    torch.manual_seed(0)
    made = UniMindNetwork(
        {"pace": 2, "pitch": 3}, SMALL_ENCODER, SMALL_CONNECTOR, views={name: view for name, (view, _) in found.items()}
    )
    for name, (_, features) in found.items():
        made.views.learn(name, features)
    return made.eval()


NETWORK = taught()


def responses(n: int) -> list[Sample]:
    """Noise, and 300 ms after the event a wave that points up or down: no power tells them apart."""
    rng = np.random.default_rng(0)
    bump = 8 * np.exp(-0.5 * ((np.arange(160) - 60) / 8) ** 2)
    found = []
    for i in range(n):
        x = 5 * rng.standard_normal((4, 160)) + (bump if i % 2 else -bump)
        found.append(Sample("response", x.astype(np.float32), BAND_4, i % 2))
    return found


@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from(["pace", "pitch"]), min_size=1, max_size=5), st.integers(0, 99))
def test_windows_measured_before_are_as_windows_measured_now(names: list[str], seed: int) -> None:
    windows = [
        samples(PACE, 3, HEAD_8, seed)[i % 3] if name == "pace" else samples(PITCH, 3, BAND_4, seed)[i % 3]
        for i, name in enumerate(names)
    ]
    known = [replace(one, components=NETWORK.views.measured([one])[0]) for one in windows]
    with torch.no_grad():
        now, before = encode_mixed(NETWORK, windows), encode_mixed(NETWORK, known)
    torch.testing.assert_close(now.pooled, before.pooled, atol=1e-5, rtol=1e-4)


def test_further_electrodes_in_any_order_are_of_no_account_and_a_missing_one_silences_the_view() -> None:
    view = NETWORK.views
    x = torch.from_numpy(patches_of(samples(PITCH, 1, BAND_4)[0].samples))[None]
    more = torch.cat([torch.randn_like(x), x.flip(1)], dim=1)
    wanted = view.components(x, BAND_4, ["pitch"])
    torch.testing.assert_close(view.components(more, ("C3", "C4", "P7", "P8", *BAND_4[::-1]), ["pitch"]), wanted)
    assert float(wanted.abs().sum()) > 0
    fewer = view.components(x[:, 1:], BAND_4[1:], ["pitch"])
    assert not view(fewer, BAND_4[1:], ["pitch"]).any()
    assert not view(wanted, BAND_4, [""]).any()


def test_the_gradient_reaches_the_layer_that_reads_a_view() -> None:
    windows = samples(PACE, 4)
    encode_mixed(NETWORK, windows).pooled.square().sum().backward()
    for name, parameter in NETWORK.views.of["pace"].named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name
    NETWORK.zero_grad()


def test_covariances_are_logarithms_as_scipy_takes_them() -> None:
    x = np.random.default_rng(1).standard_normal((5, 400)) * np.arange(1, 6)[:, None] * 5
    spectrum, hz = np.fft.rfft(x, norm="ortho"), np.fft.rfftfreq(400, 1 / 200)
    row, column = np.triu_indices(5)
    wanted = []
    for low, high in BANDS_HZ:
        band = spectrum[:, (hz >= low) & (hz < high)]
        power = (band @ band.conj().T).real
        power += SHRINKAGE * power.trace() / 5 * np.eye(5)
        wanted.append(logm(power)[row, column] * np.where(row == column, 1, 2**0.5))
    found = covariance(torch.from_numpy(x).float()[None])[0]
    np.testing.assert_allclose(found.numpy(), np.concatenate(wanted), atol=2e-3)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from([9.0, 13.0, 17.0, 21.5, 34.0]), st.integers(1, 12), st.integers(0, 99))
def test_a_wave_is_a_line_whatever_the_electrodes(hz: float, n_electrodes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    wave = np.sin(2 * np.pi * hz * np.arange(600) / 200 + 1.0)
    x = rng.standard_normal((n_electrodes, 600)) + rng.uniform(1, 2, (n_electrodes, 1)) * wave
    assert LINES_HZ[int(lines(torch.from_numpy(x).float()[None])[0].argmax())] == hz


def test_silence_has_finite_features() -> None:
    silence = torch.zeros(1, 3, 200)
    assert bool(covariance(silence).isfinite().all())
    assert bool(lines(silence).isfinite().all())


@pytest.mark.parametrize("event_locked", [False, True])
def test_what_only_the_course_tells_apart_gets_the_course(event_locked: bool) -> None:
    view, features = choose(responses(120), event_locked=event_locked)
    assert view.kind == "course"
    assert features.shape == (120, view.n_features)


def test_few_windows_of_anything_have_at_most_as_many_components() -> None:
    view, features = choose(samples(PACE, 6), event_locked=False)
    made = UniMindNetwork({"pace": 2}, SMALL_ENCODER, SMALL_CONNECTOR, views={"pace": view})
    made.views.learn("pace", features)
    found = made.views.measured(samples(PACE, 3, seed=5))
    assert found.shape == (3, N_COMPONENTS)
    assert np.isfinite(found).all()
