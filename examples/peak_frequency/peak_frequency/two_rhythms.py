"""Simulated people whose alpha runs at 10 Hz when rested and at 9 Hz when tired; nothing is read from disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from models.dataset import About, Key, Labelled, PublishedSplit, Trial
from pipelines.plugins import PluginSettings
from pipelines.signal import Channel, StreamSpec, make_chunk

ABOUT = About(
    title="Two rhythms",
    paradigm="simulated alpha of two frequencies",
    task="classification",
    classes=("rested", "tired"),
    n_subjects=6,
    n_sessions=1,
    channels=("O1", "Oz", "O2"),
    rate_hz=200.0,
    unit="uV",
    window_s=4.0,
    metric="balanced_accuracy",
    citation="none",
    licence="Apache-2.0",
    url="https://example.org/two-rhythms",
    access="open",
    how_to_get="It is simulated; set n_people to 2 or more.",
)
ALPHA_HZ = {"rested": 10.0, "tired": 9.0}
SECONDS = 60


class Settings(PluginSettings):
    """How many people."""

    folder: str = Field("", description="Not used: nothing is read.")
    n_people: int = Field(6, ge=2, description="People to simulate.")


class TwoRhythms:
    """One recording a person: a minute rested, then a minute tired."""

    about = ABOUT
    splits: Mapping[str, PublishedSplit] = {}

    def __init__(self, n_people: int) -> None:
        self._n_people = n_people

    def keys(self) -> Sequence[Key]:
        """Return one recording a person."""
        return [Key(f"{person:02d}") for person in range(self._n_people)]

    def files(self, key: Key) -> tuple[Path, ...]:
        """Return the file the signal comes from: this one."""
        return (Path(__file__),)

    def read(self, key: Key) -> Labelled:
        """Simulate one person: the same one every time."""
        rng = np.random.default_rng(int(key.subject))
        own_hz, strength = rng.normal(0, 0.15), rng.uniform(8, 14)
        times = np.arange(2 * SECONDS * 200) / 200
        hz = np.where(times < SECONDS, ALPHA_HZ["rested"], ALPHA_HZ["tired"]) + own_hz
        alpha = strength * np.sin(2 * np.pi * np.cumsum(hz + rng.normal(0, 2, times.size)) / 200)
        rows = alpha[:, None] * np.array([0.8, 1.0, 0.8]) + rng.normal(0, 8, (times.size, 3))
        spec = StreamSpec(200.0, tuple(Channel(name) for name in ABOUT.channels), f"person {key.subject}")
        trials = (Trial(0.0, SECONDS, "rested"), Trial(SECONDS, 2 * SECONDS, "tired"))
        return Labelled(key, spec, (make_chunk(rows, times, 0),), trials)


def build(settings: Settings) -> TwoRhythms:
    """Make the data set."""
    return TwoRhythms(settings.n_people)
