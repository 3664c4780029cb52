"""Event-related average: the mean of the signal around markers, one curve for each label."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field, model_validator
from PySide6.QtWidgets import QPushButton

from bci_app.events import NOTES, Session
from pipelines.epochs import EpochAverages
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Marker, StreamSpec
from ui import layouts
from ui.channel_picker import MEAN, ChannelPicker
from ui.evoked_plot import EvokedPlot, ShownAverage
from ui.flow_layout import FlowLayout
from ui.label_list import LabelList
from ui.marker_epochs import EpochSettings, MarkerEpochs
from ui.number_box import number_box
from ui.scaling import eeg_unit
from ui.slow_panel import SlowPanel
from ui.steady_label import SteadyLabel

SHOWN_AT_FIRST = 4
LIMITS_UV = (0.0, 50.0, 100.0, 150.0, 300.0, 1000.0)


class Settings(PluginSettings):
    """How epochs are cut at first."""

    channels: str = Field(MEAN, description="EEG mean, a region or a channel.")
    from_s: float = Field(-0.2, ge=-5, lt=0, description="Start of the epoch before the marker (s).")
    to_s: float = Field(0.8, gt=0, le=10, description="End of the epoch (s).")
    baseline: bool = Field(True, description="Take away the mean before the marker.")
    reject_uv: float = Field(300.0, ge=0, description="Epochs that span more in an EEG channel are left out; 0: none.")
    high_pass_hz: float = Field(0.1, ge=0, description="High-pass before averaging (Hz); 0 is off.")
    low_pass_hz: float = Field(30.0, ge=0, description="Low-pass before averaging (Hz); 0 is off.")

    @model_validator(mode="after")
    def _check_edges(self) -> Settings:
        if self.high_pass_hz and self.low_pass_hz and self.high_pass_hz >= self.low_pass_hz:
            raise ValueError("high_pass_hz must lie below low_pass_hz")
        return self


class EvokedPanel(SlowPanel):
    """Markers of every stream are listed; those ticked are shown."""

    title = "Average"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        s = settings
        self._spec: StreamSpec | None = None
        self._epochs: MarkerEpochs | None = None
        self._is_new = False
        """Whether the axes are still those of the session before."""
        self._drawn: int | None = None
        """How many epochs there were when it was last drawn; None: something else has changed."""
        self.picker = ChannelPicker(s.channels, several=False)
        self.picker.setToolTip("Which channel is shown; of a region or the mean, the average voltage")
        self.labels = LabelList(SHOWN_AT_FIRST)
        self.before = number_box((-0.1, -0.2, -0.5, -1.0), s.from_s, "s", tip="Start of the epoch before the marker")
        self.after = number_box((0.5, 0.8, 1.0, 2.0, 4.0), s.to_s, "s", tip="End of the epoch after the marker")
        self.baseline = QPushButton("Baseline")
        self.baseline.setCheckable(True)
        self.baseline.setChecked(s.baseline)
        self.baseline.setToolTip("Take away the mean before the marker from each epoch")
        self.reject = number_box(
            (0.0, 50.0, 100.0, 150.0, 300.0, 1000.0),
            s.reject_uv,
            "µV",
            "keep all",
            "Leave out epochs that span more in a channel",
        )
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("Forget all epochs and begin anew with the next marker")
        self.count = SteadyLabel("99 epochs, 9 left out")
        self.count.setProperty("role", "muted")
        self._base = EpochSettings(high_pass_hz=s.high_pass_hz, low_pass_hz=s.low_pass_hz)
        self.plot = EvokedPlot()
        self.plot.say("No signal yet")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        controls = FlowLayout((10, 6, 10, 0), 6)
        boxes = (self.picker, self.labels, self.before, self.after, self.reject)
        for widget in (*boxes, self.baseline, self.reset, self.count):
            controls.addWidget(widget)
        column = layouts.column(self, 4, (0, 0, 0, 4))
        column.addLayout(controls)
        column.addWidget(self.plot, 1)
        self.setMinimumSize(260, 190)

    def _connect(self) -> None:
        self.picker.currentIndexChanged.connect(self._draw_anew)
        self.labels.changed.connect(self._draw_anew)
        for box in (self.before, self.after, self.reject):
            box.currentIndexChanged.connect(self._change)
        self.baseline.toggled.connect(self._change)
        self.reset.clicked.connect(self._begin_anew)

    def on_session(self, session: Session) -> None:
        """Forget the averages of the last session."""
        self._spec = session.spec
        self.reject.setEnabled(eeg_unit(session.spec) == "µV")
        self._epochs, self._drawn = MarkerEpochs(session.spec, self._settings()), None
        self.picker.offer(session.spec)
        self.labels.forget()
        self._is_new = True
        self.touch()

    def on_chunk(self, chunk: Chunk) -> None:
        """Remember samples."""
        if self._epochs is not None and chunk.n_samples:
            self._epochs.push(chunk)
            self.touch()

    def on_marker(self, marker: Marker) -> None:
        """Remember a moment."""
        if marker.stream != NOTES and self._epochs is not None and self._epochs.mark(marker):
            self.labels.add(marker.label)
            self._drawn = None
            self.touch()

    def absorb(self) -> None:
        """Take complete epochs even while nobody looks: their samples are not kept for ever."""
        if self._epochs is not None:
            self._epochs.update()

    def restyle(self) -> None:
        """Take the new colours into the plot."""
        self.plot.restyle()
        self._drawn = None
        super().restyle()

    def recompute(self) -> bool:
        """Take the epochs that are complete, and draw if there were any."""
        if self._epochs is None:
            return False
        more = self._epochs.update()
        if self._is_new:
            self._show_axes()
        if self._drawn != self._epochs.taken:
            self._drawn = self._epochs.taken
            self._draw(self._epochs.averages)
        return more

    def _draw_anew(self) -> None:
        self._drawn = None
        self.recompute()

    def _draw(self, averages: EpochAverages) -> None:
        columns = next(iter(self.picker.groups().values()), [0])
        shown: dict[str, tuple[int, ShownAverage]] = {}
        kept = rejected = 0
        for place, label in enumerate(self.labels.labels):
            n, n_rejected = averages.counts(label)
            if label not in self.labels.ticked():
                continue
            kept, rejected = kept + n, rejected + n_rejected
            if n:
                mean = averages.mean(label, columns).mean(axis=1)
                # Of several channels the mean of the intervals: no narrower than theirs, for they go together.
                half = averages.half_interval(label, columns).mean(axis=1)
                shown[label] = (place, ShownAverage(mean, half, f"{layouts.words(label)} ({n})"))
        self.plot.draw(averages.times_s, shown)
        self.count.setText(f"{kept} epochs, {rejected} left out" if kept or rejected else "")
        self.plot.say("" if shown else self._nothing(rejected))

    def _nothing(self, rejected: int) -> str:
        """Say why there is no curve."""
        if not self.labels.labels:
            return "No markers yet: the average begins with the first"
        if not self.labels.ticked():
            return "No marker is ticked in the list"
        if rejected:
            return (
                f"{rejected} left out: samples are missing, or a channel spans more than "
                f"{self.reject.currentText()}. A higher limit keeps more."
            )
        return f"Waiting for the first {self.after.currentText()} after a marker …"

    def _settings(self) -> EpochSettings:
        reject, before = self.reject.currentData(), self.before.currentData()
        return replace(
            self._base,
            from_s=before,
            to_s=self.after.currentData(),
            baseline_s=(before, 0.0) if self.baseline.isChecked() else None,
            # A limit in microvolts says nothing of a signal whose unit is not known.
            reject_uv=reject if reject and self.reject.isEnabled() else None,
        )

    def _change(self) -> None:
        if self._epochs is not None:
            self._epochs.change(self._settings())
            self._show_axes()
            self._draw_anew()

    def _begin_anew(self) -> None:
        if self._epochs is not None:
            self._epochs.forget()
            self._draw_anew()

    def _show_axes(self) -> None:
        assert self._epochs is not None
        assert self._spec is not None
        self._is_new = False
        self.plot.lay_out(self._epochs.averages.times_s, self._epochs.settings.baseline_s, eeg_unit(self._spec))


def build(settings: Settings) -> EvokedPanel:
    """Make the panel."""
    return EvokedPanel(settings)
