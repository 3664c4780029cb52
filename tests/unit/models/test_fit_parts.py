"""What the training loop is made of: targets that are numbers, rates, augmentation, its state."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from models.training.augmentation import Augmentation, band_noise, kept_channels, mixed, shifted
from models.training.fit import FitSettings, fit
from models.training.fit_state import FitState
from models.training.layer_rates import rate_factors
from models.training.objectives import balanced_accuracy, objective, r_squared
from models.training.task import QuietProgress, Stopped

RATE_HZ = 200.0


def luck(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Power(nn.Module):
    """Log power of two channels, and a line; dropout makes it depend on torch's own generator."""

    def __init__(self, n_outputs: int = 2) -> None:
        super().__init__()
        self.body = nn.Linear(2, 8)
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(8, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.dropout(torch.relu(self.body(x.square().mean(dim=-1).add(1e-3).log()))))


def classes(n: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    y = torch.arange(n) % 2
    x = torch.randn(n, 2, 40, generator=luck(1))
    x[:, 1] *= 1 + 2.0 * y[:, None]
    return x, y


def train(module: nn.Module, out: Path | None = None, progress: QuietProgress | None = None, **settings: int):
    torch.manual_seed(9)
    chosen = FitSettings(epochs=6, batch_size=16, learning_rate=1e-2, warmup_epochs=1, **settings)
    augment = Augmentation(time_shift_s=0.02, channel_dropout=0.2, noise=0.1, mixup=0.3).augment(RATE_HZ, 2)
    state = FitState(out / "state.pt") if out else None
    held_out = classes(30)
    return fit(
        module, list(module.parameters()), classes(), chosen, held_out, augment=augment, state=state, progress=progress
    )


class StopAt(QuietProgress):
    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step

    def advance(self, n: int = 1, **figures: float) -> None:
        self.step -= n
        self.stop_requested = self.step <= 0


def fresh() -> Power:
    torch.manual_seed(4)
    return Power()


@pytest.mark.parametrize("step", [1, 5, 13])
def test_stopped_anywhere_and_taken_up_it_ends_with_the_same_bits(tmp_path: Path, step: int) -> None:
    whole = fresh()
    history = train(whole)
    with pytest.raises(Stopped, match="epochs are kept"):
        train(fresh(), tmp_path, StopAt(step))
    again = fresh()
    torch.manual_seed(1234)  # what a new process would have
    assert train(again, tmp_path) == history
    for key, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[key]), key


def test_a_finished_training_is_not_trained_further(tmp_path: Path) -> None:
    first, second = fresh(), fresh()
    history = train(first, tmp_path)
    assert train(second, tmp_path, StopAt(1)) == history
    assert torch.equal(first.head.weight, second.head.weight)


def test_early_stop_counts_from_the_best_epoch(tmp_path: Path) -> None:
    module = fresh()
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    module.head.bias.requires_grad_(True)
    history = fit(
        module, [module.head.bias], classes(), FitSettings(epochs=20, learning_rate=1e-12, patience=2), classes(30)
    )
    assert (history.best_epoch, len(history.validation)) == (0, 3)


def test_numbers_are_learnt_by_squared_error_and_judged_by_their_variance() -> None:
    x, _ = classes(80)
    y = 0.5 * x[:, 0].square().mean(dim=-1)
    module = Power(1)
    module.dropout.p = 0.0
    settings = FitSettings(epochs=120, batch_size=16, learning_rate=1e-2, patience=120)
    history = fit(module, list(module.parameters()), (x, y), settings, (x[:40], y[:40]))
    assert max(history.validation) > 0.5
    assert r_squared(y[:, None], y) == 1.0
    assert r_squared(torch.full((80, 1), float(y.mean())), y) == pytest.approx(0.0, abs=1e-6)
    assert r_squared(torch.zeros(3, 1), torch.ones(3)) == 0.0


def test_balance_makes_a_rare_class_count_as_much() -> None:
    y = torch.tensor([0] * 9 + [1])
    said = torch.zeros(10, 2)
    said[:, 0] = 3.0  # "class 0", always
    plain, balanced = (objective(y, 0.0, balance=b).loss(said, y) for b in (False, True))
    assert balanced > plain
    assert balanced_accuracy(said, y) == 0.5


def test_a_factor_scales_the_step_of_its_parameters_alone() -> None:
    moved = {}
    for factors in ([1.0, 1.0, 1.0, 1.0], [0.1, 0.1, 1.0, 1.0]):
        module = fresh()
        module.dropout.p = 0.0
        before = {k: v.clone() for k, v in module.state_dict().items()}
        settings = FitSettings(epochs=1, batch_size=60, learning_rate=1e-3, weight_decay=0.0, warmup_epochs=0)
        fit(module, list(module.parameters()), classes(), settings, factors=factors)
        moved[factors[0]] = {k: float((v - before[k]).abs().max()) for k, v in module.state_dict().items()}
    assert moved[0.1]["body.weight"] == pytest.approx(0.1 * moved[1.0]["body.weight"], rel=1e-3)
    assert moved[0.1]["head.weight"] == pytest.approx(moved[1.0]["head.weight"], rel=1e-5)


def test_deeper_layers_get_smaller_rates() -> None:
    module = nn.Module()
    module.embedding = nn.Linear(2, 2, bias=False)
    module.encoder = nn.Module()
    module.encoder.layers = nn.ModuleList(nn.Linear(2, 2, bias=False) for _ in range(3))
    module.head = nn.Linear(2, 2, bias=False)
    factors = rate_factors(module, list(module.parameters()), "head", 5.0, 0.5)
    assert factors == [0.125, 0.25, 0.5, 1.0, 5.0]


def test_shift_moves_windows_and_mirrors_their_ends() -> None:
    x = torch.arange(10.0).repeat(50, 2, 1)
    out = shifted(x, 3, luck())
    firsts = out[:, 0, 5] - 5
    assert set(firsts.tolist()) == {-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0}
    row = int((firsts == 3).nonzero()[0])
    assert out[row, 0].tolist() == [3, 4, 5, 6, 7, 8, 9, 8, 7, 6]
    assert torch.equal(out[:, 0], out[:, 1])  # all channels alike


def test_noise_has_its_band_and_its_strength() -> None:
    x = 7.0 * torch.randn(4, 3, 2000, generator=luck(1))
    noise = band_noise(x, 0.2, (8.0, 12.0), RATE_HZ, luck())
    torch.testing.assert_close(noise.std(dim=-1), 0.2 * x.std(dim=-1), rtol=1e-4, atol=0)
    power = torch.fft.rfft(noise).abs().square().sum(dim=(0, 1))
    frequencies = torch.fft.rfftfreq(2000, 1 / RATE_HZ)
    inside = (frequencies >= 8) & (frequencies <= 12)
    assert power[~inside].sum() < 1e-6 * power[inside].sum()


def test_some_channels_fall_silent_and_never_all() -> None:
    kept = kept_channels(torch.ones(500, 4, 3), 0.5, luck())
    assert kept.shape == (500, 4, 1)
    assert kept.sum(dim=1).min() >= 1
    assert 0.4 < float(kept.mean()) < 0.6
    assert kept_channels(torch.ones(100, 2, 3), 0.99, luck()).sum(dim=1).min() >= 1


def test_mixing_keeps_signs_power_and_shares() -> None:
    x, y = classes(400)
    windows, shares = mixed(x, y, 0.4, 2, luck())
    assert torch.allclose(shares.sum(dim=1), torch.ones(400))
    own = shares[torch.arange(400), y]
    assert own.min() >= 0.5
    # Each window still goes with itself: it is never turned upside down.
    assert (windows * x).sum(dim=(1, 2)).min() > 0
    assert windows.square().mean() == pytest.approx(float(x.square().mean()), rel=0.1)
    _, numbers = mixed(x, y.float(), 0.4, 0, luck())
    assert numbers.shape == y.shape


def test_nothing_asked_for_is_no_augmentation() -> None:
    assert Augmentation().augment(RATE_HZ, 2) is None
