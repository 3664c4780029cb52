"""Sensorium 2023, dynamic: mouse V1 watching films, two-photon calcium, 30 Hz; one folder for each mouse.

- ``dynamicID-…/data/{videos,responses,behavior,pupil_center}/N.npy``, one file for each trial ``N``:
  videos (height, width, n_frames), responses (n_neurons, n_frames), behaviour (2, n_frames: pupil size, running).
- ``meta/neurons/cell_motor_coordinates.npy`` (n_neurons, 3), µm, and ``unit_ids.npy``;
  ``meta/trials/tiers.npy`` and, where it is there, ``video_ids.npy``.
- Frames that are missing at the end of a shorter film are NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.dataset import Key, Trial
from models.reading.damage import damage_told
from models.spikes.loader import SpikeAbout, chosen, found
from models.spikes.recording import Recording, Series
from models.spikes.units import Units
from pipelines.plugins import PluginSettings

ABOUT = SpikeAbout(
    title="Sensorium 2023",
    citation="Turishcheva et al. 2024, NeurIPS Datasets and Benchmarks: The Dynamic Sensorium competition",
    licence="CC BY-NC 4.0",
    url="https://gin.g-node.org/pollytur/sensorium_2023_dataset",
    how_to_get="Get folders dynamicID-… from https://gin.g-node.org/pollytur/sensorium_2023_dataset (open) and unpack.",
    cautions=(
        "Only some mice saw the same films: pair trials by the content of their films, never by number.",
        "Activity is deconvolved calcium, not a count of spikes.",
    ),
)
RATE_HZ, UM = 30.0, 1e-3


class Settings(PluginSettings):
    """Where the folders are, and how much of a mouse is read."""

    folder: str = Field("", description="Folder with dynamicID-….")
    tiers: tuple[str, ...] = Field(("train", "oracle"), description="Trials of these tiers.")
    n_trials: int = Field(0, ge=0, description="Only the first so many trials; 0: all.")
    size: tuple[int, int] = Field((32, 64), description="Films are reduced to height and width by averaging.")


class Sensorium2023:
    """The recordings in a folder."""

    about = ABOUT

    def __init__(self, settings: Settings) -> None:
        self._folder, self._settings = Path(settings.folder), settings

    def _table(self) -> dict[Key, Path]:
        homes = [path for path in found(self._folder, "dynamic*", ABOUT) if (path / "data").is_dir()]
        return {Key(home.name.removeprefix("dynamic").split("-Video")[0], "1", "films"): home for home in homes}

    def keys(self) -> Sequence[Key]:
        """Return the mice."""
        return sorted(self._table())

    def read(self, key: Key) -> Recording:
        """Read one mouse; trials follow one another without a pause, each is named after its film's content."""
        home = chosen(self._table(), key, self._folder)
        tiers = _array(home / "meta" / "trials" / "tiers.npy").astype(str)
        wanted = map(int, np.flatnonzero(np.isin(tiers, self._settings.tiers)))
        numbers = [n for n in wanted if (home / "data" / "responses" / f"{n}.npy").is_file()]
        numbers = numbers[: self._settings.n_trials or None]
        parts, trials, at = [], [], 0
        for number in numbers:
            part = _trial(home, number, self._settings.size)
            n_frames = len(part[0])
            trials.append(Trial(at / RATE_HZ, (at + n_frames) / RATE_HZ, _content(part[1])))
            parts.append(part)
            at += n_frames
        with damage_told(home / "data", " as trials"):
            responses, video, behaviour = (np.concatenate(values) for values in zip(*parts, strict=True))
        series = {
            "video": Series(video, RATE_HZ),
            "pupil": Series(behaviour[:, :1], RATE_HZ),
            "running": Series(behaviour[:, 1:2], RATE_HZ),
        }
        return Recording(
            _units(key, home, responses.shape[1]), Series(responses, RATE_HZ), 0.0, at / RATE_HZ, series, tuple(trials)
        )


def _trial(home: Path, number: int, size: tuple[int, int]) -> tuple[NDArray[np.float32], ...]:
    """Return activity (n_frames, n_neurons), film (n_frames, height, width) from 0 to 1, behaviour (n_frames, 2)."""
    names = ("responses", "videos", "behavior")
    responses, film, behaviour = (_array(home / "data" / name / f"{number}.npy") for name in names)
    lengths = [int(np.isfinite(v).reshape(-1, v.shape[-1]).all(axis=0).sum()) for v in (responses, film, behaviour)]
    n_frames = min(lengths)
    film = _reduced(np.moveaxis(film[..., :n_frames], -1, 0) / 255.0, size)
    activity = np.maximum(responses[:, :n_frames].T, 0.0)
    return activity.astype(np.float32), film.astype(np.float32), behaviour[:, :n_frames].T.astype(np.float32)


def _reduced(film: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.floating]:
    """Average blocks of pixels (n_frames, height, width) to the wanted size; a smaller film stays as it is."""
    down, across = film.shape[1] // size[0], film.shape[2] // size[1]
    if down < 2 and across < 2:
        return film
    down, across = max(down, 1), max(across, 1)
    height, width = film.shape[1] // down * down, film.shape[2] // across * across
    blocks = film[:, :height, :width].reshape(len(film), height // down, down, width // across, across)
    return np.asarray(blocks.mean(axis=(2, 4)))


def _content(film: NDArray[np.float32]) -> str:
    """Return a name of a film by its content, so that a film has one name in all mice."""
    return "film " + sha256(np.round(film * 255).astype(np.uint8).tobytes()).hexdigest()[:12]


def _units(key: Key, home: Path, n_units: int) -> Units:
    bare = Units.anonymous(key.subject, key.session, n_units)
    path = home / "meta" / "neurons" / "cell_motor_coordinates.npy"
    positions = _array(path).astype(np.float32) * UM if path.is_file() else bare.positions
    return Units(key.subject, key.session, bare.ids, positions, bare.descriptors)


def _array(path: Path) -> NDArray[Any]:
    with damage_told(path, " as an array"):
        return np.asarray(np.load(path, allow_pickle=False))


def build(settings: Settings) -> Sensorium2023:
    """Make the loader; nothing is read yet."""
    return Sensorium2023(settings)
