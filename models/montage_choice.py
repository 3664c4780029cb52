"""One decoder for several electrode sets: the largest set that a device has decides."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.decoder import Decoder, DecoderSpec
from pipelines.channel_names import canonical_name
from pipelines.decision import Decision
from pipelines.errors import ChannelMismatch
from pipelines.signal import StreamSpec, Window

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ElectrodeSet:
    """A smaller set and the decoder trained for it.

    Parameters
    ----------
    name
        For messages.
    electrodes
        10-10 names that a device must have.
    summary
        What is known of it, in one line.
    make
        Loads the decoder.
    """

    name: str
    electrodes: tuple[str, ...]
    summary: str
    make: Callable[[], Decoder]


class MontageChoice:
    """The decoder of the full set until :meth:`choose` takes another.

    Parameters
    ----------
    full
        Decoder of the full set.
    electrodes
        What that needs.
    smaller
        The others; of those that fit, the one with most electrodes is taken.
    """

    def __init__(self, full: Decoder, electrodes: tuple[str, ...], smaller: Sequence[ElectrodeSet]) -> None:
        self._decoder, self._electrodes = full, electrodes
        self._smaller = sorted(smaller, key=lambda s: (-len(s.electrodes), s.name))
        self._chosen = False

    @property
    def spec(self) -> DecoderSpec:
        """What the chosen decoder needs and answers."""
        return self._decoder.spec

    def choose(self, spec: StreamSpec) -> None:
        """Take the decoder for what a stream has. The first stream decides: a later one changes nothing.

        Parameters
        ----------
        spec
            The device's; further electrodes do not matter.

        Raises
        ------
        ChannelMismatch
            If no set is complete; names what each lacks.
        """
        if self._chosen:
            return
        there = {canonical_name(channel.name) for channel in spec.channels if channel.kind == "eeg"}
        if _lacking(self._electrodes, there):
            self._take_smaller(spec, there)
        self._chosen = True

    def _take_smaller(self, spec: StreamSpec, there: set[str]) -> None:
        full = self._decoder
        absent = {f"all {len(self._electrodes)}": _lacking(self._electrodes, there)}
        for one in self._smaller:
            missing = _lacking(one.electrodes, there)
            if not missing:
                self._decoder = one.make()
                full.close()
                log.warning(
                    "%s has %d of the %d electrodes of %s: %s decides instead: %s",
                    spec.source_id or "the stream", len(there & {*self._electrodes}), len(self._electrodes),
                    full.spec.model_id, self._decoder.spec.model_id, one.summary,
                )  # fmt: skip
                return
            absent[f"{one.name} ({len(one.electrodes)})"] = missing
        told = "; ".join(f"{name} lacks {', '.join(missing)}" for name, missing in absent.items())
        raise ChannelMismatch(
            f"{spec.source_id or 'the stream'} lacks electrodes for every set of {full.spec.model_id}: {told}. It has "
            f"{', '.join(sorted(there)) or 'no EEG channel'}; add the electrodes of one set, or name the channels right"
        )

    def prepare(self, delivered: StreamSpec) -> None:
        """See the chosen decoder."""
        self._decoder.prepare(delivered)

    def warm_up(self) -> None:
        """See the chosen decoder."""
        self._decoder.warm_up()

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """See the chosen decoder."""
        self._decoder.calibrate(windows, labels)

    def decode(self, window: Window) -> Decision:
        """See the chosen decoder."""
        return self._decoder.decode(window)

    def close(self) -> None:
        """See the chosen decoder."""
        self._decoder.close()


def _lacking(electrodes: Sequence[str], there: set[str]) -> list[str]:
    return [name for name in electrodes if canonical_name(name) not in there]
