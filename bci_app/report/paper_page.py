"""The report as one A4 page, drawn by matplotlib."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from bci_app.report import figures, wording
from bci_app.report.contents import SessionReport
from bci_app.report.figures import INK, MUTED
from pipelines.montage import has_positions

A4 = (8.27, 11.69)
MOST_CHANNELS, MOST_NOTES, MOST_TOLD = 12, 4, 3
TEXT_PT, SMALL_PT = 7.0, 5.6
LINE = 0.0102
"""Height of a line of text, as a share of the page's."""
LEFT, RIGHT, FLOOR = 0.065, 0.945, 0.025
MORE = "… and more, in the page for the screen"


def pdf(report: SessionReport, path: Path) -> None:
    """Write the page."""
    with mpl.rc_context({**figures.STYLE, "font.size": TEXT_PT, "pdf.fonttype": 42}):
        figure = page(report)
        with PdfPages(path, metadata={"Title": f"Session report: {report.path.name}", "CreationDate": None}) as pages:
            pages.savefig(figure)


def page(report: SessionReport) -> Figure:
    """Return the page as a figure."""
    figure = Figure(figsize=A4)
    writer = _Column(figure, 0.965)
    writer.heading("Session report", size=13)
    each = [(name, "; ".join(rest)) for name, *rest in wording.decider_rows(report)]
    writer.pairs([*wording.facts(report), *wording.decisions(report), *each])
    top = writer.y - 0.022
    bottom = top - 0.047 * sum(figures.timeline_heights(report))
    _timeline(figure, report, top, bottom)
    lower = bottom - 0.052
    floor = lower - 0.163
    _pictures(figure, report, lower, floor)
    writer.y = floor - 0.045
    _tables(figure, report, writer)
    _remarks(report, writer)
    writer.heading("Versions and settings")
    writer.small([wording.versions(report)], 165)
    writer.small(wording.settings(report) or ["the file holds no settings"], 165)
    return figure


class _Column:
    """Writes down the page, line by line."""

    def __init__(self, figure: Figure, y: float) -> None:
        self._figure = figure
        self.y = y

    def heading(self, text: str, size: float = 8.5) -> None:
        """Write a title."""
        self._figure.text(LEFT, self.y, text, fontsize=size, fontweight="bold", color=INK, va="top")
        self.y -= LINE * size / 5.5

    def pairs(self, lines: list[tuple[str, str]], width: int = 118) -> None:
        """Write titles and texts in two columns."""
        for title, text in lines:
            self._figure.text(LEFT, self.y, title, fontsize=TEXT_PT, color=MUTED, va="top")
            wrapped = textwrap.wrap(text, width) or [""]
            self._figure.text(LEFT + 0.125, self.y, "\n".join(wrapped), fontsize=TEXT_PT, va="top", linespacing=1.25)
            self.y -= LINE * (1.12 + 1.0 * (len(wrapped) - 1))

    def small(self, lines: list[str], width: int) -> None:
        """Write lines in small print, as far as the page goes."""
        wrapped = [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent="    ") or [""]]
        room = max(1, int((self.y - FLOOR) / (LINE * 0.8)))
        if len(wrapped) > room:
            wrapped = [*wrapped[: room - 1], MORE]
        self._figure.text(LEFT, self.y, "\n".join(wrapped), fontsize=SMALL_PT, color=MUTED, va="top", linespacing=1.2)
        self.y -= LINE * 0.8 * len(wrapped) + 0.005


def _timeline(figure: Figure, report: SessionReport, top: float, bottom: float) -> None:
    heights = figures.timeline_heights(report)
    grid = GridSpec(
        len(heights),
        1,
        figure,
        left=LEFT + 0.03,
        right=RIGHT,
        top=top,
        bottom=bottom,
        height_ratios=heights,
        hspace=0.25,
    )
    axes = [figure.add_subplot(grid[0])]
    axes += [figure.add_subplot(grid[k], sharex=axes[0]) for k in range(1, len(heights))]
    for one in axes[:-1]:
        one.tick_params(labelbottom=False)
    figures.draw_timeline(report, axes)


def _pictures(figure: Figure, report: SessionReport, top: float, bottom: float) -> None:
    """Head, worst channels, and the confusion with the truth, side by side."""
    grid = GridSpec(1, 3, figure, left=LEFT + 0.03, right=RIGHT, top=top, bottom=bottom, wspace=0.32,
                    width_ratios=[1.1, 0.8, 1.0])  # fmt: skip
    channels = report.quality.channels
    if channels and has_positions([channel.name for channel in channels]):
        figures.draw_head(report.quality, figure.add_subplot(grid[0]))
    if channels:
        figures.channel_bars(report.quality.worst_first[:MOST_CHANNELS], figure.add_subplot(grid[1]))
    if report.agreement.judged:
        figures.draw_confusion(report, figure.add_subplot(grid[2]))


def _tables(figure: Figure, report: SessionReport, writer: _Column) -> None:
    """Latency to the left, the worst channels to the right."""
    top = writer.y
    latency = wording.latency_rows(report)
    ends = [top]
    if latency:
        writer.heading("Latency certificate (ms)")
        head = ("", "p50", "p99", "worst", "count")
        ends.append(_table(figure, [head, *latency], LEFT, writer.y, (0.17, 0.06, 0.06, 0.06, 0.07)))
    quality = wording.quality_rows(report, 7)
    if quality:
        x = 0.56 if latency else LEFT
        figure.text(x, top, "Channels, worst first", fontsize=8.5, fontweight="bold", va="top")
        head = ("", "bad", "fault", "deviation", "hum")
        ends.append(_table(figure, [head, *quality], x, top - LINE * 8.5 / 5.5, (0.08, 0.05, 0.09, 0.09, 0.06)))
    writer.y = min(ends) - 0.004
    if report.certificate is not None:
        writer.pairs(wording.certificate(report))
    writer.y -= 0.006


def _table(figure: Figure, rows: list[tuple[str, ...]], x: float, y: float, widths: tuple[float, ...]) -> float:
    """Write a table, its first column to the left, the others to the right; return where it ends."""
    for number, row in enumerate(rows):
        edge = x
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            edge += width
            side: dict[str, Any] = {"ha": "left"} if column == 0 else {"ha": "right"}
            place = edge - width if column == 0 else edge
            figure.text(place, y, cell, fontsize=6.4, va="top", color=INK if number else MUTED, **side)
        y -= LINE
    return y


def _remarks(report: SessionReport, writer: _Column) -> None:
    notes = wording.notes(report)
    if notes:
        writer.heading("Notes")
        writer.pairs([(time, textwrap.shorten(text, 115, placeholder=" …")) for time, text in notes[:MOST_NOTES]])
        if len(notes) > MOST_NOTES:
            writer.small([f"and {len(notes) - MOST_NOTES} more, in the page for the screen"], 165)
        writer.y -= 0.004
    told = wording.told(report)
    if told:
        writer.heading("Warnings and errors of the session")
        writer.small(_cut(told, MOST_TOLD), 165)


def _cut(lines: list[str], most: int) -> list[str]:
    return lines if len(lines) <= most else [*lines[: most - 1], f"and {len(lines) - most + 1} more"]
