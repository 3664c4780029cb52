"""Image tokens of an OpenCLIP model from a local file of weights. Nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from models.fmri.embedder import Images
from models.fmri.local_weights import load_state, short_hash
from models.fmri.pixels import Pixels
from pipelines.errors import ConfigError, MissingDependency
from pipelines.plugins import PluginSettings


class Settings(PluginSettings):
    """Which model, and where its weights are."""

    model: str = Field("ViT-L-14", description="Name of the architecture, as open_clip.list_models() has it.")
    weights: str = Field("", description="Local .safetensors or .pt file (read with weights_only).")
    pooled: bool = Field(False, description="One token, the image's own, instead of all patches.")


class OpenClip:
    """A frozen vision tower."""

    def __init__(self, settings: Settings) -> None:
        try:
            import open_clip
        except ModuleNotFoundError as exc:
            raise MissingDependency("the embedder 'open_clip' needs its package: pip install open_clip_torch") from exc
        if settings.model not in open_clip.list_models():
            raise ConfigError(f"open_clip: model = {settings.model!r}: there is no such architecture")
        self._model: Any = open_clip.create_model(settings.model, pretrained=None)
        self._model.load_state_dict(load_state(Path(settings.weights), "open_clip"))
        self._model.eval()
        self._pooled = settings.pooled
        self._model.visual.output_tokens = not settings.pooled
        self.name = f"open_clip-{settings.model}{'-pooled' if settings.pooled else ''}"
        self.version = short_hash(Path(settings.weights))
        side, visual = self._model.visual.image_size, self._model.visual
        self._pixels = Pixels(side if isinstance(side, tuple) else (side, side), visual.image_mean, visual.image_std)
        _, self.n_tokens, self.dim = self.encode(np.zeros((1, 8, 8, 3), dtype=np.uint8)).shape

    def encode(self, images: Images) -> NDArray[np.float32]:
        """Return the tokens of the last layer.

        Raises
        ------
        ConfigError
            If the architecture has no tokens of patches (convolutional ones).
        """
        if not len(images):
            return np.empty((0, self.n_tokens, self.dim), dtype=np.float32)
        with torch.inference_mode():
            found = self._model.visual(self._pixels(images))
        if self._pooled:
            tokens = found[:, None]
        elif isinstance(found, tuple):
            tokens = found[1]
        else:
            raise ConfigError(f"{self.name}: this architecture gives no token for each patch: set pooled = true")
        return np.asarray(tokens.float().numpy())


def build(settings: Settings) -> OpenClip:
    """Read the weights."""
    return OpenClip(settings)
