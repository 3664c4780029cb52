"""Patch tokens of a timm model from a local file of weights. Nothing is downloaded."""

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

    model: str = Field("vit_base_patch14_dinov2", description="Name of the architecture, as timm.list_models() has it.")
    weights: str = Field("", description="Local .safetensors or .pth file (read with weights_only).")


class Timm:
    """A frozen backbone."""

    def __init__(self, settings: Settings) -> None:
        try:
            import timm
        except ModuleNotFoundError as exc:
            raise MissingDependency("the embedder 'timm' needs its package: pip install timm") from exc
        if settings.model not in timm.list_models():
            raise ConfigError(f"timm: model = {settings.model!r}: there is no such architecture")
        self._model: Any = timm.create_model(settings.model, pretrained=False)
        self._model.load_state_dict(load_state(Path(settings.weights), "timm"))
        self._model.eval()
        self.name, self.version = f"timm-{settings.model}", short_hash(Path(settings.weights))
        how = timm.data.resolve_model_data_config(self._model)
        self._pixels = Pixels(how["input_size"][1:], how["mean"], how["std"])
        _, self.n_tokens, self.dim = self.encode(np.zeros((1, 8, 8, 3), dtype=np.uint8)).shape

    def encode(self, images: Images) -> NDArray[np.float32]:
        """Return the tokens of the last layer, or the places of a map."""
        if not len(images):
            return np.empty((0, self.n_tokens, self.dim), dtype=np.float32)
        with torch.inference_mode():
            found = self._model.forward_features(self._pixels(images))
        if found.ndim == 4 and getattr(self._model, "output_fmt", "NCHW") == "NHWC":
            found = found.movedim(3, 1)
        tokens = found if found.ndim == 3 else found.flatten(2).transpose(1, 2)
        return np.asarray(tokens.float().numpy())


def build(settings: Settings) -> Timm:
    """Read the weights."""
    return Timm(settings)
