"""The whole of UniMind: the EEG side, the language model if there is one, and its adapters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from models.language.adapters import add_adapters
from models.language.language_model import LanguageModel
from models.language.scoring import Question, option_log_probabilities
from models.unimind.batches import Mixed
from models.unimind.encoders import EncoderSettings
from models.unimind.network import ConnectorSettings, UniMindNetwork

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
    ) -> None:
        self.language = language
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.network = UniMindNetwork(dict(tasks), encoder, connector, language.width if language else 0, channels)
            self.adapters = add_adapters(language, *lora) if language and lora[0] else {}
            if language:
                self.network.begin_language(float(language.embeddings.weight.std()))

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

    def language_scores(self, mixed: Mixed, questions: Sequence[Question]) -> Tensor:
        """Return the log-probability of every option as the answer, (batch, most options); needs a language model."""
        assert self.language is not None
        assert self.network.to_language is not None
        soft = self.network.to_language(mixed.hidden)
        return option_log_probabilities(self.language, questions, soft, mixed.lengths)
