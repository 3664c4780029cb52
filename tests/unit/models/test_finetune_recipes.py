"""The shipped fine-tuning files against the table of the published recipes."""

from __future__ import annotations

import math

import pytest

from bci_app.config import read_toml
from models.training.finetuning.network import architecture_of, montage_for
from models.training.finetuning.run import FineTuning
from models.training.shipped import find, shipped
from pipelines.plugins import configure
from pipelines.signal import Channel, StreamSpec

PUBLISHED = {
    # electrodes, seconds, classes, learning rate, weight decay, head dropout, widths of the head, activation
    "bci_iv_2a": (22, 4, 4, 1e-4, 0.01, 0.3, (17600, 800, 200, 4), "elu"),
    "physionet_mi": (64, 4, 4, 5e-5, 0.01, 0.3, (51200, 800, 200, 4), "elu"),
    "shu_mi": (30, 4, 2, 5e-4, 0.05, 0.1, (24000, 800, 200, 2), "elu"),
    "faced": (30, 10, 9, 5e-4, 0.1, 0.3, (60000, 2000, 200, 9), "elu"),
    "seed_v": (62, 1, 5, 5e-5, 0.1, 0.1, (12400, 800, 200, 5), "elu"),
    "chb_mit": (16, 10, 2, 1e-4, 0.05, 0.0, (32000, 2000, 200, 2), "elu"),
    "siena": (29, 10, 2, 1e-4, 0.05, 0.1, (58000, 2000, 200, 2), "elu"),
    "isruc": (6, 30, 5, 1e-3, 0.01, 0.1, (36000, 512, 5), "gelu"),
    "hmc": (4, 30, 5, 5e-5, 0.01, 0.1, (24000, 6000, 200, 5), "elu"),
    "bcic2020_3": (64, 3, 5, 1e-4, 0.01, 0.0, (38400, 600, 200, 5), "elu"),
    "seed_vig": (17, 8, 0, 5e-4, 0.01, 0.1, (27200, 1600, 200, 1), "elu"),
    "mental_arithmetic": (19, 5, 2, 1e-4, 0.1, 0.2, (19000, 1000, 200, 2), "gelu"),
    "mumtaz2016": (19, 5, 2, 5e-5, 0.05, 0.1, (19000, 1000, 200, 2), "elu"),
    "tuev": (16, 5, 6, 1e-4, 0.01, 0.1, (16000, 1000, 200, 6), "elu"),
    "tuab": (16, 10, 2, 1e-4, 0.05, 0.1, (32000, 2000, 200, 2), "elu"),
    "tusl": (19, 10, 3, 1e-4, 0.01, 0.1, (38000, 2000, 200, 3), "elu"),
}


def test_there_is_one_for_each_published_recipe() -> None:
    assert set(shipped()) == set(PUBLISHED)
    assert all(about.startswith("published recipe: ") for about in shipped().values())


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_recipe_is_the_published_one(name: str) -> None:
    n_channels, seconds, n_classes, rate, decay, dropout, widths, activation = PUBLISHED[name]
    module, settings = configure("tasks", read_toml(find(name)), name)
    task = module.build(settings)
    assert isinstance(task, FineTuning)
    t = settings.training
    assert (t.learning_rate, t.weight_decay, settings.head.dropout) == (rate, decay, dropout)
    assert (t.epochs, t.batch_size) == (50, 32 if name == "isruc" else 64)
    assert (t.layer_decay, t.head_rate, t.warmup_epochs, t.clip) == (1.0, 1.0, 0, 1.0)
    assert math.isclose(t.final_rate * t.learning_rate, 1e-6, rel_tol=1e-6)
    assert t.label_smoothing == (0.1 if n_classes > 2 else 0.0)
    assert settings.seed == {"seed_vig": 636, "mental_arithmetic": 1001}.get(name, 42)
    head = "sequence" if name == "isruc" else "flatten"
    assert (settings.adaptation, settings.head.kind, settings.head.activation) == ("full", head, activation)
    assert settings.head.context == 20
    datasets, table = configure("datasets", settings.data)
    about = datasets.build(table).about
    assert len(about.classes) == n_classes
    delivered = settings.recipe.pipeline(about).prepare(
        StreamSpec(about.rate_hz, tuple(Channel(channel) for channel in about.channels))
    )
    assert (delivered.rate_hz, delivered.n_channels, settings.recipe.window_s) == (200.0, n_channels, seconds)
    montage = montage_for(delivered.names, settings.montage)
    architecture = architecture_of(montage, settings.size, settings.head, 200 * seconds, "none")
    n_inputs = len(architecture.regions) * architecture.n_patches * architecture.d_model
    assert (n_inputs, *architecture.hidden, n_classes or 1) == widths
