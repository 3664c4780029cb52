"""The training loop and the low-rank adapters."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.deep.low_rank import add_low_rank
from models.training.fit import FitSettings, fit, scores
from pipelines.errors import ModelError

QUICK = FitSettings(epochs=15, batch_size=16, learning_rate=1e-2, warmup_epochs=1, patience=4)


def problem(n: int = 120, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Windows whose second channel is stronger in class 1; one window in four is of class 1."""
    draw = torch.Generator().manual_seed(seed)
    y = (torch.arange(n) % 4 == 3).long()
    x = torch.randn(n, 3, 50, generator=draw)
    x[:, 1] *= 1 + 1.5 * y[:, None]
    return x, y


def small(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)

    class Power(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix = nn.Linear(3, 4)
            self.head = nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(torch.relu(self.mix(x.square().mean(dim=-1).log())))

    return Power()


def recalls(module: nn.Module, x: torch.Tensor, y: torch.Tensor) -> list[float]:
    right = scores(module, x, 32).argmax(dim=1) == y
    return [float(right[y == c].float().mean()) for c in (0, 1)]


def test_it_learns_and_the_rare_class_counts_as_much() -> None:
    module = small()
    history = fit(module, list(module.parameters()), problem(), QUICK)
    assert history.loss[-1] < history.loss[0]
    assert len(history.loss) == QUICK.epochs
    assert min(recalls(module, *problem(seed=1))) > 0.85


def test_the_same_seed_gives_the_same_bits_and_the_global_generator_is_not_needed() -> None:
    found = []
    for noise in (1, 2):
        module = small()
        torch.manual_seed(noise)
        fit(module, list(module.parameters()), problem(), QUICK)
        found.append(scores(module, problem(seed=1)[0], 32))
    assert torch.equal(*found)


def test_the_best_epoch_on_validation_windows_is_kept() -> None:
    module = small()
    rates = FitSettings(epochs=40, batch_size=16, learning_rate=0.3, warmup_epochs=0, patience=3)
    history = fit(module, list(module.parameters()), problem(), rates, validation=problem(seed=2))
    assert len(history.validation) <= history.best_epoch + 1 + rates.patience
    kept = sum(recalls(module, *problem(seed=2))) / 2
    assert kept == pytest.approx(max(history.validation), abs=1e-6)


def test_a_loss_that_is_not_finite_is_said() -> None:
    x, y = problem()
    x[0] = 0.0
    module = small()
    with pytest.raises(ModelError, match="not finite"):
        fit(module, list(module.parameters()), (x, y), QUICK)


@pytest.mark.parametrize("kind", ["linear", "attention"])
def test_adapters_change_nothing_at_first_and_train_alone(kind: str) -> None:
    torch.manual_seed(0)
    body = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True) if kind == "attention" else nn.Linear(8, 8)
    module = nn.Sequential()
    module.add_module("body", body)
    module.add_module("head", nn.Linear(8, 2))
    module.eval()
    x = torch.randn(5, 4, 8)
    before = module(x).detach()
    frozen = {k: v.clone() for k, v in module.state_dict().items()}
    added = add_low_rank(module, "head", rank=2)
    torch.testing.assert_close(module(x), before)
    optimiser = torch.optim.SGD(added, 0.5)
    for _ in range(2):
        optimiser.zero_grad()
        module(x).square().sum().backward()
        optimiser.step()
    assert not torch.allclose(module(x), before)
    originals = {k.replace("parametrizations.", "").replace(".original", ""): v for k, v in module.state_dict().items()}
    for key, value in frozen.items():
        assert torch.equal(originals[key], value), key
    assert sum(p.numel() for p in added) < sum(p.numel() for p in body.parameters())
