"""BIDS: events of a raw folder with volumes of a derivative's (fMRIPrep or alike), cleaned by nilearn.

A trial is an event with a stimulus; its response is the mean of the cleaned signal in an interval after its onset. The
signal of each run is detrended, high-passed and, if asked for, standardised; the run's own mask or ``mask`` says where.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.fmri.dataset import FmriAbout
from models.fmri.niftis import open_nifti, volume_of
from models.fmri.responses import Responses, Trials, Voxels
from models.fmri.splits import Split
from pipelines.errors import MissingDependency, RecordingError
from pipelines.plugins import PluginSettings

ABOUT = FmriAbout(
    title="BIDS",
    stimuli="whatever the events name",
    citation="Gorgolewski et al. 2016, Sci. Data 3:160044",
    licence="whatever dataset_description.json says",
    url="https://bids.neuroimaging.io",
    how_to_get="Set 'folder' to a BIDS folder, and 'derivatives' to its preprocessed volumes where they lie elsewhere.",
    cautions=("A mean over an interval is no general linear model: neighbouring trials blur into one another.",),
)


class Settings(PluginSettings):
    """Where the volumes are, and what a trial is."""

    folder: str = Field("", description="BIDS folder with sub-*/[ses-*/]func/*_events.tsv.")
    derivatives: str = Field("", description="Folder with *_desc-preproc_bold.nii.gz; none: derivatives/fmriprep.")
    task: str = Field("", description="Task label; none: all.")
    space: str = Field("", description="Space label of the volumes; none: any.")
    mask: str = Field("", description="Mask (NIfTI) for all runs; none: the first run's *_desc-brain_mask.nii.gz.")
    labels: str = Field("", description="Regions as numbers (NIfTI) in the same space; none: no regions.")
    stimulus_column: str = Field("stim_file", description="Column of the events that names the stimulus.")
    from_s: float = Field(4.0, description="Begin of the interval after the onset (s).")
    to_s: float = Field(8.0, description="End of the interval after the onset (s).")
    high_pass_hz: float = Field(0.008, ge=0, description="Cut-off of the high-pass (Hz); 0: none.")
    standardise: bool = Field(True, description="Standardise each voxel within each run.")


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its session (or 1), volumes and events."""

    session: str
    bold: Path
    events: Path


class Bids:
    """The data set in a folder."""

    about = ABOUT

    def __init__(self, settings: Settings) -> None:
        self._settings, self._folder = settings, Path(settings.folder)
        self._derivatives = Path(settings.derivatives or self._folder / "derivatives" / "fmriprep")

    def subjects(self) -> tuple[str, ...]:
        """Return the subjects with preprocessed volumes."""
        found = sorted({path.name for path in self._derivatives.glob("sub-*") if self._runs(path.name)})
        if not found:
            raise RecordingError(f"{self._derivatives}: no preprocessed runs with events. {ABOUT.how_to_get}")
        return tuple(found)

    def _runs(self, subject: str) -> list[Run]:
        found = []
        for bold in sorted((self._derivatives / subject).rglob("*_desc-preproc_bold.nii.gz")):
            parts = dict(p.split("-", 1) for p in bold.name.removesuffix(".nii.gz").split("_") if "-" in p)
            wrong_task = self._settings.task and parts.get("task") != self._settings.task
            if wrong_task or (self._settings.space and parts.get("space") != self._settings.space):
                continue
            stem = "_".join(f"{key}-{parts[key]}" for key in ("sub", "ses", "task", "acq", "run") if key in parts)
            home = self._folder / bold.parent.relative_to(self._derivatives)
            if (events := home / f"{stem}_events.tsv").is_file():
                found.append(Run(f"{parts.get('ses', '1')}-{parts.get('run', '1')}", bold, events))
        return found

    def read(self, subject: str) -> Responses:
        """Read all runs; a session of the table is one run, whose clock the events are on.

        Raises
        ------
        RecordingError
            If files are absent, damaged, or have no events with a stimulus.
        """
        if not (runs := self._runs(subject)):
            raise RecordingError(f"{self._derivatives}: no preprocessed runs of {subject!r}. {ABOUT.how_to_get}")
        mask_file = self._mask(runs[0])
        mask = volume_of(mask_file) > 0
        parts = [self._trials_of(run, mask_file) for run in runs]
        trials = Trials.of(*(np.concatenate([part[i] for part in parts]) for i in range(4)))
        roi = np.full(int(mask.sum()), "", dtype="U8")
        if self._settings.labels:
            numbers = volume_of(Path(self._settings.labels))[mask].astype(int)
            roi = np.where(numbers > 0, numbers.astype("U8"), "")
        affine = np.asarray(open_nifti(mask_file).affine)
        where = np.argwhere(mask) @ affine[:3, :3].T + affine[:3, 3]
        return Responses(subject, Voxels.of(roi, where), trials, np.concatenate([part[4] for part in parts]), "unknown")

    def _mask(self, run: Run) -> Path:
        if self._settings.mask:
            return Path(self._settings.mask)
        return run.bold.with_name(run.bold.name.replace("_desc-preproc_bold", "_desc-brain_mask"))

    def _trials_of(
        self, run: Run, mask_file: Path
    ) -> tuple[NDArray[np.str_], NDArray[np.str_], NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
        names, onsets, lengths = self._events(run.events)
        signal, step_s = self._signal(run.bold, mask_file)
        at = step_s * np.arange(len(signal))
        rows = [(at >= t + self._settings.from_s) & (at < t + self._settings.to_s) for t in onsets]
        if short := [name for name, row in zip(names, rows, strict=True) if not row.any()]:
            raise RecordingError(f"{run.bold}: no volume {self._settings.from_s:g} s after the onset of {short[0]!r}")
        values = np.stack([signal[row].mean(axis=0) for row in rows]).astype(np.float32)
        return np.array(names), np.full(len(names), run.session), onsets, onsets + lengths, values

    def _events(self, path: Path) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        column = self._settings.stimulus_column
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        if not rows or column not in rows[0]:
            raise RecordingError(f"{path}: no column {column!r}; there are {', '.join(rows[0]) if rows else 'no rows'}")
        kept = [row for row in rows if row[column] not in ("", "n/a")]
        if not kept:
            raise RecordingError(f"{path}: no event has a stimulus in column {column!r}")
        try:
            onset, length = (np.array([float(row[key]) for row in kept]) for key in ("onset", "duration"))
        except (KeyError, ValueError) as exc:
            raise RecordingError(f"{path}: onset and duration must be numbers (s): {exc}") from exc
        return [row[column] for row in kept], onset, length

    def _signal(self, bold: Path, mask_file: Path) -> tuple[NDArray[np.float32], float]:
        try:
            from nilearn.maskers import NiftiMasker
        except ModuleNotFoundError as exc:
            raise MissingDependency("reading BIDS needs nilearn: pip install 'bci-app[fmri]'") from exc

        image = open_nifti(bold)
        step_s = float(image.header.get_zooms()[3])
        masker = NiftiMasker(
            mask_img=open_nifti(mask_file), detrend=True, t_r=step_s, high_pass=self._settings.high_pass_hz or None,
            standardize="zscore_sample" if self._settings.standardise else False,
        )  # fmt: skip
        return np.asarray(masker.fit_transform(image), dtype=np.float32), step_s

    def split(self, responses: Responses) -> Split:
        """Return a seeded split by stimulus; none is published."""
        return Split.by_stimulus(responses.trials)


def build(settings: Settings) -> Bids:
    """Make the data set."""
    return Bids(settings)
