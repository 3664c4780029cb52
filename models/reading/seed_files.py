"""What the emotion data sets of the SEED family share: the cap, and clips as variables ``<initials>_eeg<number>``.

The names of variables hold a person's initials: only the numbers behind them are used.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.dataset import Key, Labelled, Part, PublishedSplit, Trial
from models.reading.listed_splits import numbered
from models.reading.mat_files import mat_names, read_mat
from models.reading.streams import eeg_spec, one_chunk
from pipelines.errors import RecordingError

RATE_HZ = 200.0
# fmt: off
CHANNELS = ("Fp1", "Fpz", "Fp2", "AF3", "AF4", "F7", "F5", "F3", "F1", "Fz", "F2", "F4", "F6", "F8",
            "FT7", "FC5", "FC3", "FC1", "FCz", "FC2", "FC4", "FC6", "FT8", "T7", "C5", "C3", "C1", "Cz", "C2", "C4",
            "C6", "T8", "TP7", "CP5", "CP3", "CP1", "CPz", "CP2", "CP4", "CP6", "TP8",
            "P7", "P5", "P3", "P1", "Pz", "P2", "P4", "P6", "P8", "PO7", "PO5", "PO3", "POz", "PO4", "PO6", "PO8",
            "CB1", "O1", "Oz", "O2", "CB2")
# fmt: on
LICENCE = "research use under the SEED licence agreement"
ALIKE = "Windows of one clip are much alike: split by clip, session or subject, never by window."
NO_UNIT = "The files name no unit; the literature reads them as microvolts."


def how_to_get(title: str, holds: str) -> str:
    """Return the words for a person who has not got a data set of the family."""
    return (
        f"{title} is given to those who sign its licence agreement: https://bcmi.sjtu.edu.cn/home/seed/. "
        f"The folder is the one that holds {holds}."
    )


def adabrain_splits(validation_at: int, test_at: int, last: int) -> dict[str, PublishedSplit]:
    """Return the splits of AdaBrain-Bench: by subject, and by numbers of clips, where validation and test begin."""
    clips = [(1, validation_at - 1), (validation_at, test_at - 1), (test_at, last)]
    said = "{}-{}, {}-{} and {}-{}".format(*(number for pair in clips for number in pair))
    train, validation, test = (Part(runs=numbered("{:02d}", range(a, b + 1))) for a, b in clips)
    return {
        "adabrain_cross_subject": PublishedSplit(
            "AdaBrain-Bench: its validation windows come from the training subjects; ours sets subjects aside instead",
            train=(Part(numbered("{:02d}", range(1, 13))),),
            test=(Part(numbered("{:02d}", range(13, 16))),),
        ),
        "adabrain_multi_subject": PublishedSplit(
            f"AdaBrain-Bench: clips {said} of each session; people and sessions are on all sides",
            train=(train,),
            validation=(validation,),
            test=(test,),
        ),
    }


def clip(path: Path, key: Key, label: str, title: str) -> Labelled:
    """Read the clip whose number is the key's run; the whole of it is one trial.

    Raises
    ------
    RecordingError
        If the file is absent or damaged, or lacks the clip.
    """
    wanted = [name for name in mat_names(path) if re.search(rf"eeg_?{int(key.run)}$", name, re.IGNORECASE)]
    if len(wanted) != 1:
        raise RecordingError(f"{path}: has {len(wanted)} variables for clip {int(key.run)}, not one")
    data: NDArray[np.float64] = read_mat(path, wanted)[wanted[0]]
    if data.ndim != 2 or data.shape[0] != len(CHANNELS):
        raise RecordingError(f"{path}: clip {int(key.run)} is {data.shape}, not ({len(CHANNELS)}, n_samples)")
    source_id = f"{title} subject {key.subject} session {key.session} clip {key.run}"
    chunk = one_chunk(data.T, RATE_HZ)
    return Labelled(
        key, eeg_spec(CHANNELS, RATE_HZ, source_id), (chunk,), (Trial(0.0, chunk.n_samples / RATE_HZ, label),)
    )
