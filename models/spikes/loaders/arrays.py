"""Your own recordings as arrays: one ``.npz`` or ``.mat`` (up to version 7.2) for each session.

The file is called ``SUBJECT_SESSION.npz``. In it, by name:

- ``counts`` (n_bins, n_units) and ``bin_s``; or ``spike_times`` (s, n_spikes) and ``spike_unit`` (row of the unit);
- optional ``trial_start_s``, ``trial_stop_s``, ``trial_label`` (n_trials,);
- optional ``positions`` (n_units, 3), ``descriptors`` (n_units, n_descriptors);
- optional, for each behaviour or stimulus X: ``covariate_X`` (n_samples, ...) with ``rate_hz_X``, from time 0 on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field
from scipy.io import loadmat

from models.dataset import Key, Trial
from models.reading.damage import damage_told
from models.spikes.loader import SpikeAbout, chosen, found
from models.spikes.recording import Recording, Series, SpikeTimes
from models.spikes.units import Units
from pipelines.errors import RecordingError
from pipelines.plugins import PluginSettings

ABOUT = SpikeAbout(
    title="Arrays",
    citation="your own",
    licence="your own",
    url="https://numpy.org/doc/stable/reference/generated/numpy.savez.html",
    how_to_get="Save each session as SUBJECT_SESSION.npz or .mat with counts and bin_s, or spike_times and spike_unit.",
)
PREFIX = "covariate_"


class Settings(PluginSettings):
    """Where the files are."""

    folder: str = Field("", description="Folder with SUBJECT_SESSION.npz or .mat.")


class Arrays:
    """The recordings in a folder."""

    about = ABOUT

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _table(self) -> dict[Key, Path]:
        paths = [path for path in found(self._folder, "*_*.*", ABOUT) if path.suffix in (".npz", ".mat")]
        if not paths:
            raise RecordingError(f"{self._folder}: no .npz or .mat here. {ABOUT.how_to_get}")
        return {Key(*path.stem.split("_", 1)): path for path in paths}

    def keys(self) -> Sequence[Key]:
        """Return subjects and sessions, by the names of the files."""
        return sorted(self._table())

    def read(self, key: Key) -> Recording:
        """Read one file."""
        path = chosen(self._table(), key, self._folder)
        with damage_told(path, " as arrays"):
            values = _load(path)
            return _recording(key, values)


def _load(path: Path) -> Mapping[str, Any]:
    if path.suffix == ".mat":
        table: dict[str, Any] = loadmat(path)
        return {name: value for name, value in table.items() if not name.startswith("__")}
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _recording(key: Key, values: Mapping[str, Any]) -> Recording:
    if "counts" in values:
        rate = 1.0 / float(np.ravel(_one(values, "bin_s"))[0])
        activity: Series | SpikeTimes = Series(np.asarray(values["counts"], np.float32), rate)
        n_units, stop_s = values["counts"].shape[1], len(values["counts"]) / rate
    else:
        times = np.ravel(_one(values, "spike_times")).astype(np.float64)
        unit = np.ravel(_one(values, "spike_unit")).astype(np.int64)
        order = np.argsort(times, kind="stable")
        activity = SpikeTimes(times[order], unit[order])
        n_units, stop_s = int(unit.max()) + 1, float(np.nextafter(times.max(), np.inf))
    n_units = max(n_units, *(len(values[name]) for name in ("positions", "descriptors") if name in values), 0)
    series = {
        name.removeprefix(PREFIX): Series(
            np.asarray(value, np.float32), float(np.ravel(_one(values, f"rate_hz_{name.removeprefix(PREFIX)}"))[0])
        )
        for name, value in values.items()
        if name.startswith(PREFIX)
    }
    stop_s = max([stop_s, *(len(s.values) / s.rate_hz for s in series.values())])
    return Recording(_units(key, values, n_units), activity, 0.0, stop_s, series, _trials(values))


def _units(key: Key, values: Mapping[str, Any], n_units: int) -> Units:
    bare = Units.anonymous(key.subject, key.session, n_units)
    positions = np.asarray(values.get("positions", bare.positions), np.float32)
    descriptors = np.asarray(values.get("descriptors", bare.descriptors), np.float32)
    names = tuple(f"descriptor {number}" for number in range(descriptors.shape[1]))
    return Units(key.subject, key.session, bare.ids, positions, descriptors, names)


def _trials(values: Mapping[str, Any]) -> tuple[Trial, ...]:
    if "trial_start_s" not in values:
        return ()
    columns = [np.ravel(_one(values, name)) for name in ("trial_start_s", "trial_stop_s", "trial_label")]
    rows = zip(*columns, strict=True)
    trials = [Trial(float(start), float(stop), str(label).strip()) for start, stop, label in rows]
    return tuple(sorted(trials, key=lambda t: t.start_s))


def _one(values: Mapping[str, Any], name: str) -> Any:
    if name not in values:
        raise ValueError(f"it has no array {name!r}; it has {', '.join(sorted(values))}")
    return values[name]


def build(settings: Settings) -> Arrays:
    """Make the loader; nothing is read yet."""
    return Arrays(Path(settings.folder))
