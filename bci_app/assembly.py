"""The composition root: from session settings to an engine that is ready to run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

from bci_app.calibrator import Calibrator, RestCalibrator
from bci_app.config import CalibrationSettings, DecoderSettings, SessionSettings
from bci_app.decoder_swaps import DecoderSwaps
from bci_app.decoding import BackgroundDecoding, Gate, InlineDecoding
from bci_app.engine import Engine
from bci_app.events import NoticeEvent, Session
from bci_app.logging_setup import warnings_as_notices
from bci_app.provenance import versions
from bci_app.signal_path import SignalPath
from bci_app.sink import Sink
from bci_app.supply import Supply
from devices import lsl_scope
from devices.source import Source
from models.checkpoints import load_decoder
from models.decoder import Decoder
from models.montage_choice import MontageChoice
from models.placement import one_thread
from models.unimind.replies import Asked
from pipelines.channel_quality import QualityMeter
from pipelines.errors import BciError, ConfigError, DeviceError, StreamEnded
from pipelines.plugins import make
from pipelines.signal import StreamSpec, Window, copy_window
from pipelines.smoothing import Smoother
from pipelines.stage import Pipeline
from pipelines.windows import Windower


def build(settings: SessionSettings, extra_sinks: Sequence[Sink] = (), calibrator: Calibrator | None = None) -> Engine:
    """Make an engine. Cheap failures come first: settings, then the decoder, and the device last.

    Parameters
    ----------
    settings
        The session. Its decoder is closed with the engine, and also if none can be made.
    extra_sinks
        Sinks beside those of the session.
    calibrator
        What takes the windows before the first decision; None: what the session asks for.

    Raises
    ------
    BciError
        Whatever does not fit: settings, checkpoint, device, or the device's channels and the decoder's.
    """
    lsl_scope.apply(settings.lsl.scope)
    sinks = [make("sinks", table, f"{settings.name}: [[sinks]]") for table in settings.sinks]
    one_thread()
    notices: list[NoticeEvent] = []
    with warnings_as_notices(notices.append):
        decoder = None if settings.decoder is None else load_decoder(settings.decoder.name, **settings.decoder.settings)
    with ExitStack() as unless_built:
        if decoder is not None:
            unless_built.callback(decoder.close)
        source: Source = make("sources", settings.source, f"{settings.name}: [source]")
        engine = assemble(settings, source, decoder, [*sinks, *extra_sinks], calibrator, notices)
        unless_built.pop_all()
    return engine


def assemble(
    settings: SessionSettings,
    source: Source,
    decoder: Decoder | None,
    sinks: Sequence[Sink],
    calibrator: Calibrator | None = None,
    notices: Sequence[NoticeEvent] = (),
) -> Engine:
    """Make an engine of a source and a decoder that are there already, whatever the session's tables say of them.

    Parameters
    ----------
    settings, source, decoder, sinks, calibrator
        See :func:`build`.
    notices
        What there was to say already; the engine tells it before anything else.

    Raises
    ------
    BciError
        As :func:`build`.
    """
    _pipeline(settings, decoder)  # wrong stages are told before the device is opened
    spec = source.open()
    told = list(notices)
    try:
        with warnings_as_notices(told.append):
            choose_electrodes(settings, decoder, spec)
            path = _signal_path(settings, decoder, _pipeline(settings, decoder), spec, calibrator)
        path.quality = QualityMeter(settings.quality, spec)
    except BciError:
        source.close()
        raise
    return Engine(
        Supply(source, spec, settings.engine),
        path,
        sinks,
        _session(settings, decoder, spec),
        settings.engine,
        settings.duration_s,
        told,
        DecoderSwaps(partial(_other_path, settings, spec), settings.decoder.turns if settings.decoder else ()),
    )


def _other_path(settings: SessionSettings, spec: StreamSpec, name: str) -> SignalPath:
    """Make the path of a decoder that is to take over; the session's own settings hold for its own decoder alone."""
    own = settings.decoder or DecoderSettings()
    if name != own.name:
        own = own.model_copy(update={"settings": {}, "hop_s": None, "calibration": CalibrationSettings()})
    wanted = settings.model_copy(update={"decoder": own.model_copy(update={"name": name, "turns": ()})})
    decoder = load_decoder(name, **own.settings)
    with ExitStack() as unless_made:
        unless_made.callback(decoder.close)
        choose_electrodes(wanted, decoder, spec)
        path = _signal_path(wanted, decoder, _pipeline(wanted, decoder), spec, None)
        unless_made.pop_all()
    return path


def choose_electrodes(settings: SessionSettings, decoder: Decoder | None, spec: StreamSpec) -> None:
    """Let a decoder that knows several electrode sets take the one for a stream, before its stages are made.

    Raises
    ------
    ChannelMismatch
        If no set is complete.
    """
    decider = decoder.head if isinstance(decoder, Asked) else decoder
    if isinstance(decider, MontageChoice):
        # A session's montage and its own stages may make or rename channels; the decoder's stages come later.
        decider.choose(_pipeline(settings, None).prepare(spec))


def _pipeline(settings: SessionSettings, decoder: Decoder | None) -> Pipeline:
    before = [make("stages", table, f"{settings.name}: [[montage]]") for table in settings.montage]
    tables = _stages(settings, decoder)
    return Pipeline([*before, *(make("stages", table, f"{settings.name}: [[stages]]") for table in tables)])


def _stages(settings: SessionSettings, decoder: Decoder | None) -> Sequence[Mapping[str, Any]]:
    """Return the tables of the stages behind the montage."""
    if settings.stages is not None:
        return settings.stages
    return decoder.spec.pipeline if decoder else ()


def delivered_spec(settings: SessionSettings, decoder: Decoder | None, spec: StreamSpec) -> StreamSpec:
    """Return what the session's stages make of a stream.

    Raises
    ------
    BciError
        If a stage cannot work on it.
    """
    return _pipeline(settings, decoder).prepare(spec)


def _signal_path(
    settings: SessionSettings,
    decoder: Decoder | None,
    pipeline: Pipeline,
    spec: StreamSpec,
    calibrator: Calibrator | None,
) -> SignalPath:
    delivered = pipeline.prepare(spec)
    if decoder is None or settings.decoder is None:
        return SignalPath(pipeline)
    decoder.prepare(delivered)
    decoder.warm_up()
    wanted = settings.decoder
    hop_s = hop_of(settings, decoder)
    gate = Gate(wanted)
    if calibrator is None:
        calibrator = _calibrator(wanted, decoder, gate, hop_s, settings)
    pipeline.prepare(spec)
    decoding = (InlineDecoding if wanted.mode == "inline" else BackgroundDecoding)(decoder, gate)
    return SignalPath(
        pipeline,
        windower_of(delivered, decoder.spec.window_s, hop_s),
        decoding,
        calibrator,
        Smoother(settings.smoothing),
        name=wanted.name,
        decoder=decoder.spec,
        hop_s=hop_s,
        asked=decoder if isinstance(decoder, Asked) else None,
    )


def windower_of(delivered: StreamSpec, window_s: float, hop_s: float) -> Windower:
    """Return the windower for windows and hops of given lengths (s)."""
    window, hop = (max(1, round(seconds * delivered.rate_hz)) for seconds in (window_s, hop_s))
    return Windower(delivered, window, hop)


def _calibrator(
    wanted: DecoderSettings, decoder: Decoder, gate: Gate, hop_s: float, settings: SessionSettings
) -> RestCalibrator:
    calibration = wanted.calibration
    if calibration.file:
        windows, _ = rest_windows(calibration, settings, decoder)
        if not windows:
            raise ConfigError(f"[decoder.calibration] {calibration.file}: no whole window of {decoder.spec.window_s} s")
        decoder.calibrate([window for window in windows if not gate.reason(window)], None)
        return RestCalibrator(decoder, gate, 0.0, hop_s)
    rest_s = decoder.spec.calibration_s if calibration.rest_s is None else calibration.rest_s
    return RestCalibrator(decoder, gate, rest_s, hop_s)


def rest_windows(
    calibration: CalibrationSettings, settings: SessionSettings, decoder: Decoder
) -> tuple[list[Window], StreamSpec]:
    """Read a recording of rest through the session's own stages; return its windows and what they consist of.

    Raises
    ------
    BciError
        If the recording cannot be read, or does not fit the stages or the decoder.
    """
    table = {"kind": "recording", "path": calibration.file, "start_s": calibration.start_s, "speed": "max"}
    table["scale"] = scale_of(calibration.file, settings) if calibration.scale is None else calibration.scale
    if calibration.stop_s is not None:
        table["stop_s"] = calibration.stop_s
    source: Source = make("sources", table, "[decoder.calibration]")
    with closing(source):
        try:
            spec = source.open()
        except DeviceError as exc:
            raise ConfigError(f"[decoder.calibration] file = {calibration.file!r}: {exc}") from exc
        delivered, windows = windows_of(source, spec, settings, decoder)
        return list(windows), delivered


def scale_of(file: str, settings: SessionSettings) -> float:
    """Return by what a session multiplies the voltages of a recording; 1 where it plays another one, or none."""
    source = settings.source
    plays = source.get("kind") == "recording" and source.get("path")
    return float(source.get("scale", 1.0)) if plays and Path(plays).resolve() == Path(file).resolve() else 1.0


def windows_of(
    source: Source, spec: StreamSpec, settings: SessionSettings, decoder: Decoder
) -> tuple[StreamSpec, Iterator[Window]]:
    """Return what the session's stages deliver from a source that ends, and the windows its decoder would see.

    Parameters
    ----------
    source, spec
        Open already, and what it said on opening.

    Raises
    ------
    BciError
        If it does not fit the stages or the decoder.
    """
    choose_electrodes(settings, decoder, spec)
    pipeline = _pipeline(settings, decoder)
    delivered = pipeline.prepare(spec)
    decoder.spec.check(delivered)
    windower = windower_of(delivered, decoder.spec.window_s, hop_of(settings, decoder))
    return delivered, map(copy_window, passing_windows(source, pipeline, windower))


def hop_of(settings: SessionSettings, decoder: Decoder) -> float:
    """Return the step between windows (s): the session's, else the decoder's own."""
    return (settings.decoder.hop_s if settings.decoder else None) or decoder.spec.hop_s


def passing_windows(source: Source, pipeline: Pipeline, windower: Windower) -> Iterator[Window]:
    """Yield the windows of a source that ends, processed; each is valid until the next one is asked for."""
    while True:
        try:
            chunk = source.read(1.0)
        except StreamEnded:
            return
        if chunk is None:
            continue
        yield from windower.push(pipeline.process(chunk))


def _session(settings: SessionSettings, decoder: Decoder | None, spec: StreamSpec) -> Session:
    dumped = settings.model_dump(mode="json")
    if dumped["decoder"] is not None:
        dumped["decoder"]["turns"] = []  # told when they come to pass, at the sample at which they do
    return Session(
        name=settings.name,
        spec=spec,
        settings=dumped,
        versions=versions(),
        model_id=decoder.spec.model_id if decoder else "",
        classes=decoder.spec.classes if decoder else (),
        window_s=decoder.spec.window_s if decoder else 0.0,
        hop_s=hop_of(settings, decoder) if decoder else 0.0,
        started_unix_s=time.time(),
        stages=(*settings.montage, *(dict(table) for table in _stages(settings, decoder))),
    )
