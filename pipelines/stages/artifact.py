"""Flag artifacts: large amplitudes, blinks, muscle activity. The samples themselves pass unchanged."""

from __future__ import annotations

from dataclasses import replace
from math import exp
from typing import Literal

import numpy as np
from pydantic import Field
from scipy.signal import butter

from pipelines.buffers import OutputBuffer
from pipelines.channel_names import canonical_name
from pipelines.kernels.faults import artifact_flags
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Flag, StreamSpec, read_only

FRONTAL = frozenset({"Fp1", "Fpz", "Fp2", "AF7", "AF3", "AFz", "AF4", "AF8"})

FAST_HZ = 25.0
"""Above the rhythms, alpha's harmonics included; lowered to 0.4 of the rate where that is less."""


class Settings(PluginSettings):
    """Thresholds apply to the signal as it arrives here: put the stage behind a high-pass."""

    amplitude_uv: float = Field(150.0, gt=0, description="Amplitude: any EEG channel beyond this (uV).")
    blink_uv: float = Field(60.0, gt=0, description="Blink: the mean of the frontal-pole channels beyond this (uV).")
    muscle_uv: float = Field(20.0, gt=0, description="Muscle: RMS above 25 Hz beyond this on a channel (uV).")
    muscle_window_s: float = Field(0.2, gt=0, description="Time constant of that RMS (s).")


class ArtifactFlags:
    """Sets Flag.AMPLITUDE, BLINK and MUSCLE."""

    on_gap: Literal["reset", "bridge"] = "reset"
    delay_s = 0.0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def prepare(self, spec: StreamSpec) -> StreamSpec:
        """Find the channels, allocate, compile."""
        s = self._settings
        eeg = spec.indices_of("eeg")
        self._columns = np.array(eeg, dtype=np.int64)
        self._frontal = np.array([i for i in eeg if canonical_name(spec.names[i]) in FRONTAL], dtype=np.int64)
        self._state, self._power = np.zeros((len(eeg), 2)), np.zeros(len(eeg))
        fast_hz = min(FAST_HZ, 0.4 * spec.rate_hz)
        self._sos = np.asarray(butter(2, fast_hz, "highpass", fs=spec.rate_hz, output="sos"))[0]
        self._thresholds = np.array([s.amplitude_uv, s.blink_uv, s.muscle_uv])
        self._marks = np.array([Flag.AMPLITUDE, Flag.BLINK, Flag.MUSCLE], dtype=np.uint8)
        self._decay = exp(-1.0 / (s.muscle_window_s * spec.rate_hz))
        self._out = OutputBuffer(1)
        self._fresh = True
        self._run(read_only(np.zeros((0, spec.n_channels), np.float32)), np.zeros(0, np.uint8))
        return spec

    def process(self, chunk: Chunk) -> Chunk:
        """Flag one chunk."""
        if chunk.n_samples == 0:
            return chunk
        if self._fresh or chunk.gap_before:
            self._state[:] = np.nan
            self._power[:] = 0.0
            self._fresh = False
        flags = self._out.flags(chunk.flags)
        self._run(chunk.samples, flags)
        return replace(chunk, flags=read_only(flags))

    def _run(self, samples: np.ndarray, flags: np.ndarray) -> None:
        artifact_flags(
            samples, self._columns, self._frontal, flags, self._sos, self._state, self._power,
            self._thresholds, self._decay, self._marks,
        )  # fmt: skip


def build(settings: Settings) -> ArtifactFlags:
    """Make the stage."""
    return ArtifactFlags(settings)
