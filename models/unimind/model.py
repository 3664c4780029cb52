"""The whole of UniMind: the EEG side, the language model if there is one, and its adapters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.language.adapters import add_adapters
from models.language.language_model import LanguageModel
from models.language.scoring import option_log_probabilities
from models.language.words import Spoken
from models.unimind.batches import Mixed
from models.unimind.encoders import EncoderSettings
from models.unimind.network import ConnectorSettings, UniMindNetwork
from models.unimind.task_views import View

ADAPTERS, NETWORK = "adapters.", "network."


class UniMind:
    """Network and language model.

    Parameters
    ----------
    tasks
        Names of the tasks, and the number of options of each.
    encoder, connector
        Sizes.
    language
        Frozen; None: heads alone.
    lora
        Rank, strength and dropout of its adapters; rank 0: none.
    seed
        Of first weights.
    channels
        Electrodes of the training.
    views
        What each task measures of whole windows.

    Raises
    ------
    ModelError
        If sizes do not fit together.
    MissingDependency
        If a package is missing.
    """

    def __init__(
        self,
        tasks: Mapping[str, int],
        encoder: EncoderSettings,
        connector: ConnectorSettings,
        language: LanguageModel | None,
        lora: tuple[int, float, float] = (0, 32.0, 0.0),
        seed: int = 0,
        channels: Sequence[str] = (),
        views: Mapping[str, View] | None = None,
    ) -> None:
        self.language = language
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            width = language.width if language else 0
            self.network = UniMindNetwork(dict(tasks), encoder, connector, width, channels, views)
            self.adapters = add_adapters(language, *lora) if language and lora[0] else {}

    def parameters(self) -> dict[str, nn.Parameter]:
        """Return what can be trained, by name."""
        of_network = {NETWORK + name: p for name, p in self.network.named_parameters() if p.requires_grad}
        return {**of_network, **{ADAPTERS + name: p for name, p in self.adapters.items()}}

    def tensors(self) -> dict[str, Tensor]:
        """Return what a checkpoint keeps; never the language model's own weights."""
        found = {NETWORK + name: tensor for name, tensor in self.network.state_dict().items()}
        return {**found, **{ADAPTERS + name: p.detach() for name, p in self.adapters.items()}}

    def train(self, *, mode: bool) -> None:
        """Switch dropout on or off."""
        self.network.train(mode)
        if self.language and self.adapters:
            self.language.module.train(mode)

    def language_scores(self, mixed: Mixed, asked: Sequence[Spoken], tasks: Sequence[str]) -> Tensor:
        """Return how much more likely than preferred each option is as the answer, (batch, most options).

        Parameters
        ----------
        mixed
            A batch.
        asked
            The question of each window; needs a language model.
        tasks
            Whose heads say what is put into words; where there is none, all options are said alike.
        """
        assert self.language is not None
        assert self.network.to_language is not None
        most = mixed.hidden.shape[1]
        words = [
            one.said(self.network.chances(pooled, task, len(one.words)), most)
            for one, pooled, task in zip(asked, mixed.pooled, tasks, strict=True)
        ]
        soft = self.network.to_language(mixed.hidden) + torch.stack(words)
        scores = option_log_probabilities(self.language, [one.question for one in asked], soft, mixed.lengths)
        width = scores.shape[1]
        return scores - torch.stack([F.pad(one.preferred, (0, width - len(one.preferred))) for one in asked])
