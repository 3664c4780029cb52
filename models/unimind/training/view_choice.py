"""Which view of whole windows a task gets: chosen within its training windows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from models.unimind.samples import PATCH, Sample
from models.unimind.task_views import View, in_groups, principal
from models.unimind.window_views import VIEWS, ViewKind

N_PARTS = 5
"""Parts of the training windows, of which each judges a view that the others were fitted on."""
MOST_WINDOWS = 400
"""So many training windows, evenly spaced, say what a view is worth."""
RIDGE = 0.05


def choose(samples: Sequence[Sample], *, event_locked: bool) -> tuple[View, Tensor]:
    """Return the view that tells options of training windows apart best, and its features of them.

    The first of them (of responses to an event the course), unless another is clearly better. Components are read by
    ridge regression, fitted on four parts of the windows and judged on the fifth: people, where there are enough, else
    stretches of time.
    """
    samples = [samples[i] for i in torch.linspace(0, len(samples) - 1, min(len(samples), MOST_WINDOWS)).long()]
    names = [name for name in samples[0].channels if all(name in sample.channels for sample in samples)]
    n_patches = max(-(-sample.samples.shape[1] // PATCH) for sample in samples)
    truth = torch.tensor([sample.target for sample in samples])
    parts = _parts(samples)
    best: tuple[float, View, Tensor] | None = None
    for kind in sorted(VIEWS, key=lambda kind: (kind == "course") != event_locked):
        view = View(kind=kind, channels=tuple(names), n_patches=n_patches, n_features=0)
        features = in_groups(samples, partial(_measured, view))
        skill = _judged(kind, features, truth, parts)
        # A later one must be better by a standard error: few windows must not make an odd choice.
        if best is None or skill > best[0] + 0.5 / len(samples) ** 0.5:
            best = skill, view.model_copy(update={"n_features": features.shape[1]}), features
    assert best is not None
    return best[1], best[2]


def _measured(view: View, x: Tensor, of: Sample) -> Tensor:
    return view.features(x, of.channels)


def _parts(samples: Sequence[Sample]) -> Tensor:
    people = sorted({sample.person for sample in samples})
    if len(people) >= N_PARTS:
        return torch.tensor([people.index(sample.person) % N_PARTS for sample in samples])
    return torch.arange(len(samples)) * N_PARTS // len(samples)


def _judged(kind: ViewKind, features: Tensor, truth: Tensor, parts: Tensor) -> float:
    """Return the balanced accuracy of ridge regression over the parts, each judged once."""
    n_options = int(truth.max()) + 1
    wanted = nn.functional.one_hot(truth, n_options).float()
    said = torch.zeros_like(wanted)
    for part in range(N_PARTS):
        teach = parts != part
        if teach.all() or not teach.any():
            continue
        mean, basis = principal(kind, features[teach])
        x = nn.functional.pad((features - mean) @ basis, (0, 1), value=1.0)
        weight = 1 / wanted[teach].sum(dim=0).clamp_min(1)[truth[teach]]
        left = x[teach].T @ (x[teach] * weight[:, None])
        fitted = torch.linalg.solve(left + RIDGE * torch.eye(len(left)), x[teach].T @ (wanted[teach] * weight[:, None]))
        said[~teach] = x[~teach] @ fitted
    right = said.argmax(dim=1) == truth
    return float(
        torch.stack(
            [right[truth == option].float().mean() for option in range(n_options) if (truth == option).any()]
        ).mean()
    )
