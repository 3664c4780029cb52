"""Pictures of a report: decisions over time, channels on the head, the confusion with the truth."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from bci_app.report.contents import SessionReport
from bci_app.report.quality import ChannelSummary, Quality
from pipelines.head_projection import head_xy
from pipelines.montage import has_positions
from pipelines.percent import percent

INK, MUTED, FAINT, BAD = "#1f2933", "#52606d", "#cbd2d9", "#b3261e"
COLOURS = ("#2f6fab", "#d9822b", "#3b8e5a", "#8a4fa3", "#a83246", "#2a9d98", "#b8912b", "#5f6b76")
"""Classes, in the decoder's order."""
HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "oo", "--")
"""Tell classes apart without colour."""
STYLE = {
    "font.size": 8.0,
    "font.family": "DejaVu Sans",
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.edgecolor": FAINT,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "svg.fonttype": "path",
    "svg.hashsalt": "bci_app",
    "hatch.linewidth": 0.4,
}


def svg(figure: Figure) -> str:
    """Return a figure as SVG."""
    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def timeline(report: SessionReport, width: float = 10.0) -> Figure:
    """What was decided when, over what was true, with what was lost and how many channels were bad."""
    rows = timeline_heights(report)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, 0.55 + 0.62 * sum(rows)), layout="constrained")
        draw_timeline(report, list(np.ravel(figure.subplots(len(rows), sharex=True, height_ratios=rows))))
    return figure


def timeline_heights(report: SessionReport) -> list[float]:
    """Return the relative heights of the axes that :func:`draw_timeline` fills."""
    return [3.0] * bool(report.decisions) + [0.5] * bool(report.truth) + [0.9] * bool(report.quality.channels) or [0.5]


def draw_timeline(report: SessionReport, axes: Sequence[Axes]) -> None:
    """Fill the axes of a timeline, one below the other."""
    left = list(axes)
    if report.decisions:
        _probabilities(report, left.pop(0))
    if report.truth:
        _truth(report, left.pop(0))
    if report.quality.channels:
        _bad_over_time(report.quality, left.pop(0))
    for one in left:
        one.set_yticks([])
    for one in axes:
        for start_s, end_s in _losses(report):
            one.axvspan(start_s, end_s, color=BAD, alpha=0.25, linewidth=0)
        one.spines[["top", "right"]].set_visible(False)
        one.margins(x=0)
    axes[-1].set_xlim(0, report.duration_s)
    axes[-1].set_xlabel("time (s); lost samples are shaded red")


def head_map(quality: Quality) -> Figure | None:
    """Return the electrodes on the head; None where one has no known place."""
    names = [channel.name for channel in quality.channels]
    if not names or not has_positions(names):
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.2, 3.2), layout="constrained")
        draw_head(quality, figure.subplots())
    return figure


def draw_head(quality: Quality, axes: Axes) -> None:
    """Draw each electrode where it sits, seen from above; colour and number are its bad share."""
    places = head_xy([channel.name for channel in quality.channels])
    many = len(places) > 40
    for centre, radius in (((0.0, 0.0), 1.0), ((-1.04, 0.0), 0.06), ((1.04, 0.0), 0.06)):
        axes.add_patch(Circle(centre, radius, fill=False, color=FAINT, linewidth=1.2))
    axes.plot([-0.12, 0.0, 0.12], [0.99, 1.13, 0.99], color=FAINT, linewidth=1.2)
    colours = mpl.colormaps["cividis_r"]
    for (x, y), channel in zip(places, quality.channels, strict=True):
        axes.add_patch(Circle((x, y), 0.055 if many else 0.1, facecolor=colours(channel.bad), edgecolor=INK, lw=0.5))
        light = channel.bad < 0.5
        axes.text(
            x,
            y,
            channel.name.strip("."),
            ha="center",
            va="center",
            fontsize=3.6 if many else 5.5,
            color=INK if light else "white",
        )
    axes.set(xlim=(-1.27, 1.27), ylim=(-1.1, 1.18), aspect="equal")
    axes.set_axis_off()
    axes.set_title("share of time bad: light 0, dark 1", fontsize=7, color=MUTED)


def channel_bars(channels: Sequence[ChannelSummary], axes: Axes) -> None:
    """Draw the bad share of channels, one bar each."""
    shown = list(channels)[::-1]
    axes.barh(range(len(shown)), [100 * c.bad for c in shown], color=COLOURS[0], height=0.65)
    axes.set_yticks(range(len(shown)), [c.name for c in shown], fontsize=6)
    axes.set(xlim=(0, 100), ylim=(-0.6, max(len(shown), 4) - 0.4))
    if not any(c.bad for c in shown):
        axes.text(50, (len(shown) - 1) / 2, "no channel\nwas ever bad", ha="center", va="center", color=MUTED)
    axes.set_xlabel("time bad (%)")
    axes.spines[["top", "right"]].set_visible(False)


def confusion(report: SessionReport) -> Figure | None:
    """Return truth against decision; None where nothing was judged."""
    if not report.agreement.judged:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.4, 2.6), layout="constrained")
        draw_confusion(report, figure.subplots())
    return figure


def draw_confusion(report: SessionReport, axes: Axes) -> None:
    """Draw windows by true state and decided class, each row of the shade of its share."""
    found = report.agreement
    states = found.states
    labels = [name for name in report.classes if name in found.classes or report.labels[name]]
    counts = np.array([[found.confusion[state, label] for label in labels] for state in states], dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (i, j), count in np.ndenumerate(counts):
        colour = "white" if shares[i, j] > 0.6 else INK
        axes.text(j, i, f"{count:.0f}\n{percent(shares[i, j])}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(labels)), [words(label) for label in labels])
    axes.set_yticks(range(len(states)), [words(state) for state in states], rotation=90, va="center")
    axes.tick_params(length=0)
    axes.set(xlabel="decided", ylabel="true")


def words(label: str) -> str:
    """Return a class name as a person would write it."""
    return label.replace("_", " ")


def _probabilities(report: SessionReport, axes: Axes) -> None:
    ends = np.array([d.end_s for d in report.decisions])
    abstained = np.array([d.abstained for d in report.decisions])
    shares = np.full((len(ends), len(report.classes)), np.nan)  # a decoder has not all the classes of the others
    for row, decision in enumerate(report.decisions):
        if not decision.abstained:
            shares[row, [report.classes.index(name) for name in decision.labels]] = decision.probabilities
    for number, name in enumerate(report.classes):
        style = ("-", "--", ":", "-.")[number % 4]
        axes.plot(
            ends, shares[:, number], style, color=COLOURS[number % len(COLOURS)], linewidth=1.1, label=words(name)
        )
    hop_s = float(np.median(np.diff(ends))) if len(ends) > 1 else 1.0
    for start, stop in _runs(abstained):
        axes.axvspan(ends[start] - hop_s, ends[stop - 1], facecolor="none", edgecolor=MUTED, hatch="///", linewidth=0,
                     alpha=0.5)  # fmt: skip
    if abstained.any():
        axes.bar([0], [0], facecolor="none", edgecolor=MUTED, hatch="///", linewidth=0, alpha=0.5, label="abstained")
    for time_s, _ in report.notes:
        axes.axvline(time_s, color=INK, linewidth=0.8, linestyle=(0, (1, 2)))
    axes.set_ylim(0, 1)
    axes.set_ylabel("probability")
    axes.grid(axis="y", color=FAINT, linewidth=0.4)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=6, frameon=False, borderaxespad=0.2)


def _truth(report: SessionReport, axes: Axes) -> None:
    ends = [*(time_s for time_s, _ in report.truth[1:]), report.duration_s]
    order = list(dict.fromkeys([*report.classes, *(state for _, state in report.truth)]))
    for (start_s, state), end_s in zip(report.truth, ends, strict=True):
        number = order.index(state)
        axes.axvspan(start_s, end_s, facecolor=COLOURS[number % len(COLOURS)], hatch=HATCHES[number % len(HATCHES)],
                     edgecolor="white", linewidth=0, alpha=0.8)  # fmt: skip
        if end_s - start_s > 0.08 * report.duration_s:
            axes.text((start_s + end_s) / 2, 0.5, words(state), ha="center", va="center", fontsize=6.5, clip_on=True,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85})  # fmt: skip
    axes.set_yticks([0.5], ["truth"])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(0, 1)


def _bad_over_time(quality: Quality, axes: Axes) -> None:
    if len(quality.times_s):
        axes.fill_between(
            quality.times_s, quality.bad.sum(axis=1), step="pre", color=COLOURS[4], alpha=0.6, linewidth=0
        )
    axes.set_ylim(0, max(1, min(len(quality.channels), int(quality.bad.sum(axis=1).max(initial=0)) + 1)))
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.set_ylabel("bad\nchannels")


def _losses(report: SessionReport) -> list[tuple[float, float]]:
    times_s = report.recording.times_s
    return [
        (float(times_s[row - 1] - times_s[0]), float(times_s[row] - times_s[0]))
        for row in sorted(report.recording.losses)
        if row > 0
    ]


def _runs(present: np.ndarray[Any, np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """Return begin and end of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
