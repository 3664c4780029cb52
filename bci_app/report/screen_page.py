"""The report as one HTML file that needs no other."""

from __future__ import annotations

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from matplotlib.figure import Figure

from bci_app.report import figures, wording
from bci_app.report.contents import SessionReport

TEMPLATES = Path(__file__).with_name("templates")


def html(report: SessionReport) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(["html.j2"]), undefined=StrictUndefined
    )
    pictures: dict[str, Figure | None] = {
        "timeline": figures.timeline(report),
        "confusion": figures.confusion(report),
        "head": figures.head_map(report.quality),
    }
    text: str = environment.get_template("report.html.j2").render(
        title=f"Session report: {report.path.name}",
        facts=wording.facts(report),
        decisions=wording.decisions(report),
        deciders=wording.decider_rows(report),
        latency=wording.latency_rows(report),
        certificate=wording.certificate(report),
        quality=wording.quality_rows(report),
        notes=wording.notes(report),
        told=wording.told(report),
        settings=wording.settings(report),
        versions=wording.versions(report),
        pictures={name: _embedded(figure) for name, figure in pictures.items()},
    )
    return text


def _embedded(figure: Figure | None) -> str:
    """Return a figure as base64, so that names in one picture cannot meet those in another."""
    return "" if figure is None else base64.b64encode(figures.svg(figure).encode()).decode()
