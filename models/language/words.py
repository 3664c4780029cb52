"""Soft tokens that say words: options as a language model reads them, in whatever shares.

A soft token that is the embedding of a word is that word. Said over and over, one line each, and asked to be repeated,
SmolLM2 repeats it: every option of every card wins where it is said outright (a test). What the language model prefers
for itself is taken off: the mean score of an option over the options said (contextual calibration, Zhao et al. 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.language.language_model import LanguageModel
from models.language.scoring import Question, option_log_probabilities, ready

SEPARATOR = "\n"
N_TOKENS = 24
"""So many tokens say an option outright, to learn what the language model prefers."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A question that is ready, and its options as words.

    Parameters
    ----------
    question
        Prompt and tokens.
    words
        Embeddings of each option and of the separators after it, (n_options, period, width).
    preferred
        Score of each option whatever is said, (n_options,).
    """

    question: Question
    words: Tensor
    preferred: Tensor

    def said(self, chances: Tensor, n_tokens: int) -> Tensor:
        """Return tokens (n_tokens, width) that say the options in these shares (n_options,)."""
        mixed = torch.einsum("o,opw->pw", chances.to(self.words), self.words)
        return mixed[torch.arange(n_tokens, device=mixed.device) % len(mixed)]


def spoken(model: LanguageModel, question: str, options: Sequence[str]) -> Spoken:
    """Make a question ready, its options as words, and hear what the language model says to each of them.

    Raises
    ------
    ConfigError
        If the model cannot tell the options apart, or a text holds marks of the prompt.
    """
    made = ready(model, question, options)
    ids = [model.ids(option) for option in options]
    (separator,) = model.ids(SEPARATOR)[:1]
    period = 1 + max(map(len, ids))
    words = torch.stack([model.embed([*one, *[separator] * (period - len(one))]) for one in ids])
    with torch.no_grad():
        outright = words[:, torch.arange(N_TOKENS, device=words.device) % period]
        heard = option_log_probabilities(model, [made] * len(ids), outright, [N_TOKENS] * len(ids))
    return Spoken(made, words, heard.mean(dim=0))
