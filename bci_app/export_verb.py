"""Behind ``bci-app export``: any recording that can be replayed, as a file of another format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devices.mne_export import BidsName, Format, check_packages, chosen_format, targets, write
from devices.mne_raw import to_raw
from devices.recording_data import ReadOptions
from devices.sources.recording import open_recording, recorded_decisions
from pipelines.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    path: Path
    format: Format
    n_channels: int
    n_samples: int
    rate_hz: float
    n_annotations: int
    n_decisions: int
    told: tuple[str, ...]
    """What is not as it was recorded, in plain words."""

    def lines(self) -> list[str]:
        """Return the report for a terminal."""
        seconds = self.n_samples / self.rate_hz
        return [
            f"{self.path} ({self.format}): {self.n_channels} channels, {seconds:.1f} s at {self.rate_hz:g} Hz",
            f"{self.n_annotations} annotations, {self.n_decisions} of them decisions",
            *(f"note: {text}" for text in self.told),
        ]


def export(
    file: Path,
    out: Path,
    *,
    form: str = "",
    name: BidsName | None = None,
    options: ReadOptions | None = None,
    force: bool = False,
) -> Exported:
    """Convert a recording.

    Parameters
    ----------
    file
        Any recording that the source ``recording`` opens.
    out
        File to write, or for BIDS the folder of the data set.
    form
        Format; empty: what the suffix of ``out`` says.
    name
        BIDS labels.
    options
        Stream, unit, rate and scale where the file leaves them open, or is wrong.
    force
        Whether files that exist are replaced.

    Raises
    ------
    BciError
        If the file cannot be read, a unit is not known, a package is missing, or the target exists.
    """
    chosen = chosen_format(out, form)
    check_packages(chosen)
    labels = name or BidsName()
    there = [path for path in targets(out, chosen, labels) if path.exists()]
    if any(path.samefile(file) for path in there if file.exists()):
        raise ConfigError(f"{out}: is the recording itself; name another file")
    if there and not force:
        raise ConfigError(f"{there[0]}: exists already; --force replaces it")
    recording = open_recording(file, options)
    decisions = recorded_decisions(file)
    raw, told = to_raw(recording, str(file), decisions)
    if options is not None and options.scale != 1.0:
        told.append(f"voltages are those of the file times {options.scale:g}")
    told += write(raw, out, chosen, labels, recording.spec.reference)
    return Exported(
        path=targets(out, chosen, labels)[0],
        format=chosen,
        n_channels=len(raw.ch_names),
        n_samples=int(raw.n_times),
        rate_hz=float(raw.info["sfreq"]),
        n_annotations=len(raw.annotations),
        n_decisions=len(decisions),
        told=tuple(told),
    )
