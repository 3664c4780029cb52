"""Step 2, montage and quality: how each electrode is, what it is called, what it is measured against."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QSplitter, QWidget

from bci_app.events import ChannelQualityEvent, Session
from pipelines.channel_quality import ChannelQuality
from pipelines.errors import BciError
from pipelines.plugins import PluginSettings
from pipelines.signal import Chunk, Flag
from ui import layouts, theme
from ui.channel_table import ChannelTable
from ui.flow_layout import FlowLayout
from ui.head_map import MEANINGS, Electrode, HeadMap
from ui.interpolation_view import SHOWN_S, InterpolationView
from ui.montage_choice import MontageChoice
from ui.reference_row import ReferenceRow
from ui.sample_history import SampleHistory
from ui.step import ORDER, Step


class Settings(PluginSettings):
    """No settings."""


class MontageStep(Step):
    """Head on the left, channels on the right. Every choice goes into the draft; the running session keeps its own."""

    title = "Montage and quality"
    order = ORDER.index("montage") + 1
    hint = "Look at every electrode; name channels, choose the reference, mark bad ones"
    shows = ("status", "messages")

    def __init__(self) -> None:
        super().__init__()
        self._session: Session | None = None
        self._channels: tuple[str, ...] = ()
        self._columns: list[int] = []
        self._measured: dict[str, ChannelQuality] = {}
        self._history: SampleHistory | None = None
        self._waiting: list[Chunk] = []
        self._chosen = ""
        self.head, self.table, self.preview = HeadMap(), ChannelTable(), InterpolationView()
        self.reference, self.summary = ReferenceRow(), QLabel("", wordWrap=True)
        self._build()
        self._connect()

    @property
    def choice(self) -> MontageChoice:
        """What the draft says of the montage."""
        return MontageChoice.of(self.draft.values.get("montage") or ())

    def on_draft(self) -> None:
        """Show what the draft says."""
        choice = self.choice
        self.table.show_channels(self._channels, choice)
        self.interpolate.blockSignals(True)
        self.interpolate.setChecked(choice.interpolate)
        self.interpolate.blockSignals(False)
        names = tuple(choice.name(channel) for channel in self._channels)
        self.reference.show_choice(choice.mode, choice.reference, names)
        self.touch()
        self.refresh()

    def on_session(self, session: Session) -> None:
        """Show the channels of the new source."""
        self._session = session
        self._columns = session.spec.indices_of("eeg")
        self._channels = tuple(session.spec.names[i] for i in self._columns)
        kept = round(SHOWN_S * session.spec.rate_hz)
        self._history = SampleHistory(len(self._columns), kept) if self._columns else None
        self._measured.clear()
        self._waiting.clear()
        self.table.forget_quality()
        self.on_draft()

    def on_chunk(self, chunk: Chunk) -> None:
        """Keep the samples for the comparison."""
        if self._history is not None and chunk.n_samples:
            self._waiting.append(chunk)
            if len(self._waiting) > 200:
                self.absorb()

    def on_channel_quality(self, event: ChannelQualityEvent) -> None:
        """Take the newest measures."""
        self._measured = {one.name: one for one in event.channels}
        self.touch()

    def absorb(self) -> None:
        """Keep the samples that wait."""
        if self._history is not None:
            for chunk in self._waiting:
                lost = (chunk.flags & Flag.LOST) != 0
                self._history.push(chunk.samples[:, self._columns], lost, chunk.first_index)
        self._waiting.clear()

    def redraw(self) -> None:
        """Show head, measures and comparison."""
        self.absorb()
        choice = self.choice
        self.table.show_quality(self._measured)
        self.head.show_electrodes(tuple(self._electrode(channel, choice) for channel in self._channels))
        self._summarise(choice)
        if self._history is not None:
            samples, _lost, _first = self._history.last(round(SHOWN_S * self._rate_hz()))
            names = tuple(choice.name(channel) for channel in self._channels)
            bad = frozenset(choice.bad)
            self.preview.show_channel(choice.name(self._chosen), names, bad, samples, self._rate_hz())

    def restyle(self) -> None:
        """Take the new colours into the plot."""
        self.preview.restyle()
        self.head.update()
        super().restyle()

    def mark_poor(self) -> None:
        """Mark every channel as bad that is not in order now."""
        choice = self.choice
        for name, one in self._measured.items():
            if one.verdict != "good":
                choice = choice.marked(choice.name(name), bad=True)
        self._choose("mark poor channels as bad", choice)

    def apply(self) -> None:
        """Run the session anew with the draft's montage."""
        try:
            self.start_session.emit(self.draft.settings())
        except BciError as exc:
            self.summary.setText(f"✖ {exc}")
            theme.set_tone(self.summary, "bad")

    def _build(self) -> None:
        self.interpolate = QCheckBox("&Interpolate bad channels")
        self.interpolate.setToolTip("Replace them by spherical splines; else they are only told to be bad")
        self.poor_button = QPushButton("Mark &poor ones as bad")
        self.poor_button.setToolTip("Mark every channel as bad that is not in order now")
        self.apply_button = QPushButton("&Apply now")
        self.apply_button.setProperty("role", "primary")
        self.apply_button.setToolTip("Run the session anew with these names, reference and bad channels")
        right = QWidget()
        column = layouts.column(right)
        column.addWidget(self.table, 1)
        below = FlowLayout((0, 0, 0, 0), 6)
        for widget in (self.interpolate, self.poor_button, self.apply_button):
            below.addWidget(widget)
        column.addWidget(self.reference)
        column.addLayout(below)
        column.addWidget(self.preview)
        left = QWidget()
        narrow = layouts.column(left)
        narrow.addWidget(self.head, 1)
        narrow.addWidget(self.summary)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setChildrenCollapsible(False)
        both.addWidget(left)
        both.addWidget(right)
        both.setSizes([460, 620])
        layouts.column(self, 0, (0, 0, 0, 0)).addWidget(both)

    def _connect(self) -> None:
        self.table.renamed.connect(self._rename)
        self.table.marked.connect(
            lambda channel, bad: self._choose(
                f"{'mark' if bad else 'unmark'} {channel}", self.choice.marked(self.choice.name(channel), bad=bad)
            )
        )
        self.table.picked.connect(self._pick)
        self.head.picked.connect(self._pick_by_name)
        self.interpolate.toggled.connect(
            lambda on: self._choose("interpolation of bad channels", replace(self.choice, interpolate=on))
        )
        self.reference.chosen.connect(
            lambda mode, named: self._choose(
                f"reference {mode or 'of the device'}", replace(self.choice, mode=mode, reference=named)
            )
        )
        self.poor_button.clicked.connect(self.mark_poor)
        self.apply_button.clicked.connect(self.apply)

    def _rename(self, channel: str, name: str) -> None:
        choice = self.choice
        taken = [other for other in self._channels if other != channel and choice.name(other) == name]
        if not name or taken:
            why = f"{taken[0]} has it already" if taken else "a channel needs one"
            self.summary.setText(f"✖ {channel} cannot be named {name!r}: {why}.")
            theme.set_tone(self.summary, "bad")
            self.table.show_channels(self._channels, choice)
            return
        self._choose(f"rename {channel}", choice.renamed(channel, name))

    def _choose(self, text: str, choice: MontageChoice) -> None:
        self.draft.choose(text, montage=choice.tables() or None)

    def _pick(self, channel: str) -> None:
        self._chosen = channel
        self.head.select(self.choice.name(channel))
        self.touch()
        self.refresh()

    def _pick_by_name(self, name: str) -> None:
        choice = self.choice
        self.table.select(next(channel for channel in self._channels if choice.name(channel) == name))

    def _electrode(self, channel: str, choice: MontageChoice) -> Electrode:
        one, name = self._measured.get(channel), choice.name(channel)
        detail = "" if one is None else f"{one.verdict}, {MEANINGS[one.verdict]}; SD {one.deviation_uv:.1f} µV"
        if one is not None and not np.isnan(one.impedance_kohm):
            detail += f"; {one.impedance_kohm:.0f} kΩ"
        return Electrode(name, "" if one is None else one.verdict, detail, marked=name in choice.bad)

    def _summarise(self, choice: MontageChoice) -> None:
        if not self._channels:
            theme.set_tone(self.summary, "muted")
            self.summary.setText("" if self._session is None else "This source has no EEG channel.")
            return
        poor = [choice.name(name) for name, one in self._measured.items() if one.verdict != "good"]
        text = "Waiting for the first second of signal …" if not self._measured else "● Every channel is in order."
        if poor:
            named = ", ".join(poor[:8]) + (" …" if len(poor) > 8 else "")
            text = f"▲ {len(poor)} of {len(self._channels)} need a look: {named}"
        running = MontageChoice.of(dict(self._session.settings).get("montage") or ()) if self._session else choice
        if running != choice:
            text += "\n◆ The session still runs with another montage: Apply now."
        theme.set_tone(self.summary, "warning" if poor else "good" if self._measured else "muted")
        self.summary.setText(text)
        self.poor_button.setEnabled(bool(poor))

    def _rate_hz(self) -> float:
        assert self._session is not None
        return self._session.spec.rate_hz


def build(settings: Settings) -> MontageStep:
    """Make the step."""
    return MontageStep()
