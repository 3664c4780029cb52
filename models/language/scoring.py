"""How likely each option of a closed set is as the answer, in one pass.

All options of a window stand side by side behind its prompt: a token sees the prompt and the earlier tokens of its own
option alone, so none knows of the others (tree attention). Prompt and windows are read once, whatever the number of
options. The end token is part of every option: an option that begins another one is not preferred for being short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import torch
from torch import Tensor

from models.language.language_model import LanguageModel, Prefix
from pipelines.errors import ConfigError

Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt that is ready: the cache of what stands before the EEG, and the tokens of each option."""

    prefix: Prefix
    options: tuple[Ids, ...]


@dataclass(frozen=True, slots=True)
class _Leaves:
    """Tokens of options in a row, ends left out: token, option, place in the option; and what predicts what.

    ``predicted`` holds for each token of each option (ends included) its option, the column of the logits that
    predicts it (0: the last token of the prompt), and the token.
    """

    tokens: Ids
    option: Ids
    place: Ids
    predicted: tuple[tuple[int, int, int], ...]


def option_ids(model: LanguageModel, options: Sequence[str]) -> tuple[Ids, ...]:
    """Return the tokens of each option, the end token included.

    Raises
    ------
    ConfigError
        If two options have the same tokens, or one has none.
    """
    lead = "" if getattr(model.tokenizer, "chat_template", None) else " "
    found = tuple((*model.ids(lead + option), model.end_id) for option in options)
    if len(set(found)) < len(found) or any(len(ids) < 2 for ids in found):
        raise ConfigError(f"options {', '.join(map(repr, options))}: the language model cannot tell them apart")
    return found


def ready(model: LanguageModel, question: str, options: Sequence[str]) -> Question:
    """Tokenize a question with its options, and run what stands before the EEG.

    Raises
    ------
    ConfigError
        If the model cannot tell the options apart, or a text holds marks of the prompt.
    """
    text = model.frame.prefix(question, options)
    return Question(model.prefix(model.ids(text)), option_ids(model, options))


def option_log_probabilities(
    model: LanguageModel, questions: Sequence[Question], soft: Tensor, lengths: Sequence[int]
) -> Tensor:
    """Return the log-probability of each option as the whole answer, (batch, most options); -inf where there is none.

    Parameters
    ----------
    model
        The language model.
    questions
        One per row; rows may differ in question, options and their number.
    soft
        Embeddings that stand for the EEG, (batch, most tokens, width); rows are filled on the right.
    lengths
        How many of them belong to each row.
    """
    after = model.ids(model.frame.after)
    leaves = [_leaves(question.options) for question in questions]
    n_leaves = max(len(row.tokens) for row in leaves)
    filled = [[*row.tokens, *[model.end_id] * (n_leaves - len(row.tokens))] for row in leaves]
    known = model.embeddings(torch.tensor([[*after, *row] for row in filled], device=model.device))
    embedded = torch.cat([soft.to(known), known], dim=1)
    mask, positions = _layout(questions, lengths, soft.shape[1], len(after), leaves, n_leaves)
    logits = model.logits(
        embedded, mask.to(model.device), positions.to(model.device), [q.prefix for q in questions], n_leaves + 1
    )
    return _sums(torch.log_softmax(logits.float(), dim=-1), leaves)


def _leaves(options: Sequence[Ids]) -> _Leaves:
    tokens = [(token, o, place) for o, ids in enumerate(options) for place, token in enumerate(ids[:-1])]
    starts = [0, *accumulate(len(ids) - 1 for ids in options)]
    predicted = [
        (o, 0 if place == 0 else starts[o] + place, token)
        for o, ids in enumerate(options)
        for place, token in enumerate(ids)
    ]
    columns = tuple(zip(*tokens, strict=True))
    return _Leaves(columns[0], columns[1], columns[2], tuple(predicted))


def _layout(
    questions: Sequence[Question],
    lengths: Sequence[int],
    n_soft: int,
    n_after: int,
    leaves: Sequence[_Leaves],
    n_leaves: int,
) -> tuple[Tensor, Tensor]:
    """Return who sees whom, (batch, length, longest prefix + length), and the positions, (batch, length)."""
    ints = partial(torch.tensor, dtype=torch.long)
    n_body = n_soft + n_after
    row_prefix, row_soft = ints([q.prefix.length for q in questions]), ints(list(lengths))
    longest = int(row_prefix.max())
    # -1: the trunk, which everybody after it sees; -2: filled, which nobody sees; otherwise the number of the option.
    branch = torch.full((len(questions), n_body + n_leaves), -1)
    branch[:, :n_soft][torch.arange(n_soft) >= row_soft[:, None]] = -2
    place = torch.zeros(len(questions), n_leaves, dtype=torch.long)
    branch[:, n_body:] = -2
    for row, leaf in enumerate(leaves):
        branch[row, n_body : n_body + len(leaf.option)] = ints(leaf.option)
        place[row, : len(leaf.place)] = ints(leaf.place)
    seen = branch[:, None, :]
    own = (seen == -1) | ((seen == branch[:, :, None]) & (seen >= 0))
    order = torch.arange(branch.shape[1])
    body = (own & (order[:, None] >= order)) | torch.eye(len(order), dtype=torch.bool)
    prefix = (torch.arange(longest) < row_prefix[:, None])[:, None].expand(-1, len(order), -1)
    begin = row_prefix + row_soft
    positions = torch.cat(
        [
            row_prefix[:, None] + torch.arange(n_soft),
            begin[:, None] + torch.arange(n_after),
            begin[:, None] + n_after + place,
        ],
        dim=1,
    )
    return torch.cat([prefix, body], dim=2), positions


def _sums(log_p: Tensor, leaves: Sequence[_Leaves]) -> Tensor:
    """Add up the log-probabilities (batch, columns, vocabulary) of the tokens of each option."""
    n_options = [row.predicted[-1][0] + 1 for row in leaves]
    index = torch.tensor([(b, *entry) for b, row in enumerate(leaves) for entry in row.predicted], device=log_p.device)
    picked = log_p[index[:, 0], index[:, 2], index[:, 3]]
    most = max(n_options)
    sums = torch.zeros(len(leaves) * most, device=log_p.device).index_add(0, index[:, 0] * most + index[:, 1], picked)
    absent = torch.tensor([[o >= n for o in range(most)] for n in n_options], device=log_p.device)
    return sums.reshape(len(leaves), most).masked_fill(absent, -torch.inf)
