"""Training of SynBrain and MindAligner on a tiny simulated data set: a run gone on with equals one in a go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.fmri.synbrain.generator import load
from models.offline_checkpoint import load_offline
from models.training.task import QuietProgress, Stopped
from pipelines import plugins

SOURCE = {"kind": "simulated_fmri", "n_subjects": 2, "n_voxels": 24, "n_images": 60, "n_test": 30, "n_repeats": 2,
          "code_dim": 8, "n_shared": 4, "n_private": 2}  # fmt: skip
TABLES: dict[str, dict[str, Any]] = {
    "synbrain": {
        "data": {"source": SOURCE}, "mapper": {"depth": 1, "width": 8, "heads": 2}, "vae": {"rank": 2, "length": 8},
        "learning": {"vae_epochs": 3, "mapper_epochs": 2, "batch_size": 32, "latent_rank": 2},
    },
    "mindaligner": {"data": {"source": SOURCE, "images": 40}, "learning": {"epochs": 3}, "ship": "btm"},
}  # fmt: skip


class StopsAfter(QuietProgress):
    """Wants the end after so many steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._left = steps

    def advance(self, n: int = 1, **figures: float) -> None:
        self._left -= n
        self.stop_requested = self._left <= 0


def _run(kind: str, out: Path, progress: QuietProgress) -> None:
    out.mkdir(exist_ok=True)
    plugins.make("tasks", {"kind": kind, **TABLES[kind]}).run(out, progress)


@pytest.mark.parametrize(("kind", "steps"), [("synbrain", 5), ("synbrain", 11), ("mindaligner", 4)])
def test_a_run_that_was_stopped_ends_as_one_that_was_not(kind: str, steps: int, tmp_path: Path) -> None:
    _run(kind, tmp_path / "whole", QuietProgress())
    with pytest.raises(Stopped):
        _run(kind, tmp_path / "halves", StopsAfter(steps))
    _run(kind, tmp_path / "halves", QuietProgress())
    whole, halves = (load_offline(tmp_path / name, kind) for name in ("whole", "halves"))
    for name, tensor in whole.tensors.items():
        np.testing.assert_array_equal(halves.tensors[name], tensor)
    assert whole.card.metrics["models"].keys() >= {"mean" if kind == "synbrain" else "mean predictor"}
    assert all(len(digest) == 64 for digest in whole.card.training.files.values())
    assert list((tmp_path / "whole").glob("*.png"))
    assert not list((tmp_path / "halves").glob("*.pt"))


def test_a_new_subject_follows_from_a_checkpoint(tmp_path: Path) -> None:
    _run("synbrain", tmp_path / "first", QuietProgress())
    table = {**TABLES["synbrain"], "subject": "01", "adapt_from": str(tmp_path / "first")}
    table["data"] = {"source": SOURCE, "images": 20}
    (tmp_path / "second").mkdir()
    plugins.make("tasks", {"kind": "synbrain", **table}).run(tmp_path / "second", QuietProgress())
    assert len(load(tmp_path / "second").vae.scale.mean) == 26
