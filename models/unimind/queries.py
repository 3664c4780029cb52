"""Task-aware query selection: a query of the task, and queries that each window chooses out of a pool.

In the released code the routers' scores multiply nothing, so they are never trained, and routed queries are handed to
the wrong samples of a batch. Here the choice is hard going forward and soft going back (straight-through), a balance
term keeps it from collapsing (Fedus et al. 2022, J. Mach. Learn. Res. 23:1, eq. 4), and every sample keeps its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class QuerySelection(nn.Module):
    """The queries of one branch: the task's own one, then ``top`` of the pool.

    Parameters
    ----------
    tasks
        Names; each has a query of its own. Any other task gets the one that knows no task.
    width
        Of tokens and queries.
    n_pool, top
        Queries in the pool, and how many of them a window takes.
    """

    def __init__(self, tasks: Sequence[str], width: int, n_pool: int, top: int) -> None:
        super().__init__()
        self.top = top
        self._row = {task: row for row, task in enumerate(tasks, start=1)}
        # Row 0 knows no task. It is trained on windows whose task is hidden now and then.
        self.static = nn.Parameter(torch.randn(1 + len(tasks), width) / width**0.5)
        self.pool = nn.Parameter(torch.randn(n_pool, width) / width**0.5)
        self.router = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, n_pool))

    def rows(self, tasks: Sequence[str]) -> Tensor:
        """Return the row of each task's own query; 0 for one that is not known."""
        return torch.tensor([self._row.get(task, 0) for task in tasks], device=self.static.device)

    def forward(self, tokens: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Choose for each window.

        Parameters
        ----------
        tokens
            (batch, n_tokens, width); the router's scores are averaged over them.
        rows
            Of the tasks' own queries, (batch,).

        Returns
        -------
        queries, probabilities
            (batch, 1 + top, width), and those of the pool's queries, (batch, n_pool).
        """
        probabilities = self.router(tokens).mean(dim=1).softmax(dim=-1)
        chosen = probabilities.topk(self.top, dim=-1).indices
        hard = torch.nn.functional.one_hot(chosen, probabilities.shape[-1]).to(probabilities)
        soft = probabilities[:, None]
        routed = (hard + soft - soft.detach()) @ self.pool
        return torch.cat([self.static[rows][:, None], routed], dim=1), probabilities


def balance(probabilities: Tensor, top: int) -> Tensor:
    """Return 1 where the queries of a pool are used alike by a batch, more where they are not.

    Parameters
    ----------
    probabilities
        Of one batch, (batch, n_pool).
    top
        How many each window takes.
    """
    n_pool = probabilities.shape[-1]
    chosen = torch.nn.functional.one_hot(probabilities.topk(top, dim=-1).indices, n_pool).to(probabilities)
    share = chosen.sum(dim=1).mean(dim=0) / top
    return n_pool * (share * probabilities.mean(dim=0)).sum()
