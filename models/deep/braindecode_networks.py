"""Networks of braindecode, built for a montage. Imported only when one of them is asked for.

Whatever braindecode is asked for, it imports torchaudio, for models that are not used here. PyPI has no torchaudio for
a CPU-only PyTorch: it is installed, and fails to load. A stand-in then takes its place while braindecode is imported,
and raises if anything of it is ever called.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from types import ModuleType
from typing import Any

from torch import nn

from models.deep.networks import Network, Scale, Shape
from models.deep.torchaudio_check import torchaudio_loads


def networks() -> ModuleType:
    """Return ``braindecode.models``.

    Raises
    ------
    ModuleNotFoundError
        If braindecode is not installed.
    """
    if "braindecode.models" in sys.modules:
        return sys.modules["braindecode.models"]
    stand_ins = {} if torchaudio_loads() else _stand_ins()
    sys.modules.update(stand_ins)
    try:
        # Deprecations between braindecode and the libraries below it; MNE also prints them, where only JSON may be.
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            return importlib.import_module("braindecode.models")
    finally:
        for name in stand_ins:
            sys.modules.pop(name, None)


class _StandIn(ModuleType):
    """Every name is a class that cannot be made."""

    def __getattr__(self, name: str) -> type[nn.Module]:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(self: nn.Module, *args: object, **kwargs: object) -> None:
            raise RuntimeError(f"torchaudio cannot be loaded beside this PyTorch, and {name} needs it")

        return type(name, (nn.Module,), {"__init__": refuse})


def _stand_ins() -> dict[str, ModuleType]:
    root = _StandIn("torchaudio")
    root.__path__ = []
    parts = {f"torchaudio.{name}": _StandIn(f"torchaudio.{name}") for name in ("functional", "transforms")}
    for name, module in parts.items():
        setattr(root, name.rpartition(".")[2], module)
    return {"torchaudio": root, **parts}


NETWORKS = ("EEGNet", "EEGConformer", "ATCNet", "ShallowFBCSPNet", "BIOT", "Labram", "CBraMod", "EEGPT")
RATE_HZ: Mapping[str, float] = {"Labram": 200.0, "CBraMod": 200.0, "BIOT": 200.0, "EEGPT": 256.0}
"""Networks whose published weights belong to one sampling rate."""
SCALES: Mapping[str, Scale] = {
    "Labram": "hundred_microvolts",
    "CBraMod": "hundred_microvolts",
    "BIOT": "percentile_95",
    "EEGPT": "millivolts",
}
EXTRA: Mapping[str, Mapping[str, Any]] = {"EEGNet": {"final_layer_with_constraint": True}}


class BraindecodeBuilder:
    """Builds one network of braindecode; a class, so that estimators can be copied and compared.

    Parameters
    ----------
    name
        Class in ``braindecode.models``.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, shape: Shape) -> Network:
        """Make it for a shape.

        Raises
        ------
        RateMismatch
            If its weights belong to another sampling rate.
        """
        name = self.name
        if name in RATE_HZ:
            shape.need_rate(name, RATE_HZ[name])
        make: Callable[..., nn.Module] = getattr(networks(), name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = make(
                n_outputs=shape.n_classes,
                n_chans=shape.n_channels,
                n_times=shape.n_times,
                sfreq=shape.rate_hz or None,
                **EXTRA.get(name, {}),
            )
        if name == "Labram":
            # It looks its positions up by electrode name at every call.
            names = [channel.upper() for channel in shape.need_channels(name)]
            module.register_forward_pre_hook(
                lambda _, given, named: (given, {**named, "ch_names": names}), with_kwargs=True
            )
        return Network(module, "final_layer", SCALES.get(name, "z_score"))
