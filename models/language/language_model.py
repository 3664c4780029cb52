"""A causal language model as the rest of the program sees it: tokens of texts, caches of prompts, scores of tokens."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from models.language.libraries import transformers
from models.language.prompts import Frame, frame_of


@dataclass(frozen=True, slots=True)
class Identity:
    """Which language model it is; goes into the card of whatever was trained with it.

    Parameters
    ----------
    kind
        ``smollm2``, ``local`` or ``tiny``.
    name
        For a person.
    sha256
        Of the weights' files.
    """

    kind: str
    name: str
    sha256: str

    def to_dict(self) -> dict[str, str]:
        """Return the table for a card."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Prefix:
    """Keys and values of the beginning of a prompt, (1, heads, length, width of a head) of each layer."""

    layers: tuple[tuple[Tensor, Tensor], ...]
    length: int


class LanguageModel:
    """Weights, tokenizer and frame of the prompt; frozen, in evaluation mode.

    Parameters
    ----------
    module
        Causal language model of transformers.
    tokenizer
        Its tokenizer.
    identity
        Which one it is.
    """

    def __init__(self, module: nn.Module, tokenizer: Any, identity: Identity) -> None:
        self.module, self.tokenizer, self.identity = module.eval().requires_grad_(False), tokenizer, identity
        self.frame: Frame = frame_of(tokenizer)
        self.end_id: int = int(tokenizer.eos_token_id)
        self._cache_name = "cache" if "cache" in inspect.signature(module.forward).parameters else "past_key_values"

    @property
    def embeddings(self) -> nn.Embedding:
        """The input embeddings."""
        found: nn.Embedding = self.module.get_input_embeddings()  # type: ignore[operator]
        return found

    @property
    def width(self) -> int:
        """Length of an embedding."""
        return self.embeddings.embedding_dim

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self.embeddings.weight.device

    def ids(self, text: str) -> list[int]:
        """Return the tokens of a text, nothing added."""
        found: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    def embed(self, ids: Sequence[int]) -> Tensor:
        """Return the embeddings of tokens, (n_tokens, width)."""
        found: Tensor = self.embeddings(torch.tensor(list(ids), device=self.device, dtype=torch.long))
        return found

    def prefix(self, ids: Sequence[int]) -> Prefix:
        """Run the beginning of a prompt once; its keys and values serve every window that is asked about."""
        cache = transformers().DynamicCache()
        tokens = torch.tensor([list(ids)], device=self.device)
        self.module(input_ids=tokens, use_cache=True, logits_to_keep=1, **{self._cache_name: cache})
        return Prefix(tuple((layer.keys, layer.values) for layer in cache.layers), len(ids))

    def logits(
        self, embedded: Tensor, mask: Tensor, positions: Tensor, prefixes: Sequence[Prefix], last: int
    ) -> Tensor:
        """Return the logits (batch, last, vocabulary) of the last tokens.

        Parameters
        ----------
        embedded
            Tokens after the prefixes, (batch, length, width).
        mask
            True where a token sees another, (batch, length, longest prefix + length); prefixes are filled on the right.
        positions
            Of each token, (batch, length).
        prefixes
            One per row.
        last
            How many tokens at the end.
        """
        cache = transformers().DynamicCache()
        longest = max(prefix.length for prefix in prefixes)
        for number in range(len(prefixes[0].layers) if longest else 0):
            for_rows = [_stack([p.layers[number][side] for p in prefixes], longest) for side in (0, 1)]
            cache.update(for_rows[0], for_rows[1], number)
        closed = torch.finfo(embedded.dtype).min
        bias = torch.zeros(mask.shape, dtype=embedded.dtype, device=mask.device).masked_fill(~mask, closed)[:, None]
        answer = self.module(
            inputs_embeds=embedded,
            attention_mask=bias,
            position_ids=positions,
            use_cache=True,
            logits_to_keep=last,
            **{self._cache_name: cache},
        )
        logits: Tensor = answer.logits
        return logits


def _stack(rows: Sequence[Tensor], length: int) -> Tensor:
    """Put keys (or values) of all rows under one another, short ones filled by zeros."""
    if all(row is rows[0] for row in rows):
        return rows[0].expand(len(rows), -1, -1, -1)
    return torch.cat([nn.functional.pad(row, (0, 0, 0, length - row.shape[2])) for row in rows])
