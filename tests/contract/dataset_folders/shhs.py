"""SHHS as published: two EEG channels whose labels name no electrode, and an epoch that could not be scored."""

from __future__ import annotations

from pathlib import Path

from models.dataset import Key
from tests.contract.dataset_folders.nights import write_night

XML = """<?xml version="1.0"?>
<CMPStudyConfig><EpochLength>30</EpochLength><StepChannels/><ScoredEvents/><CardioEvents/>
<SleepStages>{}</SleepStages></CMPStudyConfig>"""


def make(folder: Path) -> dict[Key, list[str | float]]:
    for subject in ("200010", "205789", "200001"):  # the last is not of the benchmark
        write_night(folder / f"polysomnography/edfs/shhs1/shhs1-{subject}.edf", 125.0, ["EEG(sec)", "EEG"], 150)
        path = folder / f"polysomnography/annotations-events-profusion/shhs1/shhs1-{subject}-profusion.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(XML.format("".join(f"<SleepStage>{code}</SleepStage>" for code in (0, 2, 9, 4, 5, 0))))
    return {Key(subject): ["W", "N2", "N3", "R"] for subject in ("200010", "205789")}
