"""The set encoder: order of units, padding, sessions of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.spikes.padding import Excess, Standard, pad, pad_embeddings
from models.spikes.set_encoder import SetEncoder
from models.spikes.simulation.reach import ReachSettings, reach
from models.spikes.unit_embedding import UnitEmbedding, statistics
from pipelines.errors import ModelError


def parts(n_features: int = 5) -> tuple[UnitEmbedding, SetEncoder]:
    torch.manual_seed(0)
    return UnitEmbedding(n_features, 8).eval(), SetEncoder(8, 16, 4).eval()


@given(st.integers(0, 1000), st.integers(1, 60))
@settings(max_examples=20)
@torch.no_grad()
def test_the_order_of_units_does_not_matter(seed: int, n_units: int) -> None:
    embed, encode = parts()
    luck = torch.Generator().manual_seed(seed)
    counts, table = torch.randn(3, 7, n_units, generator=luck), torch.randn(n_units, 5, generator=luck)
    order = torch.randperm(n_units, generator=luck)
    shuffled = encode(counts[:, :, order], embed(table[order]))
    assert float((shuffled - encode(counts, embed(table))).abs().max()) < 1e-5


@torch.no_grad()
def test_a_population_reads_alike_alone_and_beside_a_larger_one() -> None:
    embed, encode = parts()
    counts = [torch.randn(2, 7, n) for n in (5, 30)]
    embeddings = [embed(torch.randn(n, 5)) for n in (5, 30)]
    batch = pad(counts)
    together = encode(batch.counts, pad_embeddings(embeddings, batch.population), batch.present)
    alone = torch.cat([encode(c, e) for c, e in zip(counts, embeddings, strict=True)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_what_padding_holds_does_not_matter() -> None:
    _, encode = parts()
    counts, embedding = torch.randn(1, 7, 6), torch.randn(1, 6, 8)
    present = torch.tensor([[True] * 4 + [False] * 2])
    first = encode(counts, embedding, present)
    counts[..., 4:], embedding[:, 4:] = 99.0, -99.0
    torch.testing.assert_close(encode(counts, embedding, present), first)


def test_a_new_session_trains_its_own_rows_alone() -> None:
    embed, encode = parts()
    table, counts = torch.randn(6, 5), torch.randn(2, 7, 6)
    before = encode(counts, embed(table, "day 2")).detach()
    rows = embed.add_session("day 2", 6)
    torch.testing.assert_close(encode(counts, embed(table, "day 2")), before)
    for parameter in [*embed.parameters(), *encode.parameters()]:
        parameter.requires_grad_(False)
    rows.requires_grad_(True)
    encode(counts, embed(table, "day 2")).square().sum().backward()  # type: ignore[no-untyped-call]
    assert rows.grad is not None
    assert float(rows.grad.abs().sum()) > 0
    assert embed.add_session("day 2", 6) is rows
    with pytest.raises(ModelError, match="day 2"):
        embed.add_session("day 2", 7)


def test_units_without_any_table_can_be_embedded() -> None:
    embed, _ = parts(0)
    assert embed(torch.empty(4, 0)).shape == (4, 8)


def test_shapes_that_do_not_fit_are_refused() -> None:
    _, encode = parts()
    with pytest.raises(ModelError, match="do not fit"):
        encode(torch.randn(1, 7, 6), torch.randn(5, 8))


def test_statistics_do_not_depend_on_the_order_of_trials() -> None:
    counts = torch.poisson(torch.full((9, 7, 4), 0.7))
    torch.testing.assert_close(statistics(counts), statistics(counts[torch.randperm(9)]))


@pytest.mark.parametrize("standard", [Standard, Excess])
def test_a_change_of_scale_is_taken_away_by_the_session_s_own_standard(standard: type[Standard | Excess]) -> None:
    trials = reach(ReachSettings(repeats=4, dropped=0.0), 0)
    once, twice = (replace(trials, counts=np.asarray(trials.counts * gain, np.float32)) for gain in (1, 2))
    change = standard.of(twice)(twice.counts) - standard.of(once)(once.counts)
    assert float(np.abs(change).max()) < 1e-3


def test_what_is_expected_of_excess_does_not_change_with_rates_though_counts_are_few() -> None:
    """Draws at a rate and at its double, averaged; roots of so few counts swing wider at the double."""
    trials, luck = reach(ReachSettings(repeats=4, dropped=0.0), 0), np.random.default_rng(0)
    shape = 0.2 * (1 + 0.9 * np.sin(np.arange(trials.n_bins)))[None, :, None]
    ones = np.ones((trials.n_trials, 1, trials.units.n_units))

    def swing(standard: type[Standard | Excess], gain: float) -> float:
        drawn = replace(trials, counts=luck.poisson(gain * shape * ones).astype(np.float32))
        return float(standard.of(drawn)(drawn.counts).mean(axis=(0, 2)).std())

    assert swing(Excess, 2.0) / swing(Excess, 1.0) == pytest.approx(1, abs=0.03)
    assert swing(Standard, 2.0) / swing(Standard, 1.0) > 1.1


def test_silent_units_and_silent_sessions_give_zeros() -> None:
    trials = reach(ReachSettings(repeats=2, dropped=0.5), 0)
    silent = trials.counts.mean((0, 1)) == 0
    assert silent.any()
    found = Excess.of(trials)(trials.counts)
    assert np.isfinite(found).all()
    assert not found[..., silent].any()
    nothing = replace(trials, counts=0 * trials.counts)
    assert not Excess.of(nothing)(nothing.counts).any()
