"""Estimators of ours inside MOABB's own evaluations, beside one of pyriemann's pipelines; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyriemann.classification import MDM
from pyriemann.estimation import Covariances
from sklearn.pipeline import make_pipeline

from pipelines.plugins import make

pytest.importorskip("moabb", reason="MOABB is not installed (pip install 'bci-app[bench]')")

# What MOABB and what it imports have to say of themselves is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

RATE_HZ = 128.0


def dataset() -> Any:
    """MOABB's fabricated people; those who imagine feet get beta over Cz."""
    from moabb.datasets.fake import FakeDataset

    class Imagery(FakeDataset):  # type: ignore[misc]
        def _generate_raw(self, n_events: int, duration: float) -> Any:
            raw = super()._generate_raw(n_events, duration)
            stim = raw.get_data()[raw.ch_names.index("stim")]
            wave = 2e-5 * np.sin(2 * np.pi * 20.0 * np.arange(round(3 * RATE_HZ)) / RATE_HZ)
            cz = raw.ch_names.index("Cz")
            for at in np.flatnonzero(stim == self.event_id["feet"]):
                part = raw._data[cz, at : at + len(wave)]
                part += wave[: len(part)]
            return raw

    return Imagery(["left_hand", "feet"], n_sessions=2, n_runs=1, n_subjects=3, seed=7, n_events=24, duration=120)


def pipelines() -> dict[str, Any]:
    ours = {
        kind: make("estimators", {"kind": kind}).set_params(rate_hz=RATE_HZ) for kind in ("bandpower_lda", "csp_lda")
    }
    return {**ours, "pyriemann": make_pipeline(Covariances("oas"), MDM())}


@pytest.mark.parametrize("name", ["WithinSessionEvaluation", "CrossSubjectEvaluation"])
def test_moabb_evaluates_ours_beside_its_own(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_MNE_FAKE_HOME_DIR", str(tmp_path))
    monkeypatch.setenv("MNE_DATA", str(tmp_path))
    monkeypatch.setenv("MOABB_RESULTS", str(tmp_path))
    from moabb import evaluations
    from moabb.paradigms import MotorImagery

    paradigm = MotorImagery(events=["left_hand", "feet"], n_classes=2, fmin=4.0, fmax=45.0)
    evaluation = getattr(evaluations, name)(
        paradigm=paradigm, datasets=[dataset()], random_state=1, overwrite=True, hdf5_path=str(tmp_path)
    )
    results = evaluation.process(pipelines())
    assert set(results["pipeline"]) == {"bandpower_lda", "csp_lda", "pyriemann"}
    counts = results.groupby("pipeline")["score"].count()
    # Three people with two sessions each.
    assert counts.to_dict() == dict.fromkeys(counts.index, 6)
    assert results["score"].notna().all()
    means = results.groupby("pipeline")["score"].mean()
    assert means["bandpower_lda"] > 0.8, means.to_dict()
    assert means["csp_lda"] > 0.8, means.to_dict()
