"""Windows of recordings, through the live stages, in files that are mapped into memory.

One recording is one entry: it is found again by a hash of the file's content, the stages, their code and how windows
are cut. Whatever is killed while an entry is made leaves none.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.benchmark.file_hashes import FileHashes
from models.benchmark.fingerprint import code_sha256, sha256_of
from models.reading import any_recording
from models.training.pretraining.sources import RATE_HZ, Recording, Source, is_electrode
from pipelines.errors import ChannelMismatch, RateMismatch, RecordingError
from pipelines.plugins import PluginSettings, load, make
from pipelines.signal import MICROVOLTS_PER, Channel, Flag, StreamSpec, Window
from pipelines.stage import Pipeline
from pipelines.windows import Windower

PATCH = 200
UNUSABLE = Flag.LOST | Flag.NONFINITE | Flag.BAD_CHANNELS


class Cut(PluginSettings):
    """How windows are cut, and which are thrown away."""

    window_s: int = Field(30, ge=1, description="Length: whole seconds (patches).")
    hop_s: float | None = Field(None, gt=0, description="Step between windows (s); none: as long as the window.")
    reject_uv: float = Field(100.0, gt=0, description="A window with a larger absolute value is thrown away (uV).")
    flat_uv: float = Field(0.1, ge=0, description="So is one with a channel that varies by less (uV).")
    skip_start_s: float = Field(0.0, ge=0, description="Left away at the beginning of a recording (s).")
    skip_stop_s: float = Field(0.0, ge=0, description="Left away at its end (s).")
    shortest_s: float = Field(0.0, ge=0, description="A shorter recording is left out (s).")


@dataclass(frozen=True, slots=True)
class Entry:
    """The windows of one recording.

    Parameters
    ----------
    data
        File of float32 (n, channels, samples), microvolts.
    n
        Windows kept.
    names
        10-10 names of the channels.
    n_samples
        Of a window.
    dropped
        Windows thrown away, by reason.
    sha256
        Of the recording.
    """

    data: Path
    n: int
    names: tuple[str, ...]
    n_samples: int
    dropped: dict[str, int]
    sha256: str

    def windows(self) -> NDArray[np.float32]:
        """Return the windows (n, channels, samples), mapped into memory."""
        return np.memmap(self.data, dtype="<f4", mode="r", shape=(self.n, len(self.names), self.n_samples))


class WindowCache:
    """Makes entries in a folder, or finds them there."""

    def __init__(self, folder: Path, cut: Cut) -> None:
        self._folder, self._cut = folder, cut
        self._hashes = FileHashes(folder / "files.sqlite")

    def entry(self, recording: Recording) -> Entry:
        """Return the windows of a recording.

        Raises
        ------
        RecordingError
            If it cannot be read.
        SignalError
            If it lacks channels, or the stages do not deliver 200 Hz.
        """
        digest = self._hashes.sha256(recording.path)
        source = recording.source
        modules = (sys.modules[__name__], *(load("stages", table["kind"]) for table in source.stages))
        name = sha256_of({
            "file": digest,
            "code": code_sha256(*modules),
            "cut": self._cut.model_dump(mode="json"),
            "source": source.model_dump(mode="json", include={"channels", "montage", "unit", "stages"}),
        })  # fmt: skip
        data, card = self._folder / f"{name}.f32", self._folder / f"{name}.json"
        if not card.is_file():
            self._make(recording, data, card)
        return Entry(data=data, sha256=digest, **_card(card))

    def _make(self, recording: Recording, data: Path, card: Path) -> None:
        part = data.with_suffix(f".{os.getpid()}.part")
        try:
            with part.open("wb") as file:
                made = _write(recording, self._cut, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(data)
            part.write_text(json.dumps(made), encoding="utf-8")
            part.replace(card)
        except OSError as exc:
            raise RecordingError(f"{data}: windows cannot be kept there: {exc}") from exc
        finally:
            part.unlink(missing_ok=True)


def _card(path: Path) -> dict[str, Any]:
    table = json.loads(path.read_text(encoding="utf-8"))
    return {**table, "names": tuple(table["names"])}


def _write(recording: Recording, cut: Cut, file: BinaryIO) -> dict[str, Any]:
    """Write the windows of a recording; return what the entry's card says."""
    path, source = recording.path, recording.source
    raw = any_recording.open_recording(path)
    place = any_recording.electrodes(raw)
    names = source.wanted() or tuple(name for name in place if is_electrode(name))
    missing = [name for name in names if name not in place]
    if missing or not names:
        raise ChannelMismatch(f"{path}: lacks {', '.join(missing) or 'electrodes of the 10-10 system'}; it has "
                              f"{', '.join(place) or 'no EEG channel'}")  # fmt: skip
    rate_hz = float(raw.info["sfreq"])
    counts: Counter[str] = Counter()
    long_enough = raw.n_times >= cut.shortest_s * rate_hz
    spans = any_recording.stretches(raw, cut.skip_start_s, cut.skip_stop_s) if long_enough else []
    spec = StreamSpec(rate_hz, tuple(Channel(name) for name in names), path.name)
    picks = [place[name] for name in names]
    for start, stop in spans:
        # Each stretch is a stream of its own: no window and no filter reaches over a cut.
        chunks = any_recording.read_chunks(raw, picks, start, stop, path, MICROVOLTS_PER[source.unit] / 1e6)
        for window in _windows(source, spec, cut, chunks):
            fault = _fault(window, cut)
            counts[fault or "kept"] += 1
            if not fault:
                file.write(np.ascontiguousarray(window.samples.T, dtype="<f4").tobytes())
    n = counts.pop("kept", 0)
    return {"n": n, "names": names, "n_samples": cut.window_s * PATCH, "dropped": dict(counts)}


def _windows(source: Source, spec: StreamSpec, cut: Cut, chunks: Iterator[Any]) -> Iterator[Window]:
    pipeline = Pipeline([make("stages", table) for table in source.stages])
    delivered = pipeline.prepare(spec)
    if delivered.rate_hz != RATE_HZ or delivered.names != spec.names:
        raise RateMismatch(f"{spec.source_id}: the stages deliver {delivered.rate_hz:g} Hz and {delivered.n_channels} "
                           f"channels; CSBrain needs {RATE_HZ:g} Hz and all of them: set stages")  # fmt: skip
    n = cut.window_s * PATCH
    windower = Windower(delivered, n, n if cut.hop_s is None else max(1, round(cut.hop_s * RATE_HZ)))
    for chunk in chunks:
        yield from windower.push(pipeline.process(chunk))


def _fault(window: Window, cut: Cut) -> str:
    if (window.flags & UNUSABLE).any():
        return "not measured"
    if np.abs(window.samples).max() > cut.reject_uv:
        return "amplitude"
    return "flat" if np.ptp(window.samples, axis=0).min() < cut.flat_uv else ""


def total(counts: Iterator[Mapping[str, int]]) -> dict[str, int]:
    """Add counts by reason."""
    found: Counter[str] = Counter()
    for count in counts:
        found.update(count)
    return dict(found)
