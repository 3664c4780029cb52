"""The network against a slow, literal NumPy version of the published forward pass, loop by loop, in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import erf

from models.csbrain import CSBrain
from tests.unit.models.csbrain_examples import generated_weights

D, HEADS, WINDOW = 40, 4, 5


def gelu(x):
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def linear(x, w, name):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def layer_norm(x, w, name):
    mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(var + 1e-5) * w[f"{name}.weight"] + w[f"{name}.bias"]


def convolve(rows, weight, bias, stride, pad):
    """Convolve (inputs, length) with (outputs, inputs, taps), zero padding."""
    padded = np.pad(rows, ((0, 0), (pad, pad)))
    taps = weight.shape[2]
    places = range(0, padded.shape[1] - taps + 1, stride)
    return np.array([[(padded[:, t : t + taps] * kernel).sum() for t in places] for kernel in weight]) + bias[:, None]


def group_norm(x, w, name):
    """Normalise (25-like channels, patches, 8) in five groups."""
    out = np.empty_like(x)
    for members in np.array_split(np.arange(x.shape[0]), 5):
        part = x[members]
        out[members] = (part - part.mean()) / np.sqrt(part.var() + 1e-5)
    return out * w[f"{name}.weight"][:, None, None] + w[f"{name}.bias"][:, None, None]


def embed(x, w):
    """Embed one window (channels, patches, 200)."""
    channels, patches, _ = x.shape
    name = "patch_embedding.proj_in"
    rows = x.reshape(channels * patches, 1, 200)
    for conv, norm, stride, pad in ((0, 1, 25, 24), (3, 4, 1, 1), (6, 7, 1, 1)):
        weight, bias = w[f"{name}.{conv}.weight"][:, :, 0], w[f"{name}.{conv}.bias"]
        stacked = np.stack([convolve(row, weight, bias, stride, pad) for row in rows], axis=1)
        rows = gelu(group_norm(stacked, w, f"{name}.{norm}")).transpose(1, 0, 2)
    time = rows.reshape(channels, patches, D)
    spectrum = np.abs(np.fft.rfft(x)) / 200
    h = time + linear(spectrum, w, "patch_embedding.spectral_proj.0")
    kernel = w["patch_embedding.positional_encoding.0.weight"][:, 0]
    padded = np.pad(h, ((9, 9), (3, 3), (0, 0)))
    plane = np.empty_like(h)
    for c in range(channels):
        for t in range(patches):
            plane[c, t] = np.einsum("abd,dab->d", padded[c : c + 19, t : t + 7], kernel)
    return h + plane + w["patch_embedding.positional_encoding.0.bias"]


def cross_scale(columns, w, name, *, ring):
    """Convolve (d_model, n) at kernels 1, 3, 5; ``ring`` closes the sequence to a circle."""
    n = columns.shape[1]
    out = []
    for j, reach in enumerate((0, 1, 2)):
        weight, bias = w[f"{name}.{j}.weight"][..., 0], w[f"{name}.{j}.bias"]
        for_all = np.repeat(bias[:, None], n, axis=1)
        for place in range(n):
            for tap in range(-reach, reach + 1):
                if ring or 0 <= place + tap < n:
                    for_all[:, place] += weight[:, :, tap + reach] @ columns[:, (place + tap) % n]
        out.append(for_all)
    return np.concatenate(out)


def temporal(h, w, *, transposed):
    out = np.empty_like(h)
    for c in range(h.shape[0]):
        block = h[c].T if transposed else h[c].reshape(D, h.shape[1])
        mixed = cross_scale(block, w, "TemEmbedEEGLayer.convs", ring=False)
        out[c] = mixed.T if transposed else mixed.reshape(h.shape[1], D)
    return out


def regional(h, w, members):
    out = np.zeros_like(h)
    for region, where in members.items():
        for t in range(h.shape[1]):
            name = f"BrainEmbedEEGLayer.region_blocks.region_{region}"
            out[where, t] = cross_scale(h[where, t].T, w, name, ring=len(where) > 1).T
    return out


def attend(x, w, name, seen):
    """Multi-head attention over (length, d_model)."""
    projected = x @ w[f"{name}.in_proj_weight"].T + w[f"{name}.in_proj_bias"]
    q, k, v = projected[:, :D], projected[:, D : 2 * D], projected[:, 2 * D :]
    mixed = np.empty_like(x)
    for head in np.array_split(np.arange(D), HEADS):
        scores = np.where(seen, q[:, head] @ k[:, head].T / math.sqrt(D / HEADS), -np.inf)
        shares = np.exp(scores - scores.max(1, keepdims=True))
        mixed[:, head] = shares / shares.sum(1, keepdims=True) @ v[:, head]
    return linear(mixed, w, f"{name}.out_proj")


def union_mask(members, n):
    seen = np.zeros((n, n), dtype=bool)
    for k in range(max(len(where) for where in members.values())):
        group = [where[k % len(where)] for where in members.values()]
        for i in group:
            for j in group:
                seen[i, j] = True
    return seen


def layer(h, w, name, members):
    channels, patches, _ = h.shape
    y = layer_norm(h, w, f"{name}.norm1")
    width = min(patches, WINDOW)
    n_windows = math.ceil(patches / width)
    padded = np.concatenate([y, np.zeros((channels, n_windows * width - patches, D))], axis=1)
    mixed = np.empty_like(padded)
    for c in range(channels):
        for place in range(width):
            every = np.ones((n_windows, n_windows), dtype=bool)
            mixed[c, place::width] = attend(padded[c, place::width], w, f"{name}.inter_window_attn", every)
    h = h + mixed[:, :patches]
    y = layer_norm(h, w, f"{name}.norm2")
    seen = union_mask(members, channels)
    for t in range(patches):
        now = y[:, t].copy()
        for where in members.values():
            now[where] += linear(y[where, t].mean(0), w, f"{name}.global_fc")
        h[:, t] = h[:, t] + attend(now, w, f"{name}.inter_region_attn", seen)
    y = layer_norm(h, w, f"{name}.norm3")
    return h + linear(gelu(linear(y, w, f"{name}.linear1")), w, f"{name}.linear2")


def literal(x, w, regions, order, n_layers, *, transposed=False):
    """The whole forward pass of one window (channels, patches, 200) in the data set's own order."""
    ids = [regions[i] for i in order]
    members = {r: [i for i, found in enumerate(ids) if found == r] for r in sorted(set(ids))}
    h = embed(x[list(order)], w)
    for number in range(n_layers):
        h = h + temporal(h, w, transposed=transposed)
        h = h + regional(h, w, members)
        h = layer(h, w, f"encoder.layers.{number}", members)
    return linear(h, w, "proj_out.0")


# Regions of size 1 and 2; one region alone; three sizes at once.
MONTAGES = [([4, 0, 4], [1, 2, 0]), ([3], [0]), ([1, 0, 1, 2, 1, 2], [1, 4, 0, 2, 5, 3])]


@pytest.mark.parametrize("n_patches", [1, 4, 5, 7, 10])
@pytest.mark.parametrize(("regions", "order"), MONTAGES)
def test_network_equals_the_literal_version(regions, order, n_patches) -> None:
    net = CSBrain(regions, order, n_layers=2, d_model=D, n_heads=HEADS, d_ff=80).eval()
    weights = generated_weights(net)
    net.load_official_state_dict(weights)
    x = np.random.default_rng(n_patches).standard_normal((len(regions), n_patches, 200)) * 0.3
    wanted = literal(x, {k: v.numpy().astype(float) for k, v in weights.items()}, regions, order, 2)
    with torch.inference_mode():
        got = net(torch.from_numpy(x[None].astype("f4"))).numpy()[0]
    assert np.abs(got - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_transposed_layout_equals_the_literal_version() -> None:
    regions, order = MONTAGES[2]
    net = CSBrain(regions, order, n_layers=1, d_model=D, n_heads=HEADS, d_ff=80, layout="transposed").eval()
    weights = generated_weights(net)
    net.load_official_state_dict(weights)
    x = np.random.default_rng(0).standard_normal((6, 4, 200)) * 0.3
    tensors = {k: v.numpy().astype(float) for k, v in weights.items()}
    wanted = literal(x, tensors, regions, order, 1, transposed=True)
    with torch.inference_mode():
        got = net(torch.from_numpy(x[None].astype("f4"))).numpy()[0]
    assert np.abs(got - wanted).max() <= 1e-5 * np.abs(wanted).max()
