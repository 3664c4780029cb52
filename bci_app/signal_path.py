"""What happens to samples between source and sinks: stages, windows, decoder, smoothing."""

from __future__ import annotations

from dataclasses import dataclass

from bci_app.calibrator import Calibrator
from bci_app.decoding import Decoding
from models.decoder import DecoderSpec
from models.unimind.replies import Asked
from pipelines.channel_quality import QualityMeter
from pipelines.signal import StreamSpec
from pipelines.smoothing import Smoother
from pipelines.stage import Pipeline
from pipelines.windows import Windower


@dataclass(slots=True, eq=False)
class SignalPath:
    """One way from samples to decisions; None in ``decoding`` records only."""

    pipeline: Pipeline
    windower: Windower | None = None
    decoding: Decoding | None = None
    calibrator: Calibrator | None = None
    smoother: Smoother | None = None
    quality: QualityMeter | None = None
    name: str = ""
    """Of the decoder, as it was asked for."""
    decoder: DecoderSpec | None = None
    hop_s: float = 0.0
    asked: Asked | None = None
    """Who answers questions about the same windows, if the decoder does."""
    used: bool = False
    """Whether it has decided already."""

    def close(self) -> None:
        """End the decoding, close the decoder, and end whoever answers. May be called twice."""
        if self.decoding is not None:
            self.decoding.close()
        if self.asked is not None:
            self.asked.close()

    def restart(self, spec: StreamSpec) -> None:
        """Begin anew with samples that do not follow those before; the decoder keeps what it knows of the person."""
        self.pipeline.prepare(spec)
        if self.windower is not None:
            self.windower.reset()
        if self.smoother is not None:
            self.smoother.reset()
        if self.decoding is not None:
            self.decoding.ready()  # what it decided after it was left is of no interest
