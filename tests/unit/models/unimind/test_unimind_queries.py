"""Routers learn, tasks have queries of their own, and a task nobody knows has one, too."""

from __future__ import annotations

import pytest
import torch

from models.unimind.queries import QuerySelection, balance


def selection(top: int = 1) -> QuerySelection:
    torch.manual_seed(0)
    return QuerySelection(["eyes", "workload"], width=8, n_pool=5, top=top)


def test_the_gradient_reaches_routers_pools_and_the_tasks_queries() -> None:
    for top in (1, 2):
        chooser = selection(top)
        queries, _ = chooser(torch.randn(3, 6, 8), chooser.rows(["eyes", "workload", "eyes"]))
        queries.square().sum().backward()
        for name, parameter in chooser.named_parameters():
            assert parameter.grad is not None, name
            assert float(parameter.grad.abs().sum()) > 0, name


def test_what_is_taken_is_a_query_of_the_pool_as_it_is() -> None:
    chooser = selection()
    queries, probabilities = chooser(torch.randn(4, 6, 8), chooser.rows(["eyes"] * 4))
    torch.testing.assert_close(queries[:, 1], chooser.pool[probabilities.argmax(dim=1)])
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(4))


def test_an_unseen_task_gets_the_query_that_knows_no_task() -> None:
    chooser = selection()
    assert chooser.rows(["eyes", "never seen", "workload", ""]).tolist() == [1, 0, 2, 0]
    queries, _ = chooser(torch.randn(1, 6, 8), chooser.rows(["never seen"]))
    torch.testing.assert_close(queries[0, 0], chooser.static[0])


def test_the_choice_of_a_window_does_not_depend_on_its_batch() -> None:
    chooser = selection(2)
    tokens, rows = torch.randn(4, 6, 8), chooser.rows(["eyes", "workload", "", "eyes"])
    together, _ = chooser(tokens, rows)
    for row in range(4):
        alone, _ = chooser(tokens[row : row + 1], rows[row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone)


def test_balance_is_one_where_queries_are_used_alike_and_grows_where_one_takes_all() -> None:
    alike = torch.eye(4) * 0.96 + 0.01
    one = alike[:1].expand(4, -1)
    assert float(balance(alike, 1)) == pytest.approx(1.0)
    assert float(balance(one, 1)) > 3.5


def test_the_balance_term_moves_a_router_off_its_favourite() -> None:
    chooser = selection()
    with torch.no_grad():
        chooser.router[2].bias[0] = 3.0
    tokens = torch.randn(32, 4, 8)
    rows = chooser.rows(["eyes"] * 32)
    step = torch.optim.SGD(chooser.router.parameters(), 0.5)
    before = float(balance(chooser(tokens, rows)[1], 1).detach())
    for _ in range(30):
        step.zero_grad()
        balance(chooser(tokens, rows)[1], 1).backward()
        step.step()
    assert float(balance(chooser(tokens, rows)[1], 1).detach()) < before - 1
