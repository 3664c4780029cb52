"""Write MNE's ``Raw`` as FIF, EDF, BDF, BrainVision or into a BIDS data set."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import mne

from pipelines.errors import ConfigError, MissingDependency, RecordingError
from pipelines.plugins import EXTRA_OF

Format = Literal["fif", "edf", "bdf", "brainvision", "bids"]
SUFFIX_OF: dict[Format, str] = {"fif": ".fif", "edf": ".edf", "bdf": ".bdf", "brainvision": ".vhdr", "bids": ""}
PACKAGES: dict[Format, tuple[str, ...]] = {
    "fif": (),
    "edf": ("edfio",),
    "bdf": ("edfio",),
    "brainvision": ("pybv",),
    "bids": ("mne_bids", "pybv"),
}
BESIDE = {".vhdr": (".vmrk", ".eeg")}
"""Files that are written together with another one."""
UNIMPORTANT = ("naming conventions", "Converting to float32", "Converting data files to BrainVision")
"""Warnings of MNE that tell a person nothing: our samples are float32, and the name is the person's own choice."""
NUDGE = 1e-3
"""BrainVision counts samples and MNE cuts off fractions: so much of a sample keeps rounding from costing one."""


@dataclass(frozen=True, slots=True)
class BidsName:
    """What a BIDS file name is made of; ``run`` may be empty."""

    subject: str = "01"
    session: str = "01"
    task: str = "rest"
    run: str = "01"


def chosen_format(out: Path, name: str) -> Format:
    """Return the format that is named, or that the suffix of the file says.

    Raises
    ------
    ConfigError
        If there is no such format, or it and the suffix contradict each other.
    """
    by_suffix: dict[str, Format] = {suffix: one for one, suffix in SUFFIX_OF.items() if suffix}
    suffix = out.suffix.lower()
    found = next((one for one in SUFFIX_OF if one == name), None) if name else by_suffix.get(suffix)
    if found is None:
        raise ConfigError(f"{name or out}: no format to export to; --format knows {', '.join(SUFFIX_OF)}")
    if found != "bids" and suffix != SUFFIX_OF[found]:
        raise ConfigError(f"{out}: a file of the format {found} ends in {SUFFIX_OF[found]}")
    if found == "bids" and suffix in by_suffix:
        raise ConfigError(f"{out}: BIDS needs the folder of the data set, not a file")
    return found


def check_packages(form: Format) -> None:
    """Import what a format needs.

    Raises
    ------
    MissingDependency
        Naming the command that installs it.
    """
    for package in PACKAGES[form]:
        try:
            importlib.import_module(package)
        except ImportError as exc:
            raise MissingDependency(
                f"export to {form} needs the package {package!r}: pip install 'bci-app[{EXTRA_OF[package]}]'"
            ) from exc


def targets(out: Path, form: Format, name: BidsName) -> list[Path]:
    """Return the files that will be written, for BIDS the one that holds the signal.

    Raises
    ------
    ConfigError
        If a label is not one of BIDS.
    """
    if form != "bids":
        return [out, *(out.with_suffix(suffix) for suffix in BESIDE.get(SUFFIX_OF[form], ()))]
    return [Path(_bids_path(out, name).copy().update(suffix="eeg", extension=".vhdr").fpath)]


def write(raw: Any, out: Path, form: Format, name: BidsName, reference: str) -> list[str]:
    """Write, over what is there; return what MNE has to say about it.

    Parameters
    ----------
    raw
        MNE's ``Raw``, loaded.
    out
        File, or for BIDS the root folder of the data set; missing folders are made.
    form, name
        Which format; and for BIDS, which subject, session, task and run.
    reference
        The electrodes that the EEG is measured against, which only BIDS can say.

    Raises
    ------
    RecordingError
        If it cannot be written.
    """
    writers: dict[Format, Callable[[], object]] = {
        "fif": lambda: raw.save(out, overwrite=True, verbose="error"),
        "edf": lambda: _export(raw, out, "edf"),
        "bdf": lambda: _export(raw, out, "bdf"),
        "brainvision": lambda: _export(_nudged(raw), out, "brainvision"),
        "bids": lambda: _write_bids(raw, out, name, reference),
    }
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            writers[form]()
        except Exception as exc:  # MNE and what it calls raise RuntimeErrors, ValueErrors and others of their own
            raise RecordingError(f"{out}: cannot be written as {form}: {str(exc) or type(exc).__name__}") from exc
    texts = dict.fromkeys(str(one.message) for one in caught if issubclass(one.category, RuntimeWarning))
    return [" ".join(text.split()) for text in texts if not any(part in text for part in UNIMPORTANT)]


def _export(raw: Any, out: Path, fmt: str) -> None:
    # A range for every channel: one with an offset of millivolts must not coarsen the others.
    mne.export.export_raw(out, raw, fmt=fmt, physical_range="channelwise", overwrite=True, verbose="warning")


def _nudged(raw: Any) -> Any:
    nudged, step_s = raw.copy(), NUDGE / raw.info["sfreq"]
    notes = raw.annotations
    nudged.set_annotations(
        mne.Annotations(notes.onset + step_s, notes.duration + step_s, notes.description, notes.orig_time),
        verbose="error",
    )
    return nudged


def _bids_path(root: Path, name: BidsName) -> Any:
    from mne_bids import BIDSPath

    labels = {key: getattr(name, key) or None for key in ("subject", "session", "task", "run")}
    try:
        return BIDSPath(root=root, datatype="eeg", **labels)
    except ValueError as exc:
        raise ConfigError(f"BIDS: {exc}") from exc


def _write_bids(raw: Any, root: Path, name: BidsName, reference: str) -> None:
    from mne_bids import update_sidecar_json, write_raw_bids

    path = _bids_path(root, name)
    write_raw_bids(raw, path, format="BrainVision", allow_preload=True, overwrite=True, verbose="error")
    # mne-bids takes the maker of the file format for the maker of the device.
    facts = {"Manufacturer": "n/a", "EEGReference": "n/a" if reference == "unknown" else reference}
    update_sidecar_json(path.copy().update(suffix="eeg", extension=".json"), facts, verbose="error")
