"""What the subsets of the TUH EEG Corpus share: names of channels, and the montages of their benchmarks.

The corpus is recorded against one reference (``EEG FP1-REF``) or linked ears (``EEG FP1-LE``), and its recordings have
different channels and rates. A montage is what a benchmark takes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from models.reading.edf_files import EdfSignal, read_edf
from models.reading.streams import eeg_spec
from pipelines.signal import make_chunk

Montage = Literal["referential_23", "referential_19", "bipolar_16"]
# fmt: off
_SCALP_16 = ("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "F7", "F8", "T7", "T8", "P7", "P8")
_BIPOLAR = ("Fp1-F7", "F7-T7", "T7-P7", "P7-O1", "Fp2-F8", "F8-T8", "T8-P8", "P8-O2",
            "Fp1-F3", "F3-C3", "C3-P3", "P3-O1", "Fp2-F4", "F4-C4", "C4-P4", "P4-O2")
# fmt: on
MONTAGES: Mapping[Montage, tuple[str, ...]] = {
    "referential_23": (*_SCALP_16, "A1", "A2", "Fz", "Cz", "Pz", "T1", "T2"),
    "referential_19": (*_SCALP_16, "Fz", "Cz", "Pz"),
    "bipolar_16": _BIPOLAR,
}
"""AdaBrain-Bench; CSBrain's TUSL and pre-training; BIOT, CBraMod and CSBrain. T1 and T2 are anterior temporal leads."""
MONTAGE_WORDS = (
    "referential_23: all electrodes of AdaBrain-Bench; referential_19: the scalp electrodes every recording has; "
    "bipolar_16: the derivations of BIOT, CBraMod and CSBrain."
)
URL = "https://isip.piconepress.com/projects/nedc/html/tuh_eeg/"
LICENCE = "free for research under the agreement with the Neural Engineering Data Consortium; not to be passed on"
CITATION = "Obeid & Picone 2016, Front. Neurosci. 10:196, doi:10.3389/fnins.2016.00196"


def how_to_get(title: str, folder: str) -> str:
    """Return the words for a person who has not got a subset."""
    return f"{title} is given to those who sign the form at {URL}. The folder is the one that holds {folder}."


def read_montage(path: Path, montage: Montage, source_id: str) -> EdfSignal:
    """Read the channels of a montage.

    Raises
    ------
    RecordingError
        If the file is absent or damaged, or lacks electrodes of the montage.
    """
    wanted = MONTAGES[montage]
    if montage != "bipolar_16":
        return read_edf(path, wanted, source_id, reference="as recorded")
    signal = read_edf(path, _SCALP_16, source_id)
    place = {name: index for index, name in enumerate(_SCALP_16)}
    first, second = (
        [place[electrode] for electrode in side]
        for side in zip(*(derivation.split("-") for derivation in wanted), strict=True)
    )
    spec = eeg_spec(wanted, signal.spec.rate_hz, source_id, "bipolar")
    chunks = tuple(
        make_chunk(chunk.samples[:, first] - chunk.samples[:, second], chunk.times_s, chunk.first_index)
        for chunk in signal.chunks
    )
    return EdfSignal(spec, chunks, signal.clock_s)
