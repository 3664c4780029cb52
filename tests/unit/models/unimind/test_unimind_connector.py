"""Shapes, the budget, and who looks at whom."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.unimind.connector import Connector, groups, shares

PUBLISHED = {
    "SEED": (62, 1, 127),
    "HMC": (4, 30, 69),
    "TUAB": (23, 10, 67),
    "TUEV": (23, 5, 57),
    "Workload": (19, 10, 59),
    "SHHS": (1, 30, 63),
    "Sleep-EDF": (2, 30, 65),
    "SHU": (32, 4, 73),
}
"""Electrodes, seconds, tokens after the connector (paper)."""


def connect(connector: Connector, electrodes: int, patches: int, batch: int = 2) -> tuple[torch.Tensor, ...]:
    draw = torch.Generator().manual_seed(0)
    tokens = torch.randn(batch, electrodes, patches, 16, generator=draw)
    queries = torch.randn(2, batch, 2, 16, generator=draw)
    made = connector(tokens, queries[0], queries[1])
    return made.tokens, made.electrodes, made.patches


@pytest.mark.parametrize("name", PUBLISHED)
def test_without_a_budget_the_tokens_are_the_published_ones(name: str) -> None:
    electrodes, patches, n_tokens = PUBLISHED[name]
    tokens, looked_at, looked_when = connect(Connector(16, 2, 10_000), electrodes, patches)
    assert tokens.shape == (2, n_tokens, 16)
    assert n_tokens == 1 + 2 * patches + 2 * electrodes
    torch.testing.assert_close(looked_at.sum(dim=1), torch.ones(2))
    torch.testing.assert_close(looked_when.sum(dim=1), torch.ones(2))


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("budget", [7, 24, 64])
def test_the_budget_is_kept(name: str, budget: int) -> None:
    electrodes, patches, n_tokens = PUBLISHED[name]
    tokens, looked_at, looked_when = connect(Connector(16, 2, budget), electrodes, patches)
    assert 5 <= tokens.shape[1] <= min(budget, n_tokens)
    torch.testing.assert_close(looked_at.sum(dim=1), torch.ones(2))
    torch.testing.assert_close(looked_when.sum(dim=1), torch.ones(2))


@given(st.integers(1, 40), st.integers(1, 128), st.integers(2, 4), st.integers(13, 200))
def test_shares_never_exceed_the_budget_nor_waste_it(patches: int, electrodes: int, queries: int, budget: int) -> None:
    of_patches, of_electrodes = shares(patches, electrodes, queries, budget)
    assert 1 <= of_patches <= patches
    assert 1 <= of_electrodes <= electrodes
    used = 1 + queries * (of_patches + of_electrodes)
    assert used <= budget
    if (of_patches, of_electrodes) != (patches, electrodes):
        assert used + queries > budget


@given(st.integers(1, 60), st.data())
def test_groups_hold_everything_once_and_in_order(n: int, data: st.DataObject) -> None:
    n_groups = data.draw(st.integers(1, n))
    numbers, there = groups(n, n_groups)
    assert numbers[there].tolist() == list(range(n))
    assert bool(there.any(dim=1).all())


@pytest.mark.parametrize("budget", [10, 1000])
def test_a_window_of_a_batch_gets_nothing_of_the_others(budget: int) -> None:
    connector = Connector(16, 2, budget)
    draw = torch.Generator().manual_seed(1)
    tokens = torch.randn(3, 7, 4, 16, generator=draw)
    spatial, temporal = torch.randn(2, 3, 2, 16, generator=draw)
    together = connector(tokens, spatial, temporal)
    for row in range(3):
        one = slice(row, row + 1)
        alone = connector(tokens[one], spatial[one], temporal[one])
        torch.testing.assert_close(together.tokens[one], alone.tokens)
        torch.testing.assert_close(together.electrodes[one], alone.electrodes)


def test_each_branch_looks_along_its_own_axis() -> None:
    connector = Connector(16, 2, 1000)
    draw = torch.Generator().manual_seed(2)
    tokens = torch.randn(1, 5, 3, 16, generator=draw, requires_grad=True)
    queries = torch.randn(1, 1, 16, generator=draw)
    made = connector(tokens, queries, queries)
    # The token of the first second depends on that second of all electrodes, and on nothing else.
    (seen,) = torch.autograd.grad(made.tokens[0, 1].sum(), tokens, retain_graph=True)
    assert (seen[0].norm(dim=-1) > 0).tolist() == [[True, False, False]] * 5
    (seen,) = torch.autograd.grad(made.tokens[0, 1 + made.n_spatial].sum(), tokens)
    assert (seen[0].norm(dim=-1) > 0).tolist() == [[True] * 3] + [[False] * 3] * 4
