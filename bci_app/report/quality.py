"""How good each channel of a recording was: judged block by block as the live signal path judges it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.playback import Playback
from devices.recording_data import Recording
from pipelines.signal import Chunk, make_chunk
from pipelines.stages import bad_channels

MAINS_HZ = (50.0, 60.0)
ASIDE_HZ = (3.0, 6.0)
"""What the mains are compared with: frequencies so far from them, on both sides."""


@dataclass(frozen=True, slots=True)
class ChannelQuality:
    """One EEG channel over the whole recording.

    Parameters
    ----------
    name
        Of the channel.
    bad
        Share of the time in which it was held to be bad.
    flat
        Share of blocks in which it did not move.
    deviation
        Median over blocks of the standard deviation, in the channel's unit.
    unit
        Of the deviation.
    mains
        Amplitude at the mains frequency over that beside it; None where the rate is too low, or the channel dead.
    """

    name: str
    bad: float
    flat: float
    deviation: float
    unit: str
    mains: float | None


@dataclass(frozen=True, slots=True)
class Quality:
    """All EEG channels of a recording.

    Parameters
    ----------
    channels
        In the recording's order; empty where there is no EEG.
    block_s
        Length of a block (s).
    times_s
        End of each block (s from the first sample), shape (n,).
    bad
        Whether each channel was bad at that time, shape (n, n_channels).
    mains_hz
        The mains frequency that was stronger.
    lost
        Samples that were lost.
    n_samples
        Samples that came.
    """

    channels: tuple[ChannelQuality, ...]
    block_s: float
    times_s: NDArray[np.float64]
    bad: NDArray[np.bool_]
    mains_hz: float
    lost: int
    n_samples: int

    @property
    def worst_first(self) -> list[ChannelQuality]:
        """Channels by the time they were bad."""
        return sorted(self.channels, key=lambda channel: (-channel.bad, -channel.flat))


def assess(recording: Recording, path: str) -> Quality:
    """Judge a recording by the stage ``bad_channels`` with its default settings.

    Raises
    ------
    ConnectFailed
        If there is no sample.
    """
    settings = bad_channels.Settings(interpolate=False)
    stage = bad_channels.build(settings)
    stage.prepare(recording.spec)
    eeg = recording.spec.indices_of("eeg")
    names = [recording.spec.names[i] for i in eeg]
    size = max(2, round(settings.block_s * recording.spec.rate_hz))
    spectrum = np.zeros((size // 2 + 1, len(eeg)))
    times, bad, deviations, flat = [], [], [], []
    zero_s = float(recording.times_s[0]) if len(recording.times_s) else 0.0
    for chunk in _blocks(recording, path, size):
        judged = stage.process(chunk)
        if chunk.n_samples < size or not eeg:
            continue
        block = np.nan_to_num(chunk.samples[:, eeg].astype(np.float64), posinf=0.0, neginf=0.0)
        times.append(float(chunk.times_s[-1]) - zero_s)
        bad.append([name in judged.bad_channels for name in names])
        deviations.append(block.std(axis=0))
        flat.append(np.ptp(block, axis=0) < settings.flat_uv)
        tapered = (block - block.mean(axis=0)) * np.hanning(size)[:, None]
        spectrum += np.abs(np.fft.rfft(tapered, axis=0)) ** 2
    mains_hz, ratios = _mains(spectrum, recording.spec.rate_hz, size)
    was_bad = np.array(bad, dtype=np.bool_).reshape(-1, len(eeg))
    was_flat = np.array(flat, dtype=np.bool_).reshape(-1, len(eeg))
    spread = np.array(deviations).reshape(-1, len(eeg))
    n_blocks = len(times)
    channels = tuple(
        ChannelQuality(
            name,
            float(was_bad[:, k].mean()),
            float(was_flat[:, k].mean()),
            float(np.median(spread[:, k])),
            recording.spec.channels[i].unit,
            ratios[k],
        )
        for k, (i, name) in enumerate(zip(eeg, names, strict=True))
        if n_blocks
    )
    return Quality(
        channels, size / recording.spec.rate_hz, np.array(times), was_bad, mains_hz,
        sum(recording.losses.values()), len(recording.times_s),
    )  # fmt: skip


def _blocks(recording: Recording, path: str, size: int) -> Iterator[Chunk]:
    """Yield the recording in blocks that begin where those of the stage do."""
    play = Playback(recording, 0.0, None, path)
    while not play.at_end:
        start, index = play.row, int(play.indices[play.row])
        stop = play.end_of_next(size - index % size)
        yield make_chunk(
            recording.samples[start:stop], recording.times_s[start:stop], index, gap_before=play.gap_before()
        )
        play.taken(stop)


def _mains(spectrum: NDArray[np.float64], rate_hz: float, size: int) -> tuple[float, list[float | None]]:
    """Return the stronger mains frequency and each channel's amplitude there over that beside it."""
    frequencies = np.fft.rfftfreq(size, 1 / rate_hz)
    found: list[tuple[float, float, list[float | None]]] = []
    for mains_hz in MAINS_HZ:
        away = np.abs(frequencies - mains_hz)
        at, beside = spectrum[away <= 1.0], spectrum[(away >= ASIDE_HZ[0]) & (away <= ASIDE_HZ[1])]
        if mains_hz + ASIDE_HZ[1] > rate_hz / 2 or not len(at) or not len(beside):
            continue
        floor = beside.mean(axis=0)
        ratios = [float(np.sqrt(a / f)) if f > 0 else None for a, f in zip(at.mean(axis=0), floor, strict=True)]
        found.append((float(np.median([r for r in ratios if r is not None] or [0.0])), mains_hz, ratios))
    if not found:
        return MAINS_HZ[0], [None] * spectrum.shape[1]
    _, mains_hz, ratios = max(found, key=lambda one: one[0])
    return mains_hz, ratios
