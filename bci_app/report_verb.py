"""Behind ``bci-app report``: the report of a recording, as HTML and as PDF, beside it or elsewhere."""

from __future__ import annotations

from pathlib import Path

from devices.recording_data import ReadOptions
from pipelines.errors import RecordingError


def report_paths(recording: Path, folder: Path | None = None) -> tuple[Path, Path]:
    """Return where the HTML and the PDF go: ``<name>_report.html`` and ``.pdf``, beside the recording by default."""
    home = folder or recording.parent
    stem = recording.name.removesuffix(".gz").rpartition(".")[0]
    return home / f"{stem}_report.html", home / f"{stem}_report.pdf"


def write_report(recording: Path, folder: Path | None = None, options: ReadOptions | None = None) -> tuple[Path, Path]:
    """Write both files, over those of an earlier report; return their paths.

    Raises
    ------
    BciError
        If the recording cannot be read, or a file cannot be written.
    """
    from bci_app.report.contents import gather  # matplotlib is slow to import
    from bci_app.report.paper_page import pdf
    from bci_app.report.screen_page import html

    report = gather(recording, options)
    paths = report_paths(recording, folder)
    try:
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        paths[0].write_text(html(report), encoding="utf-8")
        pdf(report, paths[1])
    except OSError as exc:
        raise RecordingError(f"{paths[0].parent}: the report cannot be written: {exc.strerror or exc}") from exc
    return paths
