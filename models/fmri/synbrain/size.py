"""Sizes of SynBrain's two networks, and the published ones."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipelines.plugins import PluginSettings


class VaeSize(PluginSettings):
    """Of BrainVAE. The latent has the shape of the image tokens, (m, d)."""

    stem: Literal["parcel", "resample"] = Field(
        "parcel",
        description="parcel: one linear map per region; resample: pooling along the voxel order, as published.",
    )
    length: int = Field(16, ge=2, description="Positions after the stem.")
    base: int = Field(8, ge=1, description="Channels after the stem.")
    multipliers: tuple[int, ...] = Field((2, 4), min_length=1, description="Channels of each level, in those of base.")
    n_downs: int = Field(1, ge=0, description="Levels after which the length is halved, from the first.")
    encoder_blocks: int = Field(1, ge=1, description="Residual blocks per level of the encoder.")
    decoder_blocks: int = Field(1, ge=1, description="Residual blocks per level of the decoder.")
    kernel: int = Field(3, ge=1, description="Of the stem, of halvings and of the last convolution; odd.")
    groups: int = Field(4, ge=1, description="Of the group normalisation; must divide all channel numbers.")
    hidden: tuple[int, ...] = Field((64,), description="Widths between a token's positions and its numbers.")
    latent_tokens: int = Field(
        0, ge=0, description="Pieces the latent is made of; 0: as many as the image has tokens, unless these are few."
    )
    linear_start: bool = Field(
        default=True,
        description="Begin as factor analysis, so that the blocks learn what it leaves; published no. Two matrices of "
        "voxels by latent numbers.",
    )
    rank: int = Field(16, ge=0, description="Of the correlated part of the output noise; 0: independent voxels.")


class MapperSize(PluginSettings):
    """Of the Semantic-to-Neural mapper."""

    depth: int = Field(2, ge=0, description="Transformer blocks.")
    width: int = Field(64, ge=0, description="Numbers of a token inside; 0: those of the image tokens, as published.")
    heads: int = Field(4, ge=1, description="Of the attention; must divide the width.")
    mlp_ratio: float = Field(4.0, gt=0, description="Hidden width of the MLP, in the width.")
    dropout: float = Field(0.1, ge=0, lt=1, description="In the blocks; published 0.")
    conditioning: bool = Field(
        default=False, description="Published adaLN on a time step that is always 0: a third more weights, no use."
    )
    ridge_start: bool = Field(
        default=True,
        description="Begin with the ridge solution, so that the blocks learn what it leaves; published no.",
    )
    skip: bool = Field(
        default=True,
        description="Beside the networks a closed form from tokens to voxels; validation decides how much of the "
        "networks' own mean is kept. Published no.",
    )


PUBLISHED_TOKENS = (256, 1664)
"""OpenCLIP ViT-bigG/14."""
PUBLISHED_VAE = VaeSize(
    stem="resample", length=8192, base=128, multipliers=(2, 4, 4), n_downs=1, encoder_blocks=2, decoder_blocks=3,
    kernel=7, groups=32, hidden=(2048, 2048), linear_start=False, rank=0,
)  # fmt: skip
PUBLISHED_MAPPER = MapperSize(
    depth=8, width=0, heads=13, mlp_ratio=4.0, dropout=0.0, conditioning=True, ridge_start=False, skip=False,
)  # fmt: skip
