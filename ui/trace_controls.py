"""The row of controls above the traces."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QPushButton, QSizePolicy, QWidget

from pipelines.plugins import PluginSettings
from ui import layouts, theme
from ui.flow_layout import FlowLayout
from ui.number_box import number_box
from ui.popup_button import PopupButton
from ui.scaling import STEPS
from ui.shown_signal import DECODER, FILTERED, RAW, VIEWS

MAX_WINDOW_S = 60.0
AUTO = "auto"
LEAST_PX = 400
"""Width of the controls in two lines."""


class TraceSettings(PluginSettings):
    """How the traces look at first; everything can be changed in the window."""

    window_s: float = Field(10.0, ge=1, le=MAX_WINDOW_S, description="Seconds across the plot.")
    scale_uv: float | None = Field(None, gt=0, description="Units per lane; none follows the signal.")
    view: Literal["filtered", "raw", "decoder's view"] = Field("filtered", description="What of the signal is shown.")
    arrangement: Literal["stacked", "butterfly"] = Field("stacked", description="One lane each, or the EEG in one.")
    high_pass_hz: float = Field(1.0, ge=0, description="Display high-pass (Hz); 0 is off.")
    low_pass_hz: float = Field(40.0, ge=0, description="Display low-pass (Hz); 0 is off.")
    notch_hz: float = Field(0.0, ge=0, description="Display notch (Hz); 0 is off.")
    motion: Literal["scroll", "sweep"] = Field("scroll", description="Move the picture, or write over it.")


class TraceControls(QWidget):
    """Boxes and buttons in one line; the panel connects them. Very narrow ones get two lines."""

    def __init__(self, settings: TraceSettings) -> None:
        super().__init__()
        s = settings
        self.window_box = QDoubleSpinBox(minimum=1, maximum=MAX_WINDOW_S, decimals=0, value=s.window_s)
        self.window_box.setFixedWidth(theme.px(66))
        self.window_box.setToolTip("Seconds across the plot: 1 to 60 ([ and ])")
        self.window_box.setSuffix(" s")
        self.window_box.setAccessibleName("Seconds across the plot")
        self.scale_box = QComboBox()
        self.scale_box.setAccessibleName("Units per lane")
        self.scale_box.addItems([AUTO, *(f"{step:g}" for step in STEPS)])
        self.scale_box.setCurrentText(AUTO if s.scale_uv is None else f"{s.scale_uv:g}")
        self.scale_box.setToolTip("Units per lane (the bar at the right); auto follows the signal (A)")
        self.smaller, self.larger = QPushButton("−"), QPushButton("+")
        layouts.name(self.smaller, "Smaller traces", "Smaller traces: more units per lane (Down)")
        layouts.name(self.larger, "Larger traces", "Larger traces: fewer units per lane (Up)")
        self.view_box = QComboBox()
        self.view_box.setAccessibleName("What of the signal is shown")
        self.view_box.addItems(VIEWS)
        self.view_box.setCurrentText(s.view)
        self.view_box.setToolTip(
            f"{FILTERED}: the three filters here; {RAW}: as it comes; {DECODER}: behind the session's own stages (V)"
        )
        self._make_filters(s)
        self._make_motion(s)
        self.freeze = QPushButton("Freeze")
        self.freeze.setCheckable(True)
        self.freeze.setToolTip(
            "Hold the picture (Space); recording and decoding go on. Left, Right, Page keys, Home, End or the wheel "
            "look back"
        )
        self._lay_out()
        self.follow_view()

    @property
    def filters(self) -> tuple[QComboBox, QComboBox, QComboBox]:
        """High-pass, low-pass, notch."""
        return self.high_pass, self.low_pass, self.notch

    def follow_view(self) -> None:
        """Show the filters where they are used."""
        self.filter_button.setVisible(self.view_box.currentText() == FILTERED)

    def _make_filters(self, s: TraceSettings) -> None:
        self.high_pass = number_box((0, 0.1, 0.5, 1, 2, 5), s.high_pass_hz, "Hz", "off", "High-pass, for the eye alone")
        self.low_pass = number_box((0, 15, 30, 40, 70, 100), s.low_pass_hz, "Hz", "off", "Low-pass, for the eye alone")
        self.notch = number_box((0, 50, 60), s.notch_hz, "Hz", "off", "Notch, for the eye alone")
        boxes = dict(zip(("High-pass", "Low-pass", "Notch"), self.filters, strict=True))
        self.filter_button = PopupButton(boxes, self._filters_in_words, "High-pass, low-pass, notch: for the eye alone")

    def _make_motion(self, s: TraceSettings) -> None:
        self.arrangement = QComboBox()
        self.arrangement.addItems(["stacked", "butterfly"])
        self.arrangement.setCurrentText(s.arrangement)
        self.arrangement.setAccessibleName("Arrangement of the traces")
        self.arrangement.setToolTip("One lane for each channel, or the EEG in one lane (B)")
        self.motion = QComboBox()
        self.motion.addItems(["scroll", "sweep"])
        self.motion.setCurrentText(s.motion)
        self.motion.setAccessibleName("Motion of the picture")
        self.motion.setToolTip("Move the picture, or write over it from left to right")
        boxes = {"Traces": self.arrangement, "Picture": self.motion}
        self.picture_button = PopupButton(
            boxes,
            lambda: f"{self.arrangement.currentText()}, {self.motion.currentText()}",
            "One lane for each channel or one for all EEG (B); move the picture or write over it",
        )

    def _filters_in_words(self) -> str:
        low, high, notch = (float(box.currentData()) for box in self.filters)
        if low and high:
            band = f"{low:g}–{high:g} Hz"
        else:
            band = f"above {low:g} Hz" if low else f"below {high:g} Hz" if high else "no filter"
        return f"{band}, no {notch:g} Hz" if notch else band

    def allow_decoder(self, why_not: str) -> None:
        """Offer the decoder's view, or not and say why."""
        row = VIEWS.index(DECODER)
        item = self.view_box.model().item(row)  # type: ignore[attr-defined]  # the box's own model has items
        item.setEnabled(not why_not)
        item.setToolTip(why_not)
        if why_not and self.view_box.currentIndex() == row:
            self.view_box.setCurrentText(FILTERED)

    def offers(self, row: int) -> bool:
        """Whether a view can be chosen."""
        return bool(self.view_box.model().item(row).isEnabled())  # type: ignore[attr-defined]  # as above

    def _lay_out(self) -> None:
        flow = FlowLayout((8, 6, 8, 6), 4)
        scale = QWidget()
        row = layouts.row(scale, 4, (0, 0, 0, 0))
        for part in (self.smaller, self.scale_box, self.larger):
            row.addWidget(part)
        for widget in (self.window_box, scale, self.view_box, self.filter_button, self.picture_button, self.freeze):
            flow.addWidget(widget)
        self.setLayout(flow)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(LEAST_PX)
