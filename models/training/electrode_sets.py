"""Electrode sets of usual headsets, and how EEGMAT's 19 electrodes stand for them in training.

Which electrode stands for which, and whether absent ones are interpolated, was chosen by leave-one-subject-out accuracy
on EEGMAT (``docs/trust.md``), so these figures are a little better than a stranger's will be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from models.datasets.eegmat import CHANNELS
from pipelines.channel_names import canonical_name
from pipelines.signal import Chunk, StreamSpec


@dataclass(frozen=True, slots=True)
class ElectrodeSet:
    """What a headset has.

    Parameters
    ----------
    name
        Folder of its checkpoint.
    electrodes
        10-10 names of the headset.
    stand_ins
        Electrodes of EEGMAT that stand for those EEGMAT does not have, by the name of those.
    reference
        Electrodes of EEGMAT whose mean stands for the headset's reference; empty: linked ears, as recorded.
    interpolate
        Whether the decoder of all 19 electrodes is used, with spherical splines for the absent ones; otherwise one is
        trained for these electrodes alone.
    """

    name: str
    electrodes: tuple[str, ...]
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    reference: tuple[str, ...] = ()
    interpolate: bool = False

    @property
    def channels(self) -> tuple[str, ...]:
        """What the decoder sees."""
        return CHANNELS if self.interpolate else self.electrodes

    @property
    def how(self) -> str:
        """What was done to EEGMAT's electrodes, in words; empty if nothing."""
        if self.interpolate:
            return "decided with all 19 electrodes, the absent ones interpolated by spherical splines"
        stand_ins = ", ".join(f"{own} for {name}" for name, own in self.stand_ins.items())
        reference = f", against the mean of {' and '.join(self.reference)}" if self.reference else ""
        return f"trained on {stand_ins}{reference}" if stand_ins else ""

    def stages(self, tables: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
        """Return stage tables whose ``select`` picks these electrodes."""
        chosen: dict[str, Any] = {"kind": "select", "channels": list(self.channels)}
        if self.interpolate:
            chosen["missing"] = "interpolate"
        return tuple(chosen if table["kind"] == "select" else dict(table) for table in tables)

    def put_on(self, spec: StreamSpec, chunk: Chunk) -> tuple[StreamSpec, Chunk]:
        """Return what the headset would have delivered of a recording of EEGMAT."""
        place = {canonical_name(name): i for i, name in enumerate(spec.names)}
        columns = [place[self.stand_ins.get(name, name)] for name in self.electrodes]
        samples = chunk.samples[:, columns]
        if self.reference:
            common = chunk.samples[:, [place[name] for name in self.reference]].mean(axis=1, keepdims=True)
            samples = samples - common
        channels = tuple(replace(spec.channels[i], name=n) for i, n in zip(columns, self.electrodes, strict=True))
        return spec.with_channels(channels), replace(chunk, samples=np.ascontiguousarray(samples, dtype=np.float32))


FULL = ElectrodeSet("all_19", CHANNELS)
CYTON_8 = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")
SMALLER = (
    # OpenBCI's Cyton with Daisy, and Cyton, with the electrodes of their manual and the ears as reference.
    ElectrodeSet("cyton_16", (*CYTON_8, "F7", "F8", "F3", "F4", "T7", "T8", "P3", "P4"), interpolate=True),
    ElectrodeSet("cyton_8", CYTON_8),
    # InteraXon's Muse, whose reference is Fpz; TP9 lies between T7 (47 mm) and P7 (53 mm), AF7 between Fp1 and F7.
    ElectrodeSet(
        "muse_4",
        ("TP9", "AF7", "AF8", "TP10"),
        stand_ins={"TP9": "T7", "AF7": "F7", "AF8": "F8", "TP10": "T8"},
        reference=("Fp1", "Fp2"),
    ),
)
