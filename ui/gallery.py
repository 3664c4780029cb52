"""Pictures of every panel and every step: ``python -m ui.gallery OUT [--data DIR] [--theme NAME]``.

Scenes are run by the real engine process; what it said is shown to the window and to each panel, in both themes. New
panels and steps appear by themselves. OUT/index.html shows all pictures.
"""

from __future__ import annotations

import argparse
import html
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop
from PySide6.QtWidgets import QApplication, QWidget

from bci_app.config import validate
from pipelines.plugins import make, names
from ui import gallery_questions, gallery_scenes, preferences, theme
from ui.engine_client import EngineClient
from ui.gallery_scenes import Film, Projector, Scene
from ui.main_window import MainWindow
from ui.panel import Panel
from ui.scouting import Scouting

SIZES = ((1440, 900), (1000, 700))
PANEL_SIZE = (520, 420)
SETTLE = 6
"""Rounds of the event loop before a picture is taken."""
PATIENCE_S = 20.0
"""How long a picture waits for what a step has asked for, such as the cards of decoders."""

PAGE_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Gallery</title><style>
body { font: 14px system-ui, sans-serif; margin: 1.5rem; } figcaption { color: #52606d; }
figure { display: inline-block; margin: 0 1rem 1rem 0; } img { max-width: 46rem; border: 1px solid #cbd2d9; }
</style></head><body>"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One PNG: which scene, theme and part, and the file's name."""

    scene: Scene
    theme: str
    part: str
    file: str


def main(argv: Sequence[str] | None = None) -> int:
    """Make all pictures; return the exit code."""
    parser = argparse.ArgumentParser(prog="ui.gallery", description="Pictures of every panel and step.")
    parser.add_argument("out", type=Path, help="folder of the pictures; made if it is missing")
    parser.add_argument("--data", type=Path, help="folder of the shared recordings")
    parser.add_argument("--theme", choices=list(theme.THEMES), help="one theme instead of all")
    parser.add_argument("--scene", action="append", help="only scenes of this name; may be given again")
    arguments = parser.parse_args(argv)
    if not os.environ.get("DISPLAY") and sys.platform.startswith("linux"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    themes = [arguments.theme] if arguments.theme else list(theme.THEMES)
    pictures: list[Picture] = []
    for scene in _scenes(out / "recordings", arguments.data):
        if arguments.scene and scene.name not in arguments.scene:
            continue
        film = gallery_scenes.film(scene)
        for name in themes:
            theme.apply(app, name)
            pictures += shoot(scene, film, name, out)
        print(f"{scene.name}: {len(film.events)} events", flush=True)  # noqa: T201 - a program's output
    (out / "index.html").write_text(index(pictures), encoding="utf-8")
    return 0


def _scenes(folder: Path, data: Path | None) -> Iterator[Scene]:
    yield gallery_scenes.simulated(folder)
    recorded = sorted(folder.rglob("*.xdf"))  # what the scene before has recorded
    if recorded:
        yield gallery_scenes.replay(recorded[-1])
    yield gallery_questions.asked(folder)
    if data is not None:
        yield from gallery_scenes.shared(data)
    yield from gallery_scenes.faults(folder)


def shoot(scene: Scene, film: Film, theme_name: str, out: Path) -> list[Picture]:
    """Show a film to a window, and where the scene shows everything to each panel alone; save the pictures."""
    found: list[Picture] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ[preferences.VARIABLE] = str(Path(folder) / "preferences.ini")  # a person's own stay as they are
        store = preferences.of_user()
        projector = Projector(film)
        client = EngineClient(lambda _: projector)
        window = MainWindow(client, store)
        _show(window, SIZES[0])
        alone = _panels_alone(client, names("panels") if scene.steps is None else scene.panels)
        window.run(validate(scene.settings, scene.name))
        while client.is_running and not projector.over:
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        for width, height in SIZES:
            window.resize(width, height)
            for step in [step for step in window.steps if scene.steps is None or step in scene.steps]:
                window.go_to(step)
                _bring(window, scene.panels)
                found.append(_save(window, scene, theme_name, f"{step}-{width}x{height}", out))
        for name, panel in alone.items():
            found.append(_save(panel, scene, theme_name, f"panel-{name}", out))
            panel.close()
            panel.deleteLater()
        window.close()
        window.deleteLater()
        client.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return found


def _bring(window: MainWindow, panels: Sequence[str]) -> None:
    """Show panels as tabs beside one that is there."""
    for name in panels:
        dock = window.docks.docks[name]
        beside = [d for d in window.docks.docks.values() if d is not dock and not d.visibleRegion().isEmpty()]
        same = [d for d in beside if window.dockWidgetArea(d) == window.dockWidgetArea(dock)]
        if same:
            window.tabifyDockWidget(same[0], dock)
        dock.show()
        dock.raise_()


def _panels_alone(client: EngineClient, wanted: Sequence[str]) -> dict[str, Panel]:
    panels: dict[str, Panel] = {}
    for name in wanted:
        panel: Panel = make("panels", {"kind": name})
        panel.attach(client)
        panels[name] = panel
        _show(panel, PANEL_SIZE)
    return panels


def _show(widget: QWidget, size: tuple[int, int]) -> None:
    widget.resize(*size)
    widget.show()


def _save(widget: QWidget, scene: Scene, theme_name: str, part: str, out: Path) -> Picture:
    until = time.monotonic() + PATIENCE_S
    while any(scouting.will_end for scouting in widget.findChildren(Scouting)) and time.monotonic() < until:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    for _ in range(SETTLE):
        QCoreApplication.processEvents()
    file = f"{scene.name}-{theme_name}-{part}.png"
    widget.grab().save(str(out / file))
    return Picture(scene, theme_name, part, file)


def index(pictures: Sequence[Picture]) -> str:
    """Return the page that shows all pictures, by scene and theme."""
    groups: dict[tuple[str, str], list[Picture]] = {}
    for picture in pictures:
        groups.setdefault((picture.scene.title, picture.theme), []).append(picture)
    parts = [PAGE_HEAD]
    for (title, theme_name), group in groups.items():
        parts.append(f"<h2>{html.escape(title)}, {theme_name}</h2>")
        parts += [
            f'<figure><a href="{p.file}"><img loading="lazy" src="{p.file}" alt="{p.part}"></a>'
            f"<figcaption>{p.part}</figcaption></figure>"
            for p in group
        ]
    return "\n".join([*parts, "</body></html>"])


if __name__ == "__main__":
    raise SystemExit(main())
