"""SSVEP-Exoskeleton: flicker at 13, 17 and 21 Hz, and rest.

- 12 subjects (8 in the public copy), two or three sessions each of 32 trials: ``subjectNN/record-[DATE]_raw.fif`` with
  ``record-[DATE]-eve.fif``. 8 occipital channels, 256 Hz, reference at a mastoid.
- Event codes: 1 rest, 2 = 13 Hz, 3 = 21 Hz, 4 = 17 Hz, at the audio cue; the LED is fixated for 5 s.
- The unit is not stated (the files say volts, with a deviation of millivolts): channels come as ``unknown``.
- Every session has the same order of trials and begins with all trials of rest: time predicts the label.
- One session occurs under two subjects with the same samples; it is left out of the second.
- Cite Kalunga et al. 2016, Neurocomputing 191:55. Licence CC0 1.0. https://github.com/sylvchev/dataset-ssvep-exoskeleton
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import mne
import numpy as np
from pydantic import Field

from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, Chunk, Marker, StreamSpec, make_chunk

LABELS = {1: "rest", 2: "13 Hz", 3: "21 Hz", 4: "17 Hz"}
DUPLICATE = ("subject07", "2012.07.11-15.33.08")
"""Holds the samples and events of subject03's session of that date."""


class Settings(PluginSettings):
    """Where the recordings are."""

    folder: str = Field("", description="Folder with subjectNN/record-[DATE]_raw.fif.")


@dataclass(frozen=True, slots=True)
class SsvepExo:
    """The data set in a folder."""

    folder: Path

    def sessions(self) -> dict[str, list[Path]]:
        """Return the distinct sessions of each subject.

        Raises
        ------
        RecordingError
            If there are none.
        """
        found: dict[str, list[Path]] = {}
        for path in sorted(self.folder.glob("subject*/*_raw.fif")):
            if path.parent.name == DUPLICATE[0] and DUPLICATE[1] in path.name:
                continue
            found.setdefault(path.parent.name, []).append(path)
        if not found:
            raise RecordingError(
                f"{self.folder}: no subjectNN/*_raw.fif here; get the data set from "
                "https://github.com/sylvchev/dataset-ssvep-exoskeleton"
            )
        return found

    def read(self, session: Path) -> tuple[StreamSpec, Chunk]:
        """Return one session as a stream of one chunk, with a marker at each cue.

        Raises
        ------
        RecordingError
            If a file is absent or damaged.
        """
        events_file = session.with_name(session.name.replace("_raw.fif", "-eve.fif"))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # file names outside MNE's conventions
                raw = mne.io.read_raw_fif(session, preload=True, verbose="error")
                events = mne.read_events(events_file, verbose="error")
        except (OSError, ValueError) as exc:
            raise RecordingError(f"{session}: cannot be read: {exc}") from exc
        picks = mne.pick_types(raw.info, eeg=True)
        rate_hz = float(raw.info["sfreq"])
        channels = tuple(Channel(raw.ch_names[i], unit="unknown") for i in picks)
        rows = raw.get_data(picks=picks).T
        cues = [((int(at) - raw.first_samp) / rate_hz, LABELS[int(code)]) for at, _, code in events if code in LABELS]
        markers = tuple(Marker(time_s, label, "cues") for time_s, label in cues)
        chunk = make_chunk(rows, np.arange(len(rows)) / rate_hz, 0, markers=markers)
        return StreamSpec(rate_hz, channels, f"{session.parent.name}/{session.name}"), chunk


def build(settings: Settings) -> SsvepExo:
    """Make the data set."""
    return SsvepExo(Path(settings.folder))
