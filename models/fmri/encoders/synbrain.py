"""SynBrain (arXiv 2508.10298): an autoencoder of responses, and a transformer from image tokens to its latent.

No region is known here, so that all voxels are one parcel; the training task knows them.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from models.fmri.encoder import Places, Tokens, Values
from models.fmri.synbrain.generator import SynBrain
from models.fmri.synbrain.pairs import Pairs
from models.fmri.synbrain.size import MapperSize, VaeSize
from models.fmri.synbrain.training import Learning, Learnt, Teacher
from pipelines.errors import ModelError
from pipelines.plugins import PluginSettings

MIN_TRIALS = 20


class Settings(PluginSettings):
    """Sizes, and how both stages learn; the small preset."""

    vae: VaeSize = Field(VaeSize(), description="Of BrainVAE.")
    mapper: MapperSize = Field(MapperSize(), description="Of the Semantic-to-Neural mapper.")
    learning: Learning = Field(Learning(), description="How both learn.")
    held_out: float = Field(0.15, gt=0, lt=1, description="Share of the images that choose epochs, if none are given.")


class SynBrainEncoder:
    """The encoder; what happened in training is kept in ``learnt``."""

    name = "synbrain"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model: SynBrain | None = None
        self.learnt: Learnt | None = None

    def fit(
        self,
        tokens: Tokens,
        values: Values,
        validation: tuple[Tokens, Values] | None = None,
        seed: int = 0,
        places: Places | None = None,
    ) -> Self:
        """See :class:`models.fmri.encoder.Encoder`.

        Raises
        ------
        ModelError
            If there are fewer than twenty trials.
        """
        if len(tokens) < MIN_TRIALS:
            raise ModelError(f"synbrain: {len(tokens)} trials; at least {MIN_TRIALS} are needed")
        s, held = self._settings, self._held_out(tokens, seed)
        if validation is not None:
            held = np.arange(len(tokens) + len(validation[0])) >= len(tokens)
            tokens, values = (np.concatenate(both) for both in zip((tokens, values), validation, strict=True))
        pairs = Pairs.of_arrays(tokens, values, places)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self._model = SynBrain(s.vae, s.mapper, pairs.shape, [0] * values.shape[1], s.learning.latent_rank)
        teacher = Teacher(self._model, pairs, np.flatnonzero(~held), np.flatnonzero(held), s.learning, seed)
        self.learnt = teacher.learn()
        return self

    def predict_mean(self, tokens: Tokens) -> Values:
        """See :class:`models.fmri.encoder.Encoder`."""
        found: Values = self.model.predict_mean(_tensor(tokens)).numpy()
        return found

    def sample(self, tokens: Tokens, n: int, seed: int = 0) -> NDArray[np.float32]:
        """See :class:`models.fmri.encoder.Encoder`."""
        found: NDArray[np.float32] = self.model.sample(_tensor(tokens), n, seed).numpy()
        return found

    def log_prob(self, tokens: Tokens, values: Values) -> NDArray[np.float64]:
        """See :class:`models.fmri.encoder.Encoder`."""
        return np.asarray(self.model.log_prob(_tensor(tokens), _tensor(values)).double().numpy())

    @property
    def model(self) -> SynBrain:
        """Both networks.

        Raises
        ------
        ModelError
            Before ``fit``.
        """
        if self._model is None:
            raise ModelError("synbrain: not fitted yet")
        return self._model

    def _held_out(self, tokens: Tokens, seed: int) -> NDArray[np.bool_]:
        """Draw images; all trials of one go the same way."""
        _, image = np.unique(tokens.reshape(len(tokens), -1), axis=0, return_inverse=True)
        n = int(image.max()) + 1
        drawn = np.random.default_rng(seed).permutation(n)[: max(1, round(self._settings.held_out * n))]
        return np.isin(image, drawn)


def _tensor(x: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(np.array(x, dtype=np.float32))


def build(settings: Settings) -> SynBrainEncoder:
    """Make the encoder."""
    return SynBrainEncoder(settings)
