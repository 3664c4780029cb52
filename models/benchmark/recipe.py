"""How windows are made of recordings: the live stages, and where windows begin and end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Self

from pydantic import Field

from models.dataset import About
from pipelines.errors import ConfigError
from pipelines.plugins import PluginSettings, configure, make
from pipelines.stage import Pipeline

RATE_HZ = 200.0
"""Rate of the published benchmarks."""

BANDS_HZ: Mapping[str, tuple[float, float]] = {
    "ssvep": (5.0, 45.0),
    "flicker": (5.0, 45.0),
    "p300": (0.5, 20.0),
    "n170": (0.5, 20.0),
    "oddball": (0.5, 20.0),
    "sleep": (0.3, 35.0),
}
"""Pass band by a word of the paradigm; what matches none takes :data:`BROAD_HZ`."""
BROAD_HZ = (0.5, 45.0)


class Recipe(PluginSettings):
    """What is done to a recording before a decoder sees it; never anything that a live session could not do."""

    window_s: float = Field(gt=0, description="Length of a window (s).")
    hop_s: float | None = Field(None, gt=0, description="Step between windows (s); none: as long as the window.")
    from_s: float = Field(0.0, description="Where the first window of a trial begins, from the trial's start (s).")
    channels: tuple[str, ...] = Field((), description="10-10 names in order; empty takes those of the data set.")
    classes: tuple[str, ...] = Field((), description="Classes that are told apart; empty takes all of the data set.")
    stages: tuple[dict[str, Any], ...] = Field((), description="Tables of live stages, applied after the selection.")

    @classmethod
    def default(cls, about: About) -> Self:
        """Return the recipe for a data set that names none: 200 Hz, line noise removed, a band fit for the paradigm."""
        words = f"{about.title} {about.paradigm}".lower()
        low_hz, high_hz = next((band for word, band in BANDS_HZ.items() if word in words), BROAD_HZ)
        return cls(
            window_s=about.window_s,
            from_s=about.from_s,
            stages=(
                {"kind": "nonfinite"},
                {"kind": "resample", "rate_hz": RATE_HZ},
                {"kind": "notch", "freq_hz": 50.0},
                {"kind": "notch", "freq_hz": 60.0},
                {"kind": "bandpass", "low_hz": low_hz, "high_hz": high_hz},
            ),
        )

    @property
    def step_s(self) -> float:
        """Step between windows (s)."""
        return self.window_s if self.hop_s is None else self.hop_s

    @property
    def decision_s(self) -> float:
        """Time from a trial's start until its first window is complete (s)."""
        return max(0.0, self.from_s) + self.window_s

    def tables(self, about: About) -> list[dict[str, Any]]:
        """Return the tables of all stages, the selection of channels first."""
        return [{"kind": "select", "channels": list(self.channels or about.channels)}, *self.stages]

    def pipeline(self, about: About) -> Pipeline:
        """Make the stages.

        Raises
        ------
        ConfigError
            If a table is wrong; names the stage, key and value.
        """
        return Pipeline([make("stages", table, "recipe: stages") for table in self.tables(about)])

    def narrowed(self, about: About) -> About:
        """Return what the data set is with only the recipe's classes.

        Raises
        ------
        ConfigError
            If it has no such class.
        """
        unknown = sorted(set(self.classes) - set(about.classes))
        if unknown:
            raise ConfigError(f"recipe: classes = {', '.join(unknown)}: {about.title} has {', '.join(about.classes)}")
        return replace(about, classes=self.classes) if self.classes else about

    def check(self) -> Self:
        """Raise :class:`ConfigError` if a stage's table is wrong; build nothing."""
        for table in self.stages:
            configure("stages", table, "recipe: stages")
        return self


def cbramod_eegmat(about: About) -> Recipe:
    """CBraMod and CSBrain on EEGMAT: no filter, 200 Hz, consecutive windows of 5 s, the tail dropped."""
    return Recipe(window_s=5.0, stages=({"kind": "nonfinite"}, {"kind": "resample", "rate_hz": 200.0}))


def adabrain(about: About) -> Recipe:
    """AdaBrain-Bench: 0.1-75 Hz and a notch at 50 Hz, but causal as a live session must be, then 200 Hz.

    Recordings too slow for 75 Hz have a high-pass alone, and no notch at or beyond half their rate.
    """
    high_hz = 75.0 if about.rate_hz > 150.0 else None
    notch = ({"kind": "notch", "freq_hz": 50.0},) if about.rate_hz > 100.0 else ()
    return Recipe(
        window_s=about.window_s,
        from_s=about.from_s,
        stages=(
            {"kind": "nonfinite"},
            *notch,
            {"kind": "bandpass", "low_hz": 0.1, "high_hz": high_hz},
            {"kind": "resample", "rate_hz": 200.0},
        ),
    )


def cbramod_physionet_mi(about: About) -> Recipe:
    """CBraMod on PhysioNet-MI: average reference, high-pass 0.3 Hz, notch 60 Hz (both causal here), 200 Hz, 4 s."""
    return Recipe(
        window_s=4.0,
        stages=(
            {"kind": "nonfinite"},
            {"kind": "rereference", "mode": "average"},
            {"kind": "bandpass", "low_hz": 0.3, "high_hz": None},
            {"kind": "notch", "freq_hz": 60.0},
            {"kind": "resample", "rate_hz": 200.0},
        ),
    )


NAMED: Mapping[str, Callable[[About], Recipe]] = {
    "default": Recipe.default,
    "cbramod_eegmat": cbramod_eegmat,
    "adabrain": adabrain,
    "cbramod_physionet_mi": cbramod_physionet_mi,
}


def named(name: str, about: About) -> Recipe:
    """Return a recipe by name.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name not in NAMED:
        raise ConfigError(f"recipe: there is no {name!r}; known are: {', '.join(NAMED)}")
    return NAMED[name](about)
