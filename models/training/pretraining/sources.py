"""Which recordings are learned from, whose they are, and who is held out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from models.csbrain.montages import Montage, montage_of, published, region_of
from models.reading.any_recording import find_recordings
from pipelines.channel_names import canonical_name
from pipelines.errors import ChannelMismatch, ConfigError
from pipelines.plugins import PluginSettings, configure

RATE_HZ = 200.0
STAGES: tuple[dict[str, Any], ...] = (
    {"kind": "nonfinite"},
    {"kind": "resample", "rate_hz": RATE_HZ},
    {"kind": "notch", "freq_hz": 50.0},
    {"kind": "notch", "freq_hz": 60.0},
    {"kind": "bandpass", "low_hz": 0.3, "high_hz": 75.0},
)
"""The published band at the network's rate, as a live session can do it; line noise of both continents."""
BY_RULE = "rule"


class Source(PluginSettings):
    """A folder of recordings."""

    folder: str = Field("", description="Recordings are found in it and below; BIDS or not.")
    files: tuple[str, ...] = Field((), description="Globs relative to the folder; empty takes all that MNE reads.")
    exclude: tuple[str, ...] = Field((), description="Patterns of relative paths that are left out.")
    person: str = Field(
        r"sub-([A-Za-z0-9]+)",
        description="Regular expression; its first group in the relative path names the person. "
        "Where it matches nothing, each file counts as a person.",
    )
    leave_out: tuple[str, ...] = Field((), description="People whose recordings are never opened.")
    held_out: tuple[str, ...] = Field((), description="People for the validation loss alone.")
    channels: tuple[str, ...] = Field((), description="10-10 names in order; empty takes a file's own electrodes.")
    montage: str = Field(BY_RULE, description="rule, or the name of a published list (which names the channels).")
    unit: Literal["V", "mV", "uV", "nV"] = Field("V", description="What the numbers are that MNE reads as volts.")
    stages: tuple[dict[str, Any], ...] = Field(STAGES, description="Tables of live stages; 200 Hz must come out.")

    @field_validator("person")
    @classmethod
    def _has_a_group(cls, text: str) -> str:
        try:
            groups = re.compile(text).groups
        except re.error as exc:
            raise ValueError(f"no regular expression: {exc}") from exc
        if groups < 1:
            raise ValueError("needs a group in brackets, which names the person")
        return text

    def check(self, where: str) -> None:
        """Check what needs other modules: the stages, the montage, the folder.

        Raises
        ------
        ConfigError
            Naming ``where``, the key and the value.
        """
        if not self.folder or not Path(self.folder).is_dir():
            raise ConfigError(f"{where}: folder = {self.folder!r}: there is no such folder")
        if self.montage != BY_RULE:
            if self.channels:
                raise ConfigError(f"{where}: channels and montage = {self.montage!r}: the montage names the channels")
            published(self.montage)
        for table in self.stages:
            configure("stages", table, f"{where}: stages")

    def wanted(self) -> tuple[str, ...]:
        """Return the channels every file must have, by their 10-10 names; empty where each file has its own."""
        names = self.channels if self.montage == BY_RULE else published(self.montage).names
        return tuple(canonical_name(name) for name in names)

    def worn(self, names: Sequence[str]) -> Montage:
        """Return regions and order of electrodes that a file has."""
        if self.montage == BY_RULE:
            return montage_of(names)
        listed = published(self.montage)
        return Montage(tuple(names), listed.regions, listed.order)


@dataclass(frozen=True, slots=True)
class Recording:
    """One file, whose it is, and the source it belongs to."""

    path: Path
    person: str
    source: Source


def recordings_of(source: Source, where: str) -> list[Recording]:
    """Return the recordings of everybody who is not left out.

    Raises
    ------
    ConfigError
        If there are none, or somebody who is named is not there.
    """
    folder = Path(source.folder)
    found = []
    for path in find_recordings(folder, source.files, source.exclude):
        name = path.relative_to(folder).as_posix()
        match = re.search(source.person, name)
        found.append(Recording(path, match[1] if match and match[1] else name, source))
    people = {recording.person for recording in found}
    if absent := sorted(set(source.held_out + source.leave_out) - people):
        raise ConfigError(f"{where}: {', '.join(absent)}: no such people in {folder}; there are "
                          f"{', '.join(sorted(people)[:8]) or 'none'}")  # fmt: skip
    kept = [recording for recording in found if recording.person not in source.leave_out]
    if not kept:
        raise ConfigError(f"{where}: {folder}: no recordings that MNE can read, {len(found)} left out")
    return kept


def hold_out(recordings: Sequence[Recording], share: float, seed: int) -> set[tuple[str, str]]:
    """Return (folder, person) of those for validation: the named ones, else a share of the people, drawn by ``seed``.

    A single person is never held out: then there is no validation.
    """
    named = {(r.source.folder, r.person) for r in recordings if r.person in r.source.held_out}
    everybody = sorted({(r.source.folder, r.person) for r in recordings})
    n = min(round(share * len(everybody)) or (1 if share > 0 else 0), len(everybody) - 1)
    if named or n < 1:
        return named
    return {everybody[i] for i in np.random.default_rng(seed).permutation(len(everybody))[:n]}


def is_electrode(name: str) -> bool:
    """Say whether a name is one of the 10-10 system that the rule gives a region."""
    try:
        region_of(name)
    except ChannelMismatch:
        return False
    return True
