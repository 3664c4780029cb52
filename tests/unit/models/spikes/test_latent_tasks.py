"""PNBA and miVAE by their tasks: what is left in the folder; a stopped run goes on to the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.offline_checkpoint import load_offline
from models.spikes.pnba.network import Architecture, Pnba
from models.spikes.training_data import SpikeData, sessions, targets
from models.training.task import QuietProgress, Stopped, TrainingTask
from pipelines.errors import ConfigError
from pipelines.plugins import make

REACH = {"layout": "simulated_reach", "animals": 2, "repeats": 3, "n_bins": 12}
FILMS = {"layout": "simulated_films", "animals": 2, "repeats": 6}


def task(kind: str, data: dict[str, Any], **settings: Any) -> TrainingTask:
    made: TrainingTask = make("tasks", {"kind": kind, "data": data, "batch_size": 8, **settings})
    return made


class StopsAfter(QuietProgress):
    """Wants the end after so many steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._left = steps

    def advance(self, n: int = 1, **figures: float) -> None:
        self._left -= n
        self.stop_requested = self._left <= 0


@pytest.mark.parametrize("kind", ["pnba", "mivae"])
def test_a_stopped_run_goes_on_to_the_same_weights_and_card(kind: str, tmp_path: Path) -> None:
    settings = {"epochs": 3, "seed": 4, **({"few_shot_steps": 2, "width": 16} if kind == "pnba" else {"width": 16})}
    found = []
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
        progress = QuietProgress()
        if name == "stopped":
            with pytest.raises(Stopped):
                task(kind, REACH, **settings).run(tmp_path / name, StopsAfter(8))
            assert (tmp_path / name / "state.pt").exists()
            torch.manual_seed(99)
        task(kind, REACH, **settings).run(tmp_path / name, progress)
        found.append(load_offline(tmp_path / name, kind))
        assert not (tmp_path / name / "state.pt").exists()
        assert (tmp_path / name / "loss.png").stat().st_size > 1000
    whole, stopped = found
    assert whole.tensors.keys() == stopped.tensors.keys()
    assert all(np.array_equal(stopped.tensors[key], value) for key, value in whole.tensors.items())
    card = whole.card
    assert set(card.training.files) == {"animal 0, session 0", "animal 1, session 0"}
    assert all(len(digest) == 64 for digest in card.training.files.values())
    unseen = card.metrics["unseen"]
    assert {"global rate", "PCA"} < unseen.keys()
    assert all(-1 <= figures["r"] <= 1 for name, figures in unseen.items() if name != "protocol")
    assert not any("animal 2" in key or "animal 3" in key for key in whole.tensors)


def test_a_checkpoint_makes_the_network_again(tmp_path: Path) -> None:
    task("pnba", REACH, epochs=1, few_shot_steps=1, width=16).run(tmp_path, QuietProgress())
    kept = load_offline(tmp_path, "pnba")
    tensors = {name: torch.from_numpy(value) for name, value in kept.tensors.items()}
    network = Pnba(Architecture(**kept.card.architecture), tensors["covariate_mean"], tensors["covariate_scale"])
    for trials in sessions(SpikeData(**REACH)).learned:
        network.units.add_session(f"{trials.units.subject}, session {trials.units.session}", trials.units.n_units)
    network.load_state_dict(tensors)


def test_attribution_of_films_is_drawn(tmp_path: Path) -> None:
    task("mivae", FILMS, epochs=1, width=8, n_shared=2).run(tmp_path, QuietProgress())
    assert (tmp_path / "attribution.png").stat().st_size > 5000


def test_data_say_what_is_missing() -> None:
    with pytest.raises(ConfigError, match=r"pnba: data.layout = 'tape'"):
        task("pnba", {"layout": "tape"})
    with pytest.raises(ConfigError, match=r"mivae: data.folder = ''"):
        task("mivae", {"layout": "monkey_two"})
    with pytest.raises(ConfigError, match="not there: animal 77"):
        sessions(SpikeData(**REACH, held_out=("animal 77",)))
    there = sessions(SpikeData(**REACH, held_out=("animal 0",)))
    assert [t.units.subject for t in there.unseen] == ["animal 0"]
    assert targets(there.unseen, "velocity")[0].shape == (24, 12, 2)
