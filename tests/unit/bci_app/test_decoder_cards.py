"""Cards of the decoders, and whether one fits a source."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from bci_app.cli import app
from bci_app.decoder_card import card_lines
from bci_app.decoder_cards import card_of, cards, fit
from pipelines.errors import CheckpointInvalid
from pipelines.signal import Channel, StreamSpec

CAP = StreamSpec(250.0, tuple(Channel(name) for name in ("EEG1", "C4", "Cz")), "cap")


def test_every_decoder_that_can_run_at_once_has_a_card() -> None:
    found = {card.name: card for card in cards()}
    assert {"workload", "alpha", "ssvep_cca"} <= set(found)
    assert "riemann" not in found, "it wants weights of its own"
    lines = dict(card_lines(found["workload"]))
    assert lines["Trained on"].startswith("EEGMAT")
    assert "chance 0.5" in lines["Accuracy"]
    assert dict(card_lines(found["alpha"]))["Accuracy"] == "not measured"


def test_a_folder_that_is_no_checkpoint_has_none() -> None:
    with pytest.raises(CheckpointInvalid):
        card_of("/nowhere")


def test_misfits_name_what_is_missing_and_the_montage_can_mend_them() -> None:
    values = {
        "source": {"kind": "synthetic"},
        "decoder": {"name": "alpha"},
        "stages": [{"kind": "select", "channels": ["C3"]}],
    }
    (fault,) = fit(values, CAP).faults
    assert "lacks C3" in fault
    assert not fit({**values, "montage": [{"kind": "rename", "names": {"EEG1": "C3"}}]}, CAP).faults
    assert not fit({**values, "decoder": None}, CAP).faults


def test_the_source_itself_is_asked_where_its_channels_are_unknown() -> None:
    values = {"source": {"kind": "synthetic", "channels": ["C3", "C4"]}, "decoder": {"name": "workload"}}
    (fault,) = fit(values).faults
    assert "lacks Fp1" in fault


def test_a_smaller_set_of_electrodes_is_a_remark() -> None:
    spec = StreamSpec(256.0, tuple(Channel(name) for name in ("TP9", "AF7", "AF8", "TP10")), "band")
    found = fit({"source": {"kind": "synthetic"}, "decoder": {"name": "workload"}}, spec)
    assert not found.faults
    assert "muse_4 decides instead" in found.remarks[0]


def test_the_cards_are_listed_from_the_command_line() -> None:
    result = CliRunner().invoke(app, ["decoders", "--json"])
    assert result.exit_code == 0
    assert {"workload", "alpha"} <= {card["name"] for card in json.loads(result.output)}
