"""How good each channel of a recording was: judged second by second by the meter of the live session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.playback import Playback
from devices.recording_data import Recording
from pipelines.channel_quality import ChannelQuality, QualityMeter, QualitySettings
from pipelines.signal import Chunk, make_chunk

GOOD = "good"


@dataclass(frozen=True, slots=True)
class ChannelSummary:
    """One EEG channel over the whole recording.

    Parameters
    ----------
    name
        Of the channel.
    bad
        Share of the blocks in which it had a fault.
    fault
        The fault it had most often; empty where it had none.
    deviation
        Median over blocks of the standard deviation, in the channel's unit.
    unit
        Of the deviation.
    line_ratio
        Median over blocks of mains hum against everything else.
    """

    name: str
    bad: float
    fault: str
    deviation: float
    unit: str
    line_ratio: float


@dataclass(frozen=True, slots=True)
class Quality:
    """All EEG channels of a recording.

    Parameters
    ----------
    channels
        In the recording's order; empty where there is no EEG, or not a whole block of it.
    times_s
        End of each block (s from the first sample), shape (n,).
    bad
        Whether each channel had a fault in that block, shape (n, n_channels).
    lost
        Samples that were lost.
    n_samples
        Samples that came.
    """

    channels: tuple[ChannelSummary, ...]
    times_s: NDArray[np.float64]
    bad: NDArray[np.bool_]
    lost: int
    n_samples: int

    @property
    def worst_first(self) -> list[ChannelSummary]:
        """Channels by the time they were bad."""
        return sorted(self.channels, key=lambda channel: -channel.bad)


def assess(recording: Recording, path: str) -> Quality:
    """Judge a recording with the default limits.

    Raises
    ------
    ConnectFailed
        If there is no sample.
    """
    settings, spec = QualitySettings(), recording.spec
    meter = QualityMeter(settings, spec)
    units = {channel.name: channel.unit for channel in spec.channels}
    size = max(2, round(settings.every_s * spec.rate_hz))
    times: list[float] = []
    blocks: list[tuple[ChannelQuality, ...]] = []
    for chunk in _blocks(recording, path, size):
        if found := meter.push(chunk):
            times.append(float(chunk.times_s[-1] - recording.times_s[0]))
            blocks.append(found)
    channels = tuple(_summed(history, units) for history in zip(*blocks, strict=True))
    bad = np.array([[one.verdict != GOOD for one in block] for block in blocks], dtype=np.bool_)
    return Quality(
        channels, np.array(times), bad.reshape(len(blocks), len(channels)), sum(recording.losses.values()),
        len(recording.times_s),
    )  # fmt: skip


def _summed(history: tuple[ChannelQuality, ...], units: dict[str, str]) -> ChannelSummary:
    verdicts = Counter(one.verdict for one in history if one.verdict != GOOD)
    name = history[0].name
    return ChannelSummary(
        name,
        verdicts.total() / len(history),
        verdicts.most_common(1)[0][0] if verdicts else "",
        float(np.median([one.deviation_uv for one in history])),
        units[name],
        float(np.median([one.line_ratio for one in history])),
    )


def _blocks(recording: Recording, path: str, size: int) -> Iterator[Chunk]:
    """Yield the recording in blocks that begin where those of the meter do."""
    play = Playback(recording, 0.0, None, path)
    while not play.at_end:
        start, index = play.row, int(play.indices[play.row])
        stop = play.end_of_next(size - index % size)
        yield make_chunk(
            recording.samples[start:stop], recording.times_s[start:stop], index, gap_before=play.gap_before()
        )
        play.taken(stop)
