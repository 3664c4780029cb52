"""The composition root: from session settings to an engine that is ready to run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from bci_app.calibrator import RestCalibrator
from bci_app.config import CalibrationSettings, DecoderSettings, SessionSettings
from bci_app.decoding import BackgroundDecoding, Gate, InlineDecoding
from bci_app.engine import Engine, SignalPath
from bci_app.events import Session
from bci_app.provenance import versions
from bci_app.sink import Sink
from bci_app.supply import Supply
from devices.source import Source
from models.checkpoints import load_decoder
from models.decoder import Decoder
from models.placement import one_thread
from pipelines.errors import BciError, ConfigError, StreamEnded
from pipelines.plugins import make
from pipelines.signal import StreamSpec, Window, copy_window
from pipelines.smoothing import Smoother
from pipelines.stage import Pipeline
from pipelines.windows import Windower


def build(settings: SessionSettings, extra_sinks: Sequence[Sink] = ()) -> Engine:
    """Make an engine. Cheap failures come first: settings, then the decoder, and the device last.

    Raises
    ------
    BciError
        Whatever does not fit: settings, checkpoint, device, or the device's channels and the decoder's.
    """
    sinks = [make("sinks", table, f"{settings.name}: [[sinks]]") for table in settings.sinks]
    one_thread()
    decoder = None if settings.decoder is None else load_decoder(settings.decoder.name, **settings.decoder.settings)
    pipeline = _pipeline(settings, decoder)
    source: Source = make("sources", settings.source, f"{settings.name}: [source]")
    spec = source.open()
    try:
        path = _signal_path(settings, decoder, pipeline, spec)
    except BciError:
        source.close()
        raise
    return Engine(
        Supply(source, spec, settings.engine),
        path,
        [*sinks, *extra_sinks],
        _session(settings, decoder, spec),
        settings.engine,
        settings.duration_s,
    )


def _pipeline(settings: SessionSettings, decoder: Decoder | None) -> Pipeline:
    tables: Sequence[Any] = (
        settings.stages if settings.stages is not None else (decoder.spec.pipeline if decoder else ())
    )
    return Pipeline([make("stages", table, f"{settings.name}: [[stages]]") for table in tables])


def _signal_path(
    settings: SessionSettings, decoder: Decoder | None, pipeline: Pipeline, spec: StreamSpec
) -> SignalPath:
    delivered = pipeline.prepare(spec)
    if decoder is None or settings.decoder is None:
        return SignalPath(pipeline)
    decoder.prepare(delivered)
    decoder.warm_up()
    wanted = settings.decoder
    hop_s = wanted.hop_s or decoder.spec.hop_s
    gate = Gate(wanted)
    calibrator = _calibrator(wanted, decoder, gate, hop_s, settings)
    pipeline.prepare(spec)
    decoding = (InlineDecoding if wanted.mode == "inline" else BackgroundDecoding)(decoder, gate)
    return SignalPath(
        pipeline, _windower(delivered, decoder, hop_s), decoding, calibrator, Smoother(settings.smoothing)
    )


def _windower(delivered: StreamSpec, decoder: Decoder, hop_s: float) -> Windower:
    window, hop = (max(1, round(seconds * delivered.rate_hz)) for seconds in (decoder.spec.window_s, hop_s))
    return Windower(delivered, window, hop)


def _calibrator(
    wanted: DecoderSettings, decoder: Decoder, gate: Gate, hop_s: float, settings: SessionSettings
) -> RestCalibrator:
    calibration = wanted.calibration
    if calibration.file:
        windows = rest_windows(calibration, settings, decoder, hop_s)
        calibrator = RestCalibrator(decoder, gate, 0.0, hop_s)
        clean = [window for window in windows if not gate.reason(window)]
        decoder.calibrate(clean, None)
        return calibrator
    rest_s = decoder.spec.calibration_s if calibration.rest_s is None else calibration.rest_s
    return RestCalibrator(decoder, gate, rest_s, hop_s)


def rest_windows(
    calibration: CalibrationSettings, settings: SessionSettings, decoder: Decoder, hop_s: float
) -> list[Window]:
    """Read the windows of a recording of rest through the session's own stages.

    Raises
    ------
    ConfigError
        If the recording holds no whole window between start and stop.
    """
    table = {"kind": "recording", "path": calibration.file, "start_s": calibration.start_s, "speed": "max"}
    if calibration.stop_s is not None:
        table["stop_s"] = calibration.stop_s
    source: Source = make("sources", table, "[decoder.calibration]")
    pipeline = _pipeline(settings, decoder)
    with closing(source):
        delivered = pipeline.prepare(source.open())
        decoder.spec.check(delivered)
        windows = list(_windows(source, pipeline, _windower(delivered, decoder, hop_s)))
    if not windows:
        raise ConfigError(f"[decoder.calibration] {calibration.file}: no whole window of {decoder.spec.window_s} s")
    return windows


def _windows(source: Source, pipeline: Pipeline, windower: Windower) -> Iterator[Window]:
    while True:
        try:
            chunk = source.read(1.0)
        except StreamEnded:
            return
        if chunk is None:
            continue
        for window in windower.push(pipeline.process(chunk)):
            yield copy_window(window)


def _session(settings: SessionSettings, decoder: Decoder | None, spec: StreamSpec) -> Session:
    wanted = settings.decoder
    return Session(
        name=settings.name,
        spec=spec,
        settings=settings.model_dump(mode="json"),
        versions=versions(),
        model_id=decoder.spec.model_id if decoder else "",
        classes=decoder.spec.classes if decoder else (),
        window_s=decoder.spec.window_s if decoder else 0.0,
        hop_s=(wanted.hop_s or decoder.spec.hop_s) if decoder and wanted else 0.0,
        started_unix_s=time.time(),
    )
