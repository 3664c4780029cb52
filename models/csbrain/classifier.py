"""The network with a small head: mean over electrodes and patches, then one linear layer.

The published heads flatten all tokens and are larger than the network itself (19 million weights for 19 electrodes and
5 s); on small data sets they only memorise. This one has d_model + 1 weights per class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor, nn

from models.csbrain.network import CSBrain
from models.csbrain.tokenizers import Layout
from pipelines.errors import CheckpointInvalid
from pipelines.plugins import explain


class Architecture(BaseModel):
    """What the weights need besides themselves; the card's ``architecture``. See :class:`CSBrain` for each field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    regions: tuple[int, ...]
    order: tuple[int, ...]
    n_layers: int = Field(12, ge=1)
    d_model: int = Field(200, ge=40)
    n_heads: int = Field(8, ge=1)
    d_ff: int = Field(800, ge=1)
    layout: Layout = "official"
    ssa: bool = True
    region_tokenizer: bool = True

    def network(self, *, dropout: float = 0.1) -> CSBrain:
        """Make the network with fresh weights.

        Raises
        ------
        ModelError
            If montage or sizes do not fit together.
        """
        sizes = (self.n_layers, self.d_model, self.n_heads, self.d_ff)
        switches = {"ssa": self.ssa, "region_tokenizer": self.region_tokenizer}
        return CSBrain(self.regions, self.order, *sizes, dropout=dropout, layout=self.layout, **switches)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> Architecture:
        """Read the table of a card.

        Raises
        ------
        CheckpointInvalid
            If a key is missing, unknown or has a wrong value.
        """
        try:
            return cls.model_validate(dict(table))
        except ValidationError as exc:
            raise CheckpointInvalid(explain(exc, f"{where}: architecture")) from exc


class Classifier(nn.Module):
    """Class scores of a window.

    Parameters
    ----------
    architecture
        The network's montage and size.
    n_classes
        Outputs.
    dropout
        Used in training alone.
    """

    def __init__(self, architecture: Architecture, n_classes: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.network = architecture.network(dropout=dropout)
        self.head = nn.Linear(architecture.d_model, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, patches, 200) in units of 100 µV to scores (batch, n_classes)."""
        scores: Tensor = self.head(self.network.features(x).mean(dim=(1, 2)))
        return scores
