"""Batches that mix tasks, electrodes and lengths answer as one window after the other would."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.unimind.batches import encode_mixed
from models.unimind.encoders import EncoderSettings
from models.unimind.network import UniMindNetwork
from models.unimind.samples import Sample, patches_of
from pipelines.errors import ChannelMismatch, SpecMismatch
from tests.unit.models.unimind.unimind_examples import BAND_4, HEAD_8, SMALL_CONNECTOR, SMALL_ENCODER


def network(encoder: EncoderSettings = SMALL_ENCODER) -> UniMindNetwork:
    torch.manual_seed(0)
    return UniMindNetwork({"pace": 2, "pitch": 3}, encoder, SMALL_CONNECTOR).eval()


NETWORK = network()


def window(task: str, channels: tuple[str, ...], seconds: float, seed: int) -> Sample:
    x = np.random.default_rng(seed).standard_normal((len(channels), round(seconds * 200))) * 20
    return Sample(task, x.astype(np.float32), channels, 0)


kinds = st.tuples(
    st.sampled_from(["pace", "pitch", "unseen"]),
    st.sampled_from([HEAD_8, BAND_4, HEAD_8[::-1], ("Cz",)]),
    st.sampled_from([0.8, 1.0, 2.0, 3.3]),
    st.integers(0, 99),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(kinds, min_size=1, max_size=6))
def test_a_mixed_batch_is_as_one_by_one(drawn: list[tuple[str, tuple[str, ...], float, int]]) -> None:
    windows = [window(*kind) for kind in drawn]
    with torch.no_grad():
        together = encode_mixed(NETWORK, windows)
        for row, one in enumerate(windows):
            alone = encode_mixed(NETWORK, [one])
            n = alone.lengths[0]
            assert together.lengths[row] == n
            torch.testing.assert_close(together.hidden[row, :n], alone.hidden[0], atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(together.pooled[row], alone.pooled[0], atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(together.electrodes[row], alone.electrodes[0], atol=1e-5, rtol=1e-4)
            assert bool((together.hidden[row, n:] == 0).all())


@pytest.mark.parametrize("kind", ["csbrain", "spectral"])
def test_the_order_of_the_channels_is_of_no_account(kind: str) -> None:
    net = network(SMALL_ENCODER.model_copy(update={"kind": kind}))
    one = window("pace", HEAD_8, 2.0, 3)
    order = np.random.default_rng(0).permutation(len(HEAD_8))
    turned = replace(one, samples=one.samples[order], channels=tuple(HEAD_8[i] for i in order))
    with torch.no_grad():
        a, b = encode_mixed(net, [one]), encode_mixed(net, [turned])
    torch.testing.assert_close(a.pooled, b.pooled, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(a.electrodes[0][torch.from_numpy(order)], b.electrodes[0], atol=1e-5, rtol=1e-4)


def test_a_mirrored_head_is_another_window() -> None:
    """Left and right hand differ in nothing else: a mean over channels would not see it."""
    one = window("pace", HEAD_8, 2.0, 4)
    mirrored = replace(one, samples=one.samples[[1, 0, 3, 2, 5, 4, 7, 6]])
    with torch.no_grad():
        a, b = (encode_mixed(NETWORK, [x]).pooled for x in (one, mirrored))
    assert float((a - b).abs().max()) > 1e-3


def test_the_task_changes_the_tokens_and_unseen_ones_share_theirs() -> None:
    one = window("pace", HEAD_8, 2.0, 5)
    with torch.no_grad():
        pace, pitch, unseen, free = (
            encode_mixed(NETWORK, [one], [task]).pooled for task in ("pace", "pitch", "unseen", "")
        )
    assert not torch.allclose(pace, pitch, atol=1e-4)
    assert not torch.allclose(pace, unseen, atol=1e-4)
    torch.testing.assert_close(unseen, free)


def test_weights_are_shared_by_all_montages_and_stored_once() -> None:
    net = network()
    names = set(net.state_dict())
    encode_mixed(net, [window("pace", HEAD_8, 1.0, 0), window("pace", BAND_4, 1.0, 0)]).pooled.sum().backward()
    assert set(net.state_dict()) == names
    silent = [n for n, p in net.encoder.named_parameters() if p.requires_grad and p.grad is None]
    # Regions without an electrode here: nothing of theirs can have been used.
    assert all("region_blocks" in name for name in silent)


@pytest.mark.skipif(importlib.util.find_spec("braindecode") is None, reason="the extra bench is not installed")
@pytest.mark.parametrize("kind", ["labram", "cbramod"])
def test_encoders_of_braindecode_take_any_montage_and_length(kind: str) -> None:
    net = network(EncoderSettings(kind=kind))  # type: ignore[arg-type]
    windows = [window("pace", HEAD_8, 2.0, 1), window("pitch", ("Fz", "Cz", "Pz"), 1.0, 2)]
    with torch.no_grad():
        together = encode_mixed(net, windows)
        alone = encode_mixed(net, windows[:1])
    torch.testing.assert_close(together.pooled[:1], alone.pooled, atol=1e-4, rtol=1e-3)


def test_a_channel_that_is_no_electrode_is_named() -> None:
    with pytest.raises(ChannelMismatch, match="EMG"):
        encode_mixed(NETWORK, [window("pace", ("Cz", "EMG"), 1.0, 0)])


def test_a_broken_last_second_is_filled_by_zeros_and_nothing_is_refused() -> None:
    x = np.ones((2, 250), dtype=np.float32)
    cut = patches_of(x)
    assert cut.shape == (2, 2, 200)
    assert cut.reshape(2, -1)[:, :250].min() == 1
    assert not cut.reshape(2, -1)[:, 250:].any()
    with pytest.raises(SpecMismatch, match="without samples"):
        patches_of(x[:, :0])
