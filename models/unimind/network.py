"""The EEG side of UniMind: encoder, query selection, connector, projector, and a plain head for each task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from models.csbrain.montages import montage_of
from models.unimind.connector import Connector
from models.unimind.encoders import EncoderSettings, make_encoder
from models.unimind.places import Places
from models.unimind.queries import QuerySelection
from models.unimind.task_views import TaskViews, View
from pipelines.plugins import PluginSettings

SHARPNESS = 3.0
"""Odds of the heads are raised to this power before they are put into words."""


class ConnectorSettings(PluginSettings):
    """Size of the connector; the published one has width 1152, 8 heads, pools of 16, one routed query a branch."""

    width: int = Field(128, ge=8, description="Of tokens and queries: a multiple of n_heads, even.")
    n_heads: int = Field(8, ge=1, description="Heads of attention.")
    hidden: int = Field(256, ge=8, description="Width of the projector's hidden layer, which the heads read, too.")
    n_pool: int = Field(16, ge=2, description="Queries in each pool.")
    top: int = Field(1, ge=1, description="Queries that a window takes out of each pool.")
    budget: int = Field(24, ge=7, description="Most tokens that stand for a window.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Of the projector's hidden layer; used in training alone.")


@dataclass(frozen=True, slots=True)
class Encoded:
    """What a batch of windows becomes.

    Parameters
    ----------
    hidden
        The projector's hidden layer, (batch, n_tokens, hidden).
    pooled
        CLS and the means of both branches, (batch, 3 * hidden): what the heads read.
    spatial, temporal
        Probabilities of the pools' queries, (batch, n_pool).
    electrodes, patches
        Where the connector looked, (batch, n_channels) in the order given and (batch, n_patches).
    """

    hidden: Tensor
    pooled: Tensor
    spatial: Tensor
    temporal: Tensor
    electrodes: Tensor
    patches: Tensor


class UniMindNetwork(nn.Module):
    """All that is trained, but for adapters of the language model.

    Parameters
    ----------
    tasks
        Names of the tasks, and the number of options of each.
    encoder, connector
        Sizes.
    language_width
        Length of the language model's embeddings; 0 where there is none.
    channels
        Electrodes of the training, where the encoder keeps something of each.
    views
        What each task measures of whole windows, if anything; CLS gets it.

    Raises
    ------
    ModelError
        If sizes do not fit together.
    """

    def __init__(
        self,
        tasks: dict[str, int],
        encoder: EncoderSettings,
        connector: ConnectorSettings,
        language_width: int = 0,
        channels: Sequence[str] = (),
        views: Mapping[str, View] | None = None,
    ) -> None:
        super().__init__()
        s = connector
        self.encoder = make_encoder(encoder, len(tasks), channels)
        self.lift = nn.Linear(self.encoder.width + 1, s.width)
        self.places = Places(s.width)
        self.views = TaskViews(views or {}, s.width, encoder.dropout)
        self.spatial_queries = QuerySelection(list(tasks), s.width, s.n_pool, s.top)
        self.temporal_queries = QuerySelection(list(tasks), s.width, s.n_pool, s.top)
        self.connector = Connector(s.width, s.n_heads, s.budget)
        self.norm, self.to_hidden = nn.LayerNorm(s.width), nn.Linear(s.width, s.hidden)
        self.dropout = nn.Dropout(s.dropout)
        self.heads = nn.ModuleDict({task: nn.Linear(3 * s.hidden, n) for task, n in tasks.items()})
        self.to_language = _silent(nn.Linear(s.hidden, language_width)) if language_width else None

    def encode(
        self, x: Tensor, channels: Sequence[str], tasks: Sequence[str], components: Tensor | None = None
    ) -> Encoded:
        """Encode windows of the same electrodes and length; tasks may differ.

        Parameters
        ----------
        x
            (batch, n_channels, n_patches, 200) in µV.
        channels
            10-10 names.
        tasks
            One name per window; an unknown one (such as "") gets the queries that know no task.
        components
            What the tasks' views measure of the windows, (batch, 32), if that is known already.

        Raises
        ------
        ChannelMismatch
            If a channel is no electrode.
        """
        order = list(montage_of(channels).order)
        ordered = tuple(channels[i] for i in order)
        rows = self.spatial_queries.rows(tasks)
        tokens = self.places(self.lift(_normalised(self.encoder(x[:, order], ordered, rows))), ordered)
        flat = tokens.flatten(1, 2)
        spatial, p_spatial = self.spatial_queries(flat, rows)
        temporal, p_temporal = self.temporal_queries(flat, rows)
        if components is None:
            components = self.views.components(x, channels, tasks)
        connected = self.connector(tokens, spatial, temporal, self.views(components, channels, tasks))
        hidden = self.dropout(F.gelu(self.to_hidden(self.norm(connected.tokens))))
        n = 1 + connected.n_spatial
        pooled = torch.cat([hidden[:, 0], hidden[:, 1:n].mean(dim=1), hidden[:, n:].mean(dim=1)], dim=1)
        back = torch.empty_like(connected.electrodes)
        back[:, order] = connected.electrodes
        return Encoded(hidden, pooled, p_spatial, p_temporal, back, connected.patches)

    def head_scores(self, pooled: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return scores of the options by the plain heads, (batch, most options); -inf where there is none.

        Every task must be one of those trained.
        """
        rows: list[Tensor] = [self.heads[task](row) for row, task in zip(pooled, tasks, strict=True)]
        most = max(len(row) for row in rows)
        return torch.stack([F.pad(row, (0, most - len(row)), value=-torch.inf) for row in rows])

    def chances(self, pooled: Tensor, task: str, n_options: int) -> Tensor:
        """Return in which shares the options of one window are put into words, (n_options,).

        Sharper than the head's probabilities: a language model makes little of words that are nearly alike. Without a
        head of this task all options are alike.
        """
        head = self.heads[task] if task in self.heads else None  # noqa: SIM401 - a ModuleDict has no get
        if head is None or head.out_features != n_options:
            return pooled.new_full((n_options,), 1 / n_options)
        shares: Tensor = (SHARPNESS * head(pooled)).softmax(dim=-1)
        return shares


def _normalised(tokens: Tensor) -> Tensor:
    """Bring every token to length √width, as the paper does to 1, and keep the logarithm of its length beside it."""
    length = tokens.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    return torch.cat([tokens / length * tokens.shape[-1] ** 0.5, length.log()], dim=-1)


def _silent(layer: nn.Linear) -> nn.Linear:
    """Let a layer begin by saying nothing."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
