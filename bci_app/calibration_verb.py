"""Behind ``bci-app calibrate``: record a person's rest, and judge it as the session that will use it does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bci_app.assembly import build, hop_of, rest_windows
from bci_app.calibrator import RestCalibrator, RestMonitor
from bci_app.config import CalibrationSettings, DecoderSettings, SessionSettings
from bci_app.decoding import Gate
from bci_app.rest_view import RestView
from bci_app.sessions import stop_on_signals
from models.checkpoints import load_decoder
from models.decoder import Decoder
from pipelines.errors import ConfigError, ModelError

FILE_NAME = "{session}_rest_{date}_{time}.xdf"


@dataclass(frozen=True, slots=True)
class RestJudgement:
    """What a recording of rest is worth to a session's decoder."""

    path: Path
    model_id: str
    quality: str
    """How many windows are fit for use, why the others are not, which channels are bad."""
    n_clean: int
    n_wanted: int
    """Clean windows in as much rest as the decoder asks for."""
    wanted_s: float
    refusal: str
    """Why the decoder does not take it; empty if it does."""

    def lines(self) -> list[str]:
        """Return the judgement for a terminal, and what belongs into the session file."""
        lines = [f"recorded: {self.path}", self.quality]
        if self.refusal:
            return lines
        asks = f"{self.model_id} asks for {self.wanted_s:g} s of rest, which is {self.n_wanted} clean windows"
        enough = "enough" if self.n_clean >= self.n_wanted else "it takes these too, but a longer recording is better"
        return [
            *lines,
            f"{asks}: {enough}",
            "accepted; put this into the session file:",
            "",
            "[decoder.calibration]",
            f"file = {json.dumps(str(self.path), ensure_ascii=False)}",
        ]


def run_calibrate(settings: SessionSettings, folder: str, seconds: float, console: Console) -> RestJudgement:
    """Record rest from the session's source, undecoded, and judge it.

    Raises
    ------
    ConfigError
        If the session has no decoder, or one that needs no rest.
    ModelError
        If the decoder does not take the recording; the file stays.
    BciError
        Whatever ends a session.
    """
    wanted, decoder = _decoder(settings)
    decoder.close()
    monitor = RestMonitor(Gate(wanted))
    recording = settings.model_copy(
        update={
            # Of a file that was used so far nothing is needed now, not even that it exists.
            "decoder": wanted.model_copy(update={"calibration": CalibrationSettings(), "mode": "inline"}),
            "sinks": ({"kind": "xdf_recorder", "folder": folder, "file_name": FILE_NAME},),
            "duration_s": seconds,
        }
    )
    view = RestView(console, monitor, seconds)
    with stop_on_signals() as stop:
        build(recording, [view], monitor).run(stop)
    judgement = judge_rest(settings, Path(view.recording).resolve())
    console.print("\n".join(judgement.lines()), markup=False, highlight=False, soft_wrap=True)
    if judgement.refusal:
        raise ModelError(
            f"{judgement.path} cannot be used: {judgement.refusal}. Look at the electrodes and record again, longer if "
            "windows are too few (--seconds)"
        )
    return judgement


def judge_rest(settings: SessionSettings, path: Path) -> RestJudgement:
    """Let the session's own stages and decoder judge a recording, as a session does that names it.

    Raises
    ------
    BciError
        If the recording cannot be read, or does not fit the stages or the decoder.
    """
    wanted, decoder = _decoder(settings)
    gate = Gate(wanted)
    monitor = RestMonitor(gate)
    windows, delivered = rest_windows(CalibrationSettings(file=str(path)), settings, decoder)
    for window in windows:
        monitor.push(window)
    decoder.prepare(delivered)
    refusal = ""
    try:
        decoder.calibrate([window for window in windows if not gate.reason(window)], None)
    except ModelError as exc:
        refusal = str(exc)
    finally:
        decoder.close()
    asked_s = decoder.spec.calibration_s
    return RestJudgement(
        path=path,
        model_id=decoder.spec.model_id,
        quality=monitor.quality(),
        n_clean=monitor.n_clean,
        n_wanted=RestCalibrator(decoder, gate, asked_s, hop_of(settings, decoder)).needed,
        wanted_s=asked_s,
        refusal=refusal,
    )


def _decoder(settings: SessionSettings) -> tuple[DecoderSettings, Decoder]:
    wanted = settings.decoder
    if wanted is None:
        raise ConfigError(f"{settings.name}: has no decoder, so there is nothing to calibrate; use record")
    decoder = load_decoder(wanted.name, **wanted.settings)
    if not decoder.spec.calibration_s:
        raise ConfigError(f"{settings.name}: the decoder {decoder.spec.model_id} needs no rest")
    return wanted, decoder
