from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from bci_app.events import ChunkEvent, EngineState, StateEvent
from pipelines.plugins import names
from ui import gallery, gallery_scenes, theme
from ui.gallery_scenes import Film, Projector, Scene

SMALL = Scene(
    "small",
    "A <small> session",
    {"name": "small", "source": {"kind": "synthetic", "speed": 8.0}, "decoder": None},
    lambda take: take.wait(lambda t: t.signal_s > 2),
)


def test_every_panel_and_every_step_is_shown(qapp: QApplication, tmp_path: Path) -> None:
    film = gallery_scenes.film(SMALL)
    assert film.runs_on
    theme.apply(qapp, "light")
    pictures = gallery.shoot(SMALL, film, "light", tmp_path)
    parts = {picture.part for picture in pictures}
    assert {f"panel-{name}" for name in names("panels")} <= parts
    for size in ("1440x900", "1000x700"):
        assert {f"{name}-{size}" for name in names("steps")} <= parts
    for picture in pictures:
        image = QImage(str(tmp_path / picture.file))
        colours = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
        assert len(colours) > 1, f"{picture.file} is empty"
    page = gallery.index(pictures)
    assert "A &lt;small&gt; session" in page
    assert all(f'src="{picture.file}"' in page for picture in pictures)


def test_a_fault_ends_its_film_with_what_the_window_says(tmp_path: Path) -> None:
    scene = next(scene for scene in gallery_scenes.faults(tmp_path) if scene.name == "decoder_misfit")
    film = gallery_scenes.film(scene)
    assert not film.runs_on
    assert "lacks Fp1" in film.message
    states = [event.state for event in film.events if isinstance(event, StateEvent)]
    assert states[-1] is EngineState.FAILED


def test_a_killed_engine_is_a_film_that_breaks_off(tmp_path: Path) -> None:
    scene = next(scene for scene in gallery_scenes.faults(tmp_path) if scene.name == "engine_killed")
    film = gallery_scenes.film(scene)
    assert not film.runs_on
    assert "ended unexpectedly" in film.message
    assert any(isinstance(event, ChunkEvent) for event in film.events)


def test_the_projector_shows_everything_once_in_order() -> None:
    events = [StateEvent(EngineState.RUNNING, str(n)) for n in range(5)]
    projector = Projector(Film(list(events), runs_on=False, message="gone"))
    projector.start()
    assert projector.is_alive()
    assert projector.poll() == events
    assert projector.over
    assert not projector.is_alive()
    assert projector.exit_message() == "gone"


@pytest.mark.shared
def test_the_shared_recordings_are_all_there(shared_data: Path) -> None:
    assert [scene.name for scene in gallery_scenes.shared(shared_data)] == ["eegmat", "eegmmidb", "muse", "ssvep"]
    assert gallery_scenes.shared(shared_data / "absent") == []
