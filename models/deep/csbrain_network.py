"""CSBrain with its small head, built for a montage by our own electrode→region rule."""

from __future__ import annotations

from torch import Tensor, nn

from models.csbrain.classifier import Architecture, Classifier
from models.csbrain.montages import montage_of
from models.deep.networks import Network, Shape
from pipelines.errors import ConfigError

RATE_HZ, PATCH = 200.0, 200


class CSBrainBuilder:
    """Builds the network; the published size unless told otherwise.

    Parameters
    ----------
    n_layers, d_model, n_heads, d_ff
        See :class:`models.csbrain.network.CSBrain`; the released weights have its defaults.
    """

    def __init__(self, n_layers: int = 12, d_model: int = 200, n_heads: int = 8, d_ff: int = 800) -> None:
        self.size = {"n_layers": n_layers, "d_model": d_model, "n_heads": n_heads, "d_ff": d_ff}

    def __call__(self, shape: Shape) -> Network:
        """Make it for a shape.

        Raises
        ------
        RateMismatch
            If the windows are not at 200 Hz.
        ConfigError
            If the channels have no names, or windows are no whole number of seconds.
        """
        shape.need_rate("CSBrain", RATE_HZ)
        if shape.n_times % PATCH:
            raise ConfigError(f"CSBrain takes whole seconds at 200 Hz; a window has {shape.n_times} samples")
        montage = montage_of(shape.need_channels("CSBrain"))
        architecture = Architecture.model_validate({"regions": montage.regions, "order": montage.order, **self.size})
        module = Classifier(architecture, shape.n_classes)
        module.register_forward_pre_hook(as_patches)
        return Network(module, "head", "hundred_microvolts", prefix="network.")


def as_patches(_: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Cut windows (batch, n_channels, n_times) into seconds."""
    x = given[0]
    return (x.reshape(*x.shape[:-1], -1, PATCH),)
