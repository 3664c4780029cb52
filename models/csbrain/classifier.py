"""The network with a head; the small one unless told otherwise: mean over electrodes and patches, one linear layer.

The published heads flatten all tokens and are larger than the network itself (19 million weights for 19 electrodes and
5 s); on small data sets they only memorise. The small one has d_model + 1 weights per class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor, nn

from models.alignment import Alignment
from models.csbrain.heads import Activation, AttentionHead, FlattenHead, HeadKind, MeanHead, SequenceHead
from models.csbrain.network import CSBrain
from models.csbrain.tokenizers import Layout
from pipelines.errors import CheckpointInvalid, ModelError
from pipelines.plugins import explain


class Architecture(BaseModel):
    """What the weights need besides themselves; the card's ``architecture``.

    See :class:`CSBrain` for the network's fields, :mod:`models.csbrain.heads` for those of the head and
    :mod:`models.alignment` for ``alignment``.
    """

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
    head: HeadKind = "mean"
    n_patches: int = Field(0, ge=0)
    """Of a window; only the flatten and sequence heads are tied to it."""
    context: int = Field(0, ge=0)
    """Consecutive windows that the sequence head decides on together."""
    hidden: tuple[int, ...] = ()
    activation: Activation = "elu"
    alignment: Alignment = "none"

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
    dropout, head_dropout
        Of the network and of the flatten head; used in training alone.

    Raises
    ------
    ModelError
        If montage or sizes do not go together, or a head does not know how long a window is or has no width.
    """

    def __init__(
        self, architecture: Architecture, n_classes: int, *, dropout: float = 0.1, head_dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.network = architecture.network(dropout=dropout)
        self.head = _head(architecture, n_classes, head_dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, patches, 200) in units of 100 µV to scores (batch, n_classes).

        With a sequence head (batch, windows, channels, patches, 200) to (batch, n_classes, windows).
        """
        if isinstance(self.head, SequenceHead):
            each = self.network.features(x.flatten(0, 1))
            tokens = each.reshape(*x.shape[:2], *each.shape[1:])
        else:
            tokens = self.network.features(x)
        scores: Tensor = self.head(tokens)
        return scores


def _head(a: Architecture, n_classes: int, dropout: float) -> nn.Module:
    match a.head:
        case "mean":
            return MeanHead(a.d_model, n_classes)
        case "attention":
            return AttentionHead(a.d_model, n_classes)
        case "flatten" | "sequence":
            if not a.n_patches:
                raise ModelError(f"CSBrain: head = {a.head!r} needs n_patches, the seconds of a window")
            n_inputs = len(a.regions) * a.n_patches * a.d_model
            if a.head == "flatten":
                return FlattenHead(n_inputs, a.hidden, n_classes, a.activation, dropout)
            if not a.hidden or a.hidden[-1] % SequenceHead.N_HEADS:
                raise ModelError(f"CSBrain: head = 'sequence': hidden = {list(a.hidden)}: its last width must be a "
                                 f"multiple of {SequenceHead.N_HEADS}")  # fmt: skip
            return SequenceHead(n_inputs, a.hidden, n_classes, a.activation, dropout)
