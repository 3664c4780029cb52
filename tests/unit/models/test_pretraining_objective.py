"""What is hidden and what is to be found: the same channel on both sides; the released defect on request alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from models.csbrain.montages import published
from models.training.pretraining.loop import LoopSettings, rate
from models.training.pretraining.networks import Networks, Size
from models.training.pretraining.objective import Baselines, draw_mask, masked_error, targets

SMALL = Size(n_layers=1, d_model=40, n_heads=4, d_ff=40)


def test_masks_hide_the_share_asked_for_and_depend_on_the_seed_alone() -> None:
    mask = draw_mask((50, 19, 30), 0.3, 7)
    assert abs(float(mask.float().mean()) - 0.3) < 0.01
    assert torch.equal(mask, draw_mask((50, 19, 30), 0.3, 7))
    assert not torch.equal(mask, draw_mask((50, 19, 30), 0.3, 8))


def test_targets_stand_where_the_answers_do_and_the_released_ones_do_not() -> None:
    montage = published("pretraining")
    order = torch.tensor(montage.order)
    x = torch.arange(19.0).reshape(1, 19, 1, 1).expand(1, 19, 1, 200)
    assert targets(x, order)[0, :, 0, 0].tolist() == list(montage.order)
    released = targets(x, order, official=True)[0, :, 0, 0].int()
    # 4 of 19 slots agree: Fp1, F3, T8 and Cz (specification, quirk 7).
    assert torch.nonzero(released == order).flatten().tolist() == [0, 2, 13, 17]


def test_the_slot_that_is_hidden_is_the_slot_of_its_target() -> None:
    """The network's answer for a slot must not depend on the signal that is the slot's target when that is hidden."""
    (network,) = [Networks([published("pretraining")], SMALL, 0, torch.device("cpu")).first.eval()]
    x = torch.randn(1, 19, 2, 200, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(1, 19, 2, dtype=torch.bool)
    mask[0, 4, 1] = True
    changed = x.clone()
    changed[0, network.order[4], 1] += 1.0
    assert torch.equal(network(x, mask), network(changed, mask))
    assert not torch.equal(targets(x, network.order)[0, 4, 1], targets(changed, network.order)[0, 4, 1])


def test_the_error_counts_hidden_patches_alone() -> None:
    wanted, answer = torch.zeros(1, 2, 3, 200), torch.ones(1, 2, 3, 200)
    answer[0, 1] = 3.0
    mask = torch.tensor([[[True, False, True], [False, False, True]]])
    assert float(masked_error(answer, wanted, mask)) == 1 + 1 + 9


def test_baselines_are_nothing_the_mean_and_the_visible_electrodes() -> None:
    wanted = torch.stack([torch.full((2, 200), value) for value in (1.0, 3.0, 5.0)]).unsqueeze(0)
    mask = torch.tensor([[[True, True], [False, True], [False, True]]])
    mean = torch.tensor([1.0, 2.0, 3.0]).reshape(3, 1).expand(3, 200)
    zero, training, visible = Baselines({0: mean}).errors(0, wanted, mask).tolist()
    assert zero == 1 + 1 + 9 + 25
    assert training == 0 + 0 + 1 + 4
    assert visible == (1 - 4) ** 2 + 1 + 9 + 25  # where none is visible, zero


def test_montages_share_every_weight_and_sort_by_their_own_order() -> None:
    montages = [published("eegmat"), published("hmc")]
    networks = Networks(montages, SMALL, 3, torch.device("cpu"))
    one, two = (dict(networks.of(m).named_parameters()) for m in montages)
    assert one.keys() == two.keys()
    assert all(one[name] is two[name] for name in one)
    assert networks.of(montages[1])(torch.zeros(2, 4, 3, 200)).shape == (2, 4, 3, 200)
    assert "patch_embedding.mask_encoding" not in networks.trained()
    again = Networks(montages[::-1], SMALL, 3, torch.device("cpu"))
    assert all(torch.equal(a, again.weights()[name]) for name, a in networks.weights().items())


def test_the_rate_rises_and_falls_as_said() -> None:
    settings = LoopSettings(
        1, 1, 1e-3, 1e-5, 10, 0, 1, 0, 0.5, official_targets=False, half=False, seed=0, save_every=1
    )
    rates = [rate(step, 110, settings) for step in range(110)]
    np.testing.assert_allclose(rates[:10], np.linspace(1e-4, 1e-3, 10))
    assert abs(rates[60] - (1e-3 + 1e-5) / 2) < 1e-9
    assert rates[-1] < 1.1e-5
    assert all(a >= b for a, b in pairwise(rates[9:]))


def test_the_first_answers_are_zero_unless_the_released_beginning_is_asked_for() -> None:
    x = torch.randn(1, 4, 3, 200, generator=torch.Generator().manual_seed(0))
    for first_answer in ("zero", "random"):
        size = SMALL.model_copy(update={"first_answer": first_answer})
        network = Networks([published("hmc")], size, 3, torch.device("cpu")).first.eval()
        assert bool((network(x) == 0).all()) == (first_answer == "zero")
