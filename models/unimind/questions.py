"""Questions made ready for a language model once, and kept: the cache of what stands before the EEG."""

from __future__ import annotations

import torch

from models.language.language_model import LanguageModel
from models.language.words import Spoken, spoken

KEPT = 256


class Questions:
    """Ready questions of one language model.

    Parameters
    ----------
    model
        The language model.
    keep
        False while the model itself is trained: its caches change with every step.
    """

    def __init__(self, model: LanguageModel, *, keep: bool = True) -> None:
        self._model, self._keep = model, keep
        self._kept: dict[tuple[str, tuple[str, ...]], Spoken] = {}

    def of(self, question: str, options: tuple[str, ...]) -> Spoken:
        """Return a question with its options, made ready if it was not.

        Raises
        ------
        ConfigError
            If the model cannot tell the options apart, or a text holds marks of the prompt.
        """
        if not self._keep:
            return spoken(self._model, question, options)
        key = (question, options)
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            # Not inference mode: what is kept may stand beside tensors that need gradients.
            with torch.no_grad():
                self._kept[key] = spoken(self._model, question, options)
        return self._kept[key]
