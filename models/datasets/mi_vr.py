"""MI-EEG-BCI-VR: one person imagines moving the left hand, the right hand or the feet; three bipolar channels.

- ``sample_trainingWitoutFeedback_r1.mat`` to ``_r6.mat`` (spelling as published): ``Data`` (3 channels, 1792 samples,
  36 trials) and ``cue_type`` (1 left hand, 2 right hand, 3 feet, as the authors' program says).
- A trial is 7 s: a beep at 2 s, the cue at 3 s; between trials 2 to 3 s at random were not kept.
- The files say who the person is. Only ``Data`` and ``cue_type`` are read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from models.dataset import About, Key, Labelled
from models.reading.epochs import spaced
from models.reading.fetching import fetch_listed
from models.reading.folder_data_set import FolderDataSet, Found
from models.reading.mat_files import named, read_mat
from models.reading.streams import eeg_spec
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

LABELS = {1: "left_hand", 2: "right_hand", 3: "feet"}
CUE_S, TRIAL_S, GAP_S = 3.0, 7.0, 2.5
WINDOW_S = 3.9
"""A little less than the imagery: stages that resample deliver the last 50 ms of an epoch too late to be in it."""
SUBJECT = "1"
ABOUT = About(
    title="MI-EEG-BCI-VR",
    paradigm="cued imagery of left hand, right hand or feet, without feedback",
    task="classification",
    classes=tuple(LABELS.values()),
    n_subjects=1,
    n_sessions=1,
    channels=("bipolar 1", "bipolar 2", "bipolar 3"),
    rate_hz=256.0,
    unit="uV",
    window_s=WINDOW_S,
    metric="balanced_accuracy",
    citation="Afdideh et al. 2012, ICEE, doi:10.1109/IranianCEE.2012.6292612; data doi:10.17632/p9y27y66jb.1",
    licence="MIT",
    url="https://github.com/fardinafdideh/MI-EEG-BCI-VR",
    access="open",
    how_to_get="Get the folder code/data of https://github.com/fardinafdideh/MI-EEG-BCI-VR (open).",
    cautions=(
        "There is one person: nothing here supports a claim about people in general.",
        "Rate, cue times and class numbers are those of the authors' program; the files state none of them.",
        "The channels are bipolar, near C3, Cz and C4; which is which is not stated.",
        "The unit is not stated; the samples behave like volts and are read so.",
        "The time between trials was drawn at random and not kept: gaps stand for their mean.",
        "The run with feedback is left out: its trials are longer.",
    ),
)


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder with sample_trainingWitoutFeedback_rN.mat.")


class MiVr(FolderDataSet):
    """The data set in a folder."""

    about = ABOUT
    layout = "sample_trainingWitoutFeedback_rN.mat"

    def find(self) -> Found:
        """Return the runs."""
        paths = self.folder.glob("sample_trainingWitoutFeedback_r[1-6].mat")
        return {Key(SUBJECT, run=path.stem[-1]): (path,) for path in paths}

    def read(self, key: Key) -> Labelled:
        """Read one run; a trial lasts from its cue to its end.

        Raises
        ------
        RecordingError
            If the file is absent or damaged.
        """
        (path,) = self.files(key)
        found = read_mat(path, ("Data", "cue_type"))
        data, cues = found["Data"], named(found["cue_type"], LABELS, path)
        n_samples = round(TRIAL_S * ABOUT.rate_hz)
        if data.ndim != 3 or data.shape != (len(ABOUT.channels), n_samples, len(cues)):
            raise RecordingError(f"{path}: Data is {data.shape}, not (3, {n_samples}, {len(cues)})")
        epochs = data.transpose(2, 1, 0) * 1e6
        spec = eeg_spec(ABOUT.channels, ABOUT.rate_hz, f"MI-VR run {key.run}", "bipolar")
        return Labelled(key, spec, *spaced(epochs, cues, ABOUT.rate_hz, GAP_S, (CUE_S, TRIAL_S)))


def build(settings: Settings) -> MiVr:
    """Make the data set."""
    return MiVr(Path(settings.folder))


def fetch(folder: Path, tell: Callable[[str], None]) -> None:
    """Download the six runs.

    Raises
    ------
    RecordingError
        If GitHub cannot be reached or a file is not what was published.
    """
    fetch_listed("mi_vr", folder, tell)
