"""Simulated subjects of a simulated world: encodings, noise and ceiling are known (:mod:`models.fmri.simulation`).

Test images are the same for all subjects; the others are each subject's own, as in the Natural Scenes Dataset.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from pydantic import Field

from models.fmri.dataset import FmriAbout
from models.fmri.embedder import ImageEmbedder, Images
from models.fmri.features import Features
from models.fmri.procedural import images_of
from models.fmri.responses import Responses
from models.fmri.simulation import Brain, Scenes, World, WorldSettings
from models.fmri.splits import Split
from pipelines.errors import RecordingError
from pipelines.plugins import make

ABOUT = FmriAbout(
    title="Simulated fMRI",
    stimuli="codes drawn from a mixture of classes, or procedural images with their labels as the code",
    citation="",
    licence="none needed",
    url="",
    how_to_get="Nothing is to be got: it is drawn from a seed.",
    cautions=("With codes, features are the code itself: an encoder is better specified than with real images.",),
)


class Settings(WorldSettings):
    """The world, and how much of it is scanned."""

    n_subjects: int = Field(4, ge=1, description="Subjects.")
    n_voxels: int = Field(400, ge=1, description="Voxels of the first subject; each next one has a tenth more.")
    n_images: int = Field(300, ge=2, description="Images of each subject's own.")
    n_test: int = Field(100, ge=1, description="Images that all subjects see: the test set.")
    n_repeats: int = Field(3, ge=1, description="How often each is seen.")
    n_sessions: int = Field(4, ge=1, description="Sessions, each with a gain and an offset of its own.")
    seed: int = Field(0, ge=0, description="Another seed is another world.")


class SimulatedFmri:
    """A seeded data set."""

    about = ABOUT

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        world = {name: getattr(settings, name) for name in WorldSettings.model_fields}
        self.world = World(WorldSettings(**world), settings.seed)

    def subjects(self) -> tuple[str, ...]:
        """Return 00, 01 and so on."""
        return tuple(f"{i:02d}" for i in range(self._settings.n_subjects))

    def brain(self, subject: str) -> Brain:
        """Return the truth about a subject.

        Raises
        ------
        RecordingError
            If there is no such subject.
        """
        if subject not in self.subjects():
            raise RecordingError(f"simulated_fmri: no subject {subject!r}; there are {', '.join(self.subjects())}")
        number = int(subject)
        return self.world.brain(number, round(self._settings.n_voxels * (1 + 0.1 * number)))

    def scenes(self, subject: str) -> Scenes:
        """Return what a subject sees: the shared images, then its own."""
        shared, own = self._shared, self.world.scenes(self._settings.n_images, int(subject), "own")
        return Scenes(*(np.concatenate([getattr(s, f) for s in (shared, own)]) for f in ("names", "code", "label")))

    @cached_property
    def _shared(self) -> Scenes:
        return self.world.scenes(self._settings.n_test, prefix="shared")

    def read(self, subject: str) -> Responses:
        """Scan a subject."""
        s = self._settings
        return self.brain(subject).responses(self.scenes(subject), s.n_repeats, s.n_sessions)

    def split(self, responses: Responses) -> Split:
        """Test on the shared images, choose on a tenth of the others."""
        return Split.by_stimulus(responses.trials, only_test=tuple(self._shared.names.tolist()))

    def features(self, name: str = "") -> Features:
        """Return what is seen of all codes (``code``), or what ``gabor`` makes of the images, the default with images.

        Raises
        ------
        RecordingError
            If others are asked for.
        """
        images = self._settings.stimuli == "procedural"
        if name not in (("", "code", "gabor") if images else ("", "code")):
            raise RecordingError(f"simulated_fmri: no features {name!r}; there is 'code', and 'gabor' of images")
        own = [self.world.scenes(self._settings.n_images, int(s), "own") for s in self.subjects()]
        parts = [self._shared, *own]
        names = np.concatenate([part.names for part in parts])
        if images and name != "code":
            embedder: ImageEmbedder = make("embedders", {"kind": "gabor"})
            return Features(names, embedder.encode(self.images(names.tolist())), f"{embedder.name} {embedder.version}")
        return Features(names, np.concatenate([self.world.seen(part.code) for part in parts]), "code 1")

    def images(self, names: list[str]) -> Images:
        """Draw procedural images by name; codes drawn at random have none."""
        return images_of(names)


def build(settings: Settings) -> SimulatedFmri:
    """Make the data set."""
    return SimulatedFmri(settings)
