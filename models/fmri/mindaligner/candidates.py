"""From two subjects' trials to candidate maps, each judged on trials of the source that taught none of them.

The closed forms are simple and hard to beat, so they are always tried; what is shipped is whatever wins on validation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.aligner import LinearMap
from models.fmri.mindaligner.network import MindAligner
from models.fmri.mindaligner.training import FrozenDecoder, Learning, Trials, learn
from models.ridge_map import reduced_rank_map, ridge_map
from models.training.fit import History
from models.training.fit_state import FitState
from models.training.task import Progress
from pipelines.errors import ModelError

Floats = NDArray[np.float64]
Judge = Callable[[LinearMap], float]


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Both subjects' trials in standard deviations of their training trials.

    Parameters
    ----------
    source, target
        (n_source_trials, n_source), (n_target_trials, n_target).
    seen
        Embeddings of their stimuli; None where trials are paired.
    pairs
        Rows of source and target that share a stimulus (n_pairs, 2); None where there are embeddings.
    train, validation
        Rows of source trials, or of pairs. Without validation rows nothing is chosen.
    """

    source: Floats
    target: Floats
    seen: tuple[Floats, Floats] | None
    pairs: NDArray[np.integer] | None
    train: NDArray[np.int64]
    validation: NDArray[np.int64]

    def together(self) -> Sides:
        """Return the same with validation rows among those that teach."""
        every = np.sort(np.concatenate([self.train, self.validation]))
        return replace(self, train=every, validation=every[:0])

    def judge(self) -> Judge:
        """Return what a map is chosen by, lower is better, on validation rows alone.

        With pairs: the squared error of the target's trials. Without: that of the stimulus's embedding, decoded by the
        target's own decoder from mapped trials.
        """
        rows = self.validation
        if self.pairs is not None:
            x, y = self.source[self.pairs[rows, 0]], self.target[self.pairs[rows, 1]]
            return lambda found: float(np.square(found(x) - y).mean())
        assert self.seen is not None
        decoder, wanted = self.decoder(), self.seen[0][rows]
        return lambda found: float(np.square(decoder(found(self.source[rows])) - wanted).mean())

    def decoder(self) -> LinearMap:
        """Return the target's decoder: ridge from its trials to embeddings."""
        assert self.seen is not None
        return ridge_map(self.target, self.seen[1])[0]


def closed_forms(sides: Sides, rank: int, seed: int) -> dict[str, LinearMap]:
    """Return the closed-form maps by name.

    With pairs ``ridge`` and ``reduced_rank``; without ``bridge`` and ``reduced_rank_bridge``: the target's encoder
    predicts its response to the source's stimuli, onto which the source is regressed.

    Parameters
    ----------
    rank
        Of the reduced one; 0: chosen on folds of training rows.
    """
    if sides.pairs is not None:
        rows = sides.pairs[sides.train]
        x, y, suffix = sides.source[rows[:, 0]], sides.target[rows[:, 1]], ""
    else:
        assert sides.seen is not None
        encoder, _ = ridge_map(sides.seen[1], sides.target)
        x, y, suffix = sides.source[sides.train], encoder(sides.seen[0][sides.train]), "_bridge"
    plain = ridge_map(x, y)[0]
    return {"bridge" if suffix else "ridge": plain, f"reduced_rank{suffix}": reduced_rank_map(x, y, rank, seed=seed)[0]}


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A transfer matrix learnt by gradients: the map, the network it came from, and what happened."""

    map: LinearMap
    network: MindAligner
    history: History


def gradient_map(
    sides: Sides,
    start: LinearMap,
    rank: int,
    learning: Learning,
    seed: int = 0,
    folder: Path | None = None,
    progress: Progress | None = None,
    decoder: FrozenDecoder | None = None,
) -> Learnt:
    """Learn transfer matrix and cross-stimulus mapper together.

    Parameters
    ----------
    start
        Where the matrix begins if ``learning.start`` says so; its offset is kept: both sides are centred.
    rank
        Of the matrix.
    folder
        Where an unfinished training is kept.
    decoder
        Any frozen decoder of the target's units; None: ridge to the embeddings.
    """
    trials = _trials(sides, learning)
    if sides.pairs is None and decoder is None:
        decoder = _module_of(sides.decoder())
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = MindAligner(
            trials.source.shape[1], trials.target.shape[1], trials.seen_by_source.shape[1], rank,
            published_difference=learning.published_difference,
        )  # fmt: skip
    if learning.start == "closed":
        network.transfer.set(torch.from_numpy(start.matrix).float())
        if sides.seen is not None:
            _start_mapper(network, ridge_map(sides.seen[1], sides.target)[0])
    state = None if folder is None else FitState(folder / "mindaligner.pt")
    train = torch.from_numpy(sides.train)
    validation = torch.from_numpy(sides.validation) if len(sides.validation) else None
    history = learn(network, trials, decoder, train, validation, learning, seed, state, progress)
    matrix = network.transfer.matrix.detach().double().numpy()
    return Learnt(LinearMap(matrix, np.zeros(matrix.shape[1])), network, history)


@dataclass(frozen=True, slots=True, eq=False)
class Contest:
    """Every candidate's figure on validation rows, and the winner learnt again from all rows."""

    shipped: str
    map: LinearMap
    figures: dict[str, float]
    rank: int
    learnt: Learnt


def contest(
    sides: Sides,
    rank: int,
    learning: Learning,
    seed: int = 0,
    ship: str = "",
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Contest:
    """Learn closed forms and gradient map, choose on validation rows, and learn the winner again from all rows.

    Parameters
    ----------
    rank
        Of the transfer matrix; 0: that of the reduced-rank closed form.
    ship
        A candidate's name: that one whatever the figures; empty: the winner.

    Raises
    ------
    ModelError
        If there is no candidate of that name.
    """
    maps = closed_forms(sides, rank, seed)
    start = _reduced(maps)
    width = rank or max(1, int(np.linalg.matrix_rank(start.matrix)))
    learnt = gradient_map(sides, start, width, learning, seed, folder, progress)
    judge = sides.judge()
    figures = {name: judge(found) for name, found in {**maps, "btm": learnt.map}.items()}
    if ship and ship not in figures:
        raise ModelError(f"btm: ship = {ship!r}: there are {', '.join(figures)}")
    shipped = ship or min(figures, key=lambda name: figures[name])
    every = sides.together()
    maps = closed_forms(every, width, seed)
    if shipped == "btm":
        again = learning.model_copy(update={"epochs": learnt.history.best_epoch + 1})
        maps["btm"] = gradient_map(every, _reduced(maps), width, again, seed).map
    return Contest(shipped, maps[shipped], figures, width, learnt)


def _reduced(maps: Mapping[str, LinearMap]) -> LinearMap:
    return next(found for name, found in maps.items() if name.startswith("reduced_rank"))


def _trials(sides: Sides, learning: Learning) -> Trials:
    """Make tensors; paired trials have no embedding, so that no difference is seen, and one partner each."""
    if sides.pairs is not None:
        source, target = (torch.from_numpy(x).float() for x in (sides.source, sides.target))
        nothing = torch.zeros(len(sides.pairs), 1)
        rows = torch.from_numpy(np.asarray(sides.pairs, dtype=np.int64))
        own = torch.arange(len(sides.pairs))[:, None]
        return Trials(source[rows[:, 0]], target[rows[:, 1]], nothing, nothing, own)
    assert sides.seen is not None
    source, target, first, second = (torch.from_numpy(x).float() for x in (sides.source, sides.target, *sides.seen))
    return Trials.by_neighbours(source, target, (first, second), learning.neighbours)


@torch.no_grad()
def _start_mapper(network: MindAligner, encoder: LinearMap) -> None:
    """Let beta begin as what the target's encoder says of a difference of stimuli, seen through the matrix."""
    inner = torch.from_numpy(encoder.matrix).float() @ torch.linalg.pinv(network.transfer.outward)
    rank = network.transfer.inward.shape[1]
    network.mapper.film.weight[rank:].copy_(inner.T)


def _module_of(found: LinearMap) -> nn.Module:
    linear = nn.Linear(*found.matrix.shape).requires_grad_(requires_grad=False)
    linear.weight.copy_(torch.from_numpy(found.matrix.T).float())
    linear.bias.copy_(torch.from_numpy(found.offset).float())
    return linear
