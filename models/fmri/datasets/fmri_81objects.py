"""81 object categories, one subject: mean betas in seven regions, with AlexNet and word2vec features.

``roi_data.npz`` holds ``betas`` (81, 696), ``conds``, ``roi_index`` from 1 and ``rois``; ``alexnet.mat`` (81, 20) and
``word2vec.mat`` (81, 30) hold principal components of features. Rows correspond.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import Field

from models.fmri.array_files import read_npz
from models.fmri.dataset import FmriAbout
from models.fmri.features import Features
from models.fmri.responses import Responses, Trials, Voxels
from models.fmri.splits import Split
from models.reading.mat_files import read_mat
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

FEATURES = ("alexnet", "word2vec")
ABOUT = FmriAbout(
    title="81 objects",
    stimuli="photographs of 81 categories of objects, ten of each",
    citation="QuantumMatter/cracking-the-code-dw1",
    licence="not stated",
    url="https://github.com/QuantumMatter/cracking-the-code-dw1",
    how_to_get="Get roi_data (as npz), alexnet.mat and word2vec.mat from the repository named in 'url'.",
    cautions=(
        "Betas are means of ten images: no trials, no time axis, no noise ceiling.",
        "With 81 items cross-validated predictions lean against the left-out mean: chance is below 0.",
    ),
)


class Settings(PluginSettings):
    """Where the files are."""

    folder: str = Field("", description="Folder with roi_data.npz, alexnet.mat and word2vec.mat.")


class Objects81:
    """The data set in a folder."""

    about = ABOUT

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def subjects(self) -> tuple[str, ...]:
        """Return the one subject."""
        if not (self._folder / "roi_data.npz").is_file():
            raise RecordingError(f"{self._folder / 'roi_data.npz'}: not there. {ABOUT.how_to_get}")
        return ("1",)

    def read(self, subject: str) -> Responses:
        """Read the mean betas."""
        if subject not in self.subjects():
            raise RecordingError(f"fmri_81objects: no subject {subject!r}; there is '1'")
        path = self._folder / "roi_data.npz"
        found = read_npz(path, ("betas", "conds", "roi_index", "rois"))
        roi = np.asarray(found["rois"]).astype(str)[found["roi_index"].astype(int) - 1]
        trials = Trials.of(found["conds"].astype(str), n_averaged=10)
        return Responses(subject, Voxels.of(roi), trials, found["betas"].astype(np.float32))

    def split(self, responses: Responses) -> Split:
        """Return a seeded split by category; none is published."""
        return Split.by_stimulus(responses.trials)

    def features(self, name: str = "") -> Features:
        """Return ``alexnet`` or ``word2vec``."""
        name = name or FEATURES[0]
        path = self._folder / f"{name}.mat"
        if name not in FEATURES or not path.is_file():
            raise RecordingError(f"{path}: no such features; there may be {', '.join(FEATURES)}. {ABOUT.how_to_get}")
        tokens = np.asarray(read_mat(path, (name,))[name], dtype=np.float32)
        return Features(self.read("1").trials.stimulus, tokens[:, None], name)


def build(settings: Settings) -> Objects81:
    """Make the data set."""
    return Objects81(Path(settings.folder))
