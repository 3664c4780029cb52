"""The shipped decoder on the electrodes a headset has: which set decides, what is said, what is refused."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from bci_app.assembly import build
from bci_app.calibration_verb import judge_rest
from bci_app.config import validate
from bci_app.sinks.xdf_recorder import Settings, XdfRecorder
from bci_app.summary import Summary
from models.checkpoints import SHIPPED
from models.datasets.eegmat import CHANNELS
from models.training.electrode_sets import CYTON_8, SMALLER
from pipelines.errors import ChannelMismatch
from tests.unit.bci_app.engine_parts import Keeper, run
from tests.unit.bci_app.recorder_parts import ROOMY

MUSE = ("TP9", "AF7", "AF8", "TP10")
MORE = (*CHANNELS, "AFz", "Fpz", "FC1", "FC2", "CP1", "CP2", "Oz", "POz", "FC5", "FC6", "CP5", "CP6", "TP9")


def decided(channels: tuple[str, ...], *sinks: Any) -> Keeper:
    source = {"channels": list(channels), "first_rest_s": 20.0}
    return run(source, sinks, duration_s=26.0, name="workload", calibration={"rest_s": 15.0})


@pytest.mark.parametrize(
    ("channels", "model", "told"),
    [
        (CHANNELS, "workload-riemann-2", ""),
        (MORE, "workload-riemann-2", ""),
        (SMALLER[0].electrodes, "workload-riemann-2-cyton_16", "has 16 of the 19 electrodes"),
        (tuple(n for n in CHANNELS if n != "Cz"), "workload-riemann-2-cyton_16", "has 18 of the 19 electrodes"),
        (CYTON_8, "workload-riemann-2-cyton_8", "0.82 balanced accuracy on people left out"),
        (MUSE, "workload-riemann-2-muse_4", "trained on T7 for TP9, F7 for AF7, F8 for AF8, T8 for TP10"),
    ],
    ids=["19", "32", "16", "18", "8", "Muse"],
)
def test_the_set_that_the_headset_has_decides_and_says_so(channels: tuple[str, ...], model: str, told: str) -> None:
    keeper = decided(channels)
    assert keeper.session is not None
    assert keeper.session.model_id == model
    assert {d.model_id for d in keeper.decisions} == {model}
    assert len(keeper.decisions) > 5
    assert all(d.prediction_set and d.unfamiliarity is not None for d in keeper.decisions)
    notices = [text for text in keeper.notices if "decides instead" in text]
    assert [told in text for text in notices] == ([True] if told else [])


def test_electrodes_that_no_set_covers_are_refused_before_anything_runs() -> None:
    with pytest.raises(ChannelMismatch) as refusal:
        decided(("Fz", "Cz", "Pz", "C3", "C4"))
    for text in (
        "cyton_8 (8) lacks Fp1, Fp2, P7, P8, O1, O2",
        "muse_4 (4) lacks TP9, AF7, AF8, TP10",
        "name the chann",
    ):
        assert text in str(refusal.value)


def test_electrodes_count_under_the_names_the_session_gives_them() -> None:
    wrong = ("Cz", "Fz", "Pz", "Oz")
    settings = {
        "source": {"kind": "synthetic", "speed": "max", "channels": list(wrong)},
        "montage": [{"kind": "rename", "names": dict(zip(wrong, MUSE, strict=True))}],
        "decoder": {"name": "workload"},
    }
    summary = Summary()
    build(validate({**settings, "duration_s": 1.0}, "test"), [summary]).run(threading.Event())
    assert summary.session is not None
    assert summary.session.model_id == "workload-riemann-2-muse_4"


def test_a_recording_of_rest_is_judged_by_the_set_it_fits(tmp_path: Path) -> None:
    decided(MUSE, XdfRecorder(Settings(folder=str(tmp_path), **ROOMY)))
    (file,) = tmp_path.rglob("*.xdf")
    judgement = judge_rest(validate({"source": {"kind": "synthetic"}, "decoder": {"name": "workload"}}, "test"), file)
    assert (judgement.model_id, judgement.refusal) == ("workload-riemann-2-muse_4", "")


def test_every_shipped_set_is_there() -> None:
    assert {path.name for path in (SHIPPED / "workload" / "montages").iterdir()} == {s.name for s in SMALLER}
