"""The network as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from models.csbrain.attention import StructuredSparseLayer
from models.csbrain.embedding import PATCH, PatchEmbedding
from models.csbrain.tokenizers import N_REGIONS, Layout, RegionTokenizer, TemporalTokenizer
from models.csbrain.weights import load_strictly, read_official
from pipelines.errors import ModelError, SpecMismatch


class _Encoder(nn.Module):
    """Holds the layers under the name that the released weights use."""

    def __init__(self, layers: Sequence[StructuredSparseLayer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)


class CSBrain(nn.Module):
    """The CSBrain network; 8,902,000 parameters at its defaults, whatever the montage.

    Parameters
    ----------
    regions
        Region id of each channel in the data set's own order: 0 frontal, 1 parietal, 2 temporal, 3 occipital,
        4 central.
    order
        The permutation that sorts the channels by region (ascending ids); the order inside a region matters.
    n_layers, d_model, n_heads, d_ff
        Size; d_model is a multiple of 40 and of n_heads.
    dropout
        Used in training alone.
    layout
        How the temporal tokenizer reads its tokens, see :class:`TemporalTokenizer`.
    ssa, region_tokenizer
        Whether there are attention blocks and a regional tokenizer; without them, for ablations, their weights are
        absent.

    Raises
    ------
    ModelError
        If montage or sizes are not as said.
    """

    order: Tensor

    def __init__(
        self,
        regions: Sequence[int],
        order: Sequence[int],
        n_layers: int = 12,
        d_model: int = 200,
        n_heads: int = 8,
        d_ff: int = 800,
        *,
        dropout: float = 0.1,
        layout: Layout = "official",
        ssa: bool = True,
        region_tokenizer: bool = True,
    ) -> None:
        super().__init__()
        _check(regions, order, d_model, n_heads, layout)
        sizes = [list(regions).count(r) for r in range(N_REGIONS)]
        self.n_channels, self.n_heads = len(regions), n_heads
        self.register_buffer("order", torch.tensor(list(order)), persistent=False)
        self.patch_embedding = PatchEmbedding(d_model, dropout)
        # These two names are those of the released weights; one module of each serves all layers.
        self.TemEmbedEEGLayer = TemporalTokenizer(d_model, layout)
        self.BrainEmbedEEGLayer = RegionTokenizer(d_model, sizes) if region_tokenizer else None
        self.encoder = _Encoder(
            [StructuredSparseLayer(sizes, d_model, n_heads, d_ff, dropout, ssa=ssa) for _ in range(n_layers)]
        )
        self.proj_out = nn.Sequential(nn.Linear(d_model, PATCH))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def features(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the tokens after the last layer, (batch, channels, patches, d_model), channels SORTED by region.

        Parameters
        ----------
        x
            (batch, channels, patches, 200) in units of 100 µV, channels in the data set's own order.
        mask
            (batch, channels, patches), true where a patch is hidden; its channel axis is the SORTED one.

        Raises
        ------
        SpecMismatch
            If a shape is not as said.
        """
        check_input(x, mask, self.n_channels)
        h: Tensor = self.patch_embedding(x[:, self.order], mask)
        for layer in self.encoder.layers:
            h = h + self.TemEmbedEEGLayer(h)
            if self.BrainEmbedEEGLayer is not None:
                h = h + self.BrainEmbedEEGLayer(h)
            h = layer(h)
        return h

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the reconstructed patches, (batch, channels, patches, 200), channels SORTED; see :meth:`features`."""
        reconstructed: Tensor = self.proj_out(self.features(x, mask))
        return reconstructed

    def load_official_state_dict(self, source: str | Path | Mapping[str, Tensor]) -> None:
        """Take released weights: a ``.pth`` or ``.safetensors`` file or a state_dict. Every key must fit.

        Raises
        ------
        CheckpointInvalid
            If the file cannot be read safely, or a key is missing, unexpected, of another shape or not finite.
        """
        where = "state_dict" if isinstance(source, Mapping) else str(source)
        load_strictly(self, read_official(source), where)


def check_input(x: Tensor, mask: Tensor | None, n_channels: int) -> None:
    """Check what :meth:`CSBrain.features` is given.

    Raises
    ------
    SpecMismatch
        If a shape is not as said there.
    """
    if x.ndim != 4 or x.shape[1] != n_channels or x.shape[3] != PATCH:
        needed = f"(batch, {n_channels} channels, patches, {PATCH})"
        raise SpecMismatch(f"CSBrain: input has shape {tuple(x.shape)}, needs {needed}")
    if mask is not None and mask.shape != x.shape[:3]:
        raise SpecMismatch(f"CSBrain: mask has shape {tuple(mask.shape)}, needs {tuple(x.shape[:3])}")


def _check(regions: Sequence[int], order: Sequence[int], d_model: int, n_heads: int, layout: str) -> None:
    if not regions or any(r not in range(N_REGIONS) for r in regions):
        raise ModelError(f"CSBrain: regions must be ids 0 to {N_REGIONS - 1}, one per channel, got {list(regions)}")
    if sorted(order) != list(range(len(regions))):
        raise ModelError(f"CSBrain: order must name each of the {len(regions)} channels once, got {list(order)}")
    sorted_regions = [regions[i] for i in order]
    if sorted_regions != sorted(sorted_regions):
        raise ModelError(f"CSBrain: order must sort the channels by region, it gives regions {sorted_regions}")
    if d_model <= 0 or d_model % 40 or n_heads <= 0 or d_model % n_heads:
        raise ModelError(f"CSBrain: d_model = {d_model} must be a multiple of 40 and of n_heads = {n_heads}")
    if layout not in ("official", "transposed"):
        raise ModelError(f"CSBrain: layout = {layout!r}: must be 'official' or 'transposed'")
