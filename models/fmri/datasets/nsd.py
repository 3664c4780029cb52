"""Natural Scenes Dataset, in the folders it is published in: eight people, 7 T, up to 40 sessions of 750 trials.

- ``nsddata_betas/ppdata/subj01/func1pt8mm/BETAS/betas_session01.hdf5``: ``betas`` int16 (trials, z, y, x), 300 to one
  percent signal change; ``ncsnr.nii.gz`` beside it.
- ``nsddata/ppdata/subj01/func1pt8mm/roi/NAME.nii.gz``: masks and regions (x, y, z); ``nsdgeneral`` is 1 inside.
- ``nsddata/experiments/nsd/nsd_expdesign.mat``: ``masterordering`` (30000 trials, images 1–10000), ``subjectim`` (8,
  10000: images 1–73000), ``stimpattern`` (40, 12, 75: which 4-s slots of a run hold a stimulus).
- ``nsddata_stimuli/stimuli/nsd/nsd_stimuli.hdf5``: ``imgBrick`` uint8 (73000, 425, 425, 3).

Voxels are in the order of the mask as an array (x, y, z). Images that masterordering numbers up to 1000 are seen by
everybody and are the test set.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.fmri.array_files import open_hdf5
from models.fmri.dataset import FmriAbout
from models.fmri.embedder import Images
from models.fmri.niftis import affine_of, volume_of
from models.fmri.responses import Responses, Trials, Voxels
from models.fmri.row_cache import RowCache
from models.fmri.splits import Split
from models.reading.mat_files import read_mat
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

TO_PERCENT = 1.0 / 300.0
TRIALS = 750
SHARED = 1000
SLOT_S, SEEN_S, RUN_S = 4.0, 3.0, 300.0
BLOCK = 25
"""Volumes in memory at a time: a session of whole volumes is a gigabyte."""
ABOUT = FmriAbout(
    title="Natural Scenes Dataset",
    stimuli="photographs of scenes, 3 s each, up to three times",
    citation="Allen et al. 2022, Nat. Neurosci. 25:116, doi:10.1038/s41593-021-00962-x",
    licence="terms of the data set's own agreement",
    url="https://naturalscenesdataset.org",
    how_to_get="Sign the agreement at https://naturalscenesdataset.org and copy nsddata, nsddata_betas and "
    "nsddata_stimuli into one folder.",
    cautions=(
        "Betas are not standardised: without scaling by session the static pattern of voxels dominates.",
        "Repeats of an image are spread over the whole year.",
    ),
)


class Settings(PluginSettings):
    """Which part of the published folders."""

    folder: str = Field("", description="Folder with nsddata and nsddata_betas.")
    betas: Literal[
        "betas_fithrf_GLMdenoise_RR", "betas_fithrf", "betas_assumehrf"
    ] = Field("betas_fithrf_GLMdenoise_RR", description="Version of the betas.")  # fmt: skip
    mask: str = Field("nsdgeneral", description="Mask: voxels above 0.")
    rois: str = Field("prf-visualrois", description="Regions: names come from LUT below; others are numbered.")
    n_sessions: int = Field(0, ge=0, description="First sessions to read; 0: all that are there.")
    cache: str = Field("", description="Folder in which masked betas are kept, memory-mapped; none: read each time.")


LUT = {
    "prf-visualrois": ("V1v", "V1d", "V2v", "V2d", "V3v", "V3d", "hV4"),
    "floc-faces": ("OFA", "FFA-1", "FFA-2", "mTL-faces", "aTL-faces"),
    "floc-places": ("OPA", "PPA", "RSC"),
    "floc-bodies": ("EBA", "FBA-1", "FBA-2", "mTL-bodies"),
    "floc-words": ("OWFA", "VWFA-1", "VWFA-2", "mfs-words", "mTL-words"),
}
"""Names of the regions numbered from 1 in each file (the colour tables that are published beside them)."""


class NaturalScenes:
    """The data set in a folder."""

    about = ABOUT

    def __init__(self, settings: Settings) -> None:
        self._settings, self._folder = settings, Path(settings.folder)

    def subjects(self) -> tuple[str, ...]:
        """Return the subjects that have betas."""
        found = sorted((self._folder / "nsddata_betas" / "ppdata").glob(f"subj*/func1pt8mm/{self._settings.betas}"))
        if not found:
            raise RecordingError(f"{self._folder}: no {self._settings.betas} of any subject. {ABOUT.how_to_get}")
        return tuple(path.parent.parent.name for path in found)

    def read(self, subject: str) -> Responses:
        """Read the voxels of the mask, in percent signal change."""
        space = self._folder / "nsddata" / "ppdata" / subject / "func1pt8mm" / "roi"
        home = self._home(subject)
        mask_file = space / f"{self._settings.mask}.nii.gz"
        mask = volume_of(mask_file) > 0
        sessions = sorted(home.glob("betas_session*.hdf5"))[: self._settings.n_sessions or None]
        if not sessions:
            raise RecordingError(f"{home}: no betas_session*.hdf5. {ABOUT.how_to_get}")
        numbers = [int(path.stem.removeprefix("betas_session")) for path in sessions]
        where = np.argwhere(mask) @ affine_of(mask_file)[:3, :3].T + affine_of(mask_file)[:3, 3]
        voxels = Voxels.of(self._roi_names(space, mask), where, volume_of(home / "ncsnr.nii.gz")[mask])
        trials = self._trials(subject, numbers)
        cache = RowCache(self._settings.cache)
        key = [subject, self._settings.betas, self._settings.mask, *(f"{p} {p.stat().st_size}" for p in sessions)]
        values = cache.array(key, (len(trials), len(voxels)), lambda out: self._fill(out, sessions, mask))
        return Responses(subject, voxels, trials, values, "percent")

    def _home(self, subject: str) -> Path:
        return self._folder / "nsddata_betas" / "ppdata" / subject / "func1pt8mm" / self._settings.betas

    def _roi_names(self, space: Path, mask: NDArray[np.bool_]) -> NDArray[np.str_]:
        numbers = volume_of(space / f"{self._settings.rois}.nii.gz")[mask].astype(int)
        names = LUT.get(self._settings.rois, ())
        return np.array([_roi_name(n, names) for n in numbers], dtype=np.str_)

    def _fill(self, out: NDArray[Any], sessions: list[Path], mask: NDArray[np.bool_]) -> None:
        for number, path in enumerate(sessions):
            with open_hdf5(path) as file:
                betas = file.get("betas")
                if betas is None or betas.shape != (TRIALS, *mask.shape[::-1]):
                    shape = None if betas is None else betas.shape
                    raise RecordingError(f"{path}: 'betas' is {shape}, not {(TRIALS, *mask.shape[::-1])}")
                for start in range(0, TRIALS, BLOCK):
                    volumes = np.moveaxis(betas[start : start + BLOCK], (1, 2, 3), (3, 2, 1))
                    at = number * TRIALS + start
                    out[at : at + BLOCK] = volumes[:, mask] * np.float32(TO_PERCENT)

    @cached_property
    def _design(self) -> dict[str, NDArray[Any]]:
        path = self._folder / "nsddata" / "experiments" / "nsd" / "nsd_expdesign.mat"
        return read_mat(path, ("masterordering", "subjectim", "stimpattern"))

    def _trials(self, subject: str, numbers: list[int]) -> Trials:
        images = self._design["subjectim"][int(subject.removeprefix("subj")) - 1].astype(int)
        order = self._design["masterordering"].ravel().astype(int)
        stimulus, session, onset = [], [], []
        for number in numbers:
            rows = slice((number - 1) * TRIALS, number * TRIALS)
            stimulus += [_name(images[i - 1]) for i in order[rows]]
            session += [f"{number:02d}"] * TRIALS
            run, slot = np.nonzero(self._design["stimpattern"][number - 1])
            onset.append(RUN_S * run + SLOT_S * slot)
        start = np.concatenate(onset)
        return Trials.of(stimulus, session, start, start + SEEN_S)

    def split(self, responses: Responses) -> Split:
        """Test on the thousand images that everybody sees, choose on a tenth of the others."""
        images = self._design["subjectim"][int(responses.subject.removeprefix("subj")) - 1].astype(int)
        seen = set(responses.trials.stimulus.tolist())
        shared = tuple(name for name in map(_name, images[:SHARED]) if name in seen)
        return Split.by_stimulus(responses.trials, only_test=shared)

    def images(self, names: list[str]) -> Images:
        """Return images by name."""
        path = self._folder / "nsddata_stimuli" / "stimuli" / "nsd" / "nsd_stimuli.hdf5"
        with open_hdf5(path) as file:
            brick = file["imgBrick"]
            return np.stack([np.asarray(brick[int(name.removeprefix("nsd")) - 1], dtype=np.uint8) for name in names])


def _name(image: int) -> str:
    return f"nsd{image:05d}"


def _roi_name(number: int, names: tuple[str, ...]) -> str:
    if number <= 0:
        return ""
    return names[number - 1] if number <= len(names) else str(number)


def build(settings: Settings) -> NaturalScenes:
    """Make the data set."""
    return NaturalScenes(settings)
