"""How good the contact of each electrode is, about once a second, from the raw signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipelines.channel_faults import MIN_COMPARED, is_flat, is_noisy, is_railed, strongest_correlation
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, StreamSpec

Verdict = Literal["good", "flat", "railed", "not finite", "noisy", "line noise", "uncorrelated", "impedance"]
IMPEDANCE = "impedance"
"""Kind of the channels in which a board delivers impedances (ohm); each is named after its electrode."""
COMPARED_HZ = 100.0
"""Channels are correlated on means over 1/100 s: what neighbours share is slow, and 256 channels stay cheap."""

Floats = NDArray[np.float64]


class QualitySettings(PluginSettings):
    """Limits of a good channel; those of flat, railed, noisy and uncorrelated are the stage ``bad_channels``'s own."""

    every_s: float = Field(1.0, ge=0.25, le=60, description="Length of the block that is judged (s).")
    flat_uv: float = Field(0.5, ge=0, description="Flat: peak-to-peak below this (uV).")
    rail_uv: float = Field(187000.0, gt=0, description="Railed: any absolute value at or above this (uV).")
    noisy_ratio: float = Field(
        6.0, gt=1, description="Noisy: standard deviation above so many medians of the channels …"
    )
    noisy_uv: float = Field(60.0, ge=0, description="… and above this (uV).")
    min_correlation: float = Field(0.1, ge=0, lt=1, description="Uncorrelated: no other channel correlates so much.")
    line_hz: tuple[float, ...] = Field((50.0, 60.0), description="Mains frequencies looked for (Hz).")
    max_line_ratio: float = Field(1.0, gt=0, description="Line noise: mains hum above so much of all else (RMS) …")
    line_uv: float = Field(5.0, ge=0, description="… and above this (uV RMS).")
    max_impedance_kohm: float = Field(
        50.0, gt=0, description="Impedance above this is poor, where a board says (kOhm)."
    )


@dataclass(frozen=True, slots=True)
class ChannelQuality:
    """One channel over one block.

    Parameters
    ----------
    name
        As the source names it.
    verdict
        The first fault that was found, or ``good``.
    deviation_uv
        Standard deviation without its linear trend.
    peak_uv
        Peak to peak.
    line_ratio
        Mains hum against everything else, both RMS.
    correlation
        Largest absolute correlation with another channel; NaN where too few can be compared.
    impedance_kohm
        NaN where the board does not say.
    """

    name: str
    verdict: Verdict
    deviation_uv: float
    peak_uv: float
    line_ratio: float
    correlation: float
    impedance_kohm: float = float("nan")


class QualityMeter:
    """Blocks are counted by absolute sample index, so chunking changes no value. A gap discards the open block."""

    def __init__(self, settings: QualitySettings, spec: StreamSpec) -> None:
        self._settings, self._rate_hz = settings, spec.rate_hz
        self._eeg = np.array(spec.indices_of("eeg"), dtype=np.int64)
        self._names = [spec.names[i] for i in self._eeg]
        ohms = {spec.names[i].removesuffix(f" {IMPEDANCE}"): i for i in spec.indices_of(IMPEDANCE)}
        self._ohms = [ohms.get(name) for name in self._names]
        size = max(2, round(settings.every_s * spec.rate_hz))
        self._block = np.zeros((size, spec.n_channels), dtype=np.float32)
        self._filled = 0
        self._stride = max(1, round(spec.rate_hz / COMPARED_HZ))
        time_s = np.arange(size) / spec.rate_hz
        self._trend = np.vander(time_s - time_s.mean(), 2)
        self._trend /= np.linalg.norm(self._trend, axis=0)
        lines = [hz for hz in settings.line_hz if hz < 0.45 * spec.rate_hz]
        self._waves = np.exp(-2j * np.pi * np.outer(lines, time_s)) * np.sqrt(2) / size

    def push(self, chunk: Chunk) -> tuple[ChannelQuality, ...]:
        """Take raw samples; return every EEG channel's quality when a block is full, else nothing.

        Of several blocks in one chunk the newest is returned.
        """
        if not self._eeg.size:
            return ()
        if chunk.gap_before:
            self._filled = 0
        found: tuple[ChannelQuality, ...] = ()
        size, start = len(self._block), 0
        while start < chunk.n_samples:
            left = size - (chunk.first_index + start) % size
            stop = min(chunk.n_samples, start + left)
            end = self._filled + stop - start
            self._block[self._filled : end] = chunk.samples[start:stop]
            self._filled = end
            if stop - start == left:
                if end == size:
                    found = self._judge()
                self._filled = 0
            start = stop
        return found

    def _judge(self) -> tuple[ChannelQuality, ...]:
        s = self._settings
        raw = self._block[:, self._eeg].astype(np.float64)
        broken = ~np.isfinite(raw).all(axis=0)
        block = np.nan_to_num(raw, posinf=0.0, neginf=0.0)
        flat, railed = is_flat(block, s.flat_uv), is_railed(block, s.rail_uv)
        level = block - self._trend @ (self._trend.T @ block)
        deviation = level.std(axis=0)
        line_uv, line_ratio = self._line(level, deviation)
        sound = ~(flat | railed | broken)
        noisy = np.zeros_like(flat)
        correlation = np.full(flat.shape, np.nan)
        if sound.sum() >= MIN_COMPARED:
            noisy = is_noisy(deviation, sound, s.noisy_ratio, s.noisy_uv)
            slow = self._slow(level[:, sound])
            correlation[sound] = strongest_correlation(slow, slow.std(axis=0))
        ohms = self._impedances()
        faults: dict[Verdict, NDArray[np.bool_]] = {
            "not finite": np.asarray(broken),
            "railed": railed,
            "flat": flat,
            "line noise": (line_ratio > s.max_line_ratio) & (line_uv > s.line_uv),
            "noisy": noisy,
            "uncorrelated": correlation < s.min_correlation,
            "impedance": ohms > s.max_impedance_kohm,
        }
        peak = np.ptp(block, axis=0)
        return tuple(
            ChannelQuality(
                name,
                next((verdict for verdict, mask in faults.items() if mask[k]), "good"),
                *(float(values[k]) for values in (deviation, peak, line_ratio, correlation, ohms)),
            )
            for k, name in enumerate(self._names)
        )

    def _line(self, level: Floats, deviation: Floats) -> tuple[Floats, Floats]:
        """Return the stronger mains hum (uV RMS) and its ratio to all else, each (n_eeg,)."""
        if not len(self._waves):
            return np.zeros_like(deviation), np.zeros_like(deviation)
        hum = np.abs(self._waves @ level).max(axis=0)
        rest = np.sqrt(np.maximum(deviation**2 - hum**2, 1e-12))
        return hum, np.where(deviation > 0, hum / np.maximum(rest, 1e-6), 0.0)

    def _slow(self, level: Floats) -> Floats:
        whole = len(level) // self._stride * self._stride
        return np.asarray(level[:whole].reshape(-1, self._stride, level.shape[1]).mean(axis=1))

    def _impedances(self) -> Floats:
        """Return the block's median impedances (n_eeg,) in kOhm."""
        return np.array([np.nan if i is None else float(np.median(self._block[:, i])) / 1e3 for i in self._ohms])
