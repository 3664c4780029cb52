"""Choice of what a panel shows of many channels: all, the regions of the head, one region, or one channel."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox

from pipelines.channel_names import canonical_name
from pipelines.signal import StreamSpec

REGIONS = {
    "frontal": ("N", "NFp", "Fp", "AFp", "AF", "AFF", "F", "FFC"),
    "central": ("FC", "FCC", "C", "CCP"),
    "temporal": ("FFT", "FT", "FTT", "T", "TTP", "TP", "TPP"),
    "parietal": ("CP", "CPP", "P", "PPO"),
    "occipital": ("PO", "POO", "O", "OI", "I"),
}
"""Regions by the letters of a 10-10 name."""
MEAN, ALL_REGIONS, ALL_CHANNELS = "EEG mean", "all regions", "all channels"
Groups = dict[str, list[int]]


def regions_of(spec: StreamSpec) -> Groups:
    """Return the EEG columns of each region that has some."""
    found: Groups = {}
    for region, letters in REGIONS.items():
        columns = [i for i in eeg_of(spec) if _letters(spec.names[i]) in letters]
        if columns:
            found[region] = columns
    return found


def eeg_of(spec: StreamSpec) -> list[int]:
    """Return the EEG columns; all where none is EEG."""
    return spec.indices_of("eeg") or list(range(spec.n_channels))


def _letters(name: str) -> str:
    return canonical_name(name).split("-")[0].rstrip("0123456789zh")


class ChannelPicker(QComboBox):
    """Lists what a stream offers; keeps the choice for the next stream where it offers the same.

    Parameters
    ----------
    chosen
        What is chosen at first.
    several
        Whether several curves can be shown at once.
    """

    def __init__(self, chosen: str, *, several: bool) -> None:
        super().__init__()
        self._wanted, self._several = chosen, several
        self._groups: dict[str, Groups] = {}
        self.setMinimumWidth(104)
        self.setPlaceholderText(chosen)
        self.setAccessibleName("Channels that are shown")
        self.setToolTip("Which channels are shown; a region or the mean averages powers, not voltages")
        self.textActivated.connect(self._remember)

    def offer(self, spec: StreamSpec) -> None:
        """List the choices of a stream."""
        regions, eeg = regions_of(spec), eeg_of(spec)
        channels: Groups = {canonical_name(spec.names[i]): [i] for i in range(spec.n_channels)}
        if len(channels) < spec.n_channels:  # two names with one spelling
            channels = {name: [i] for i, name in enumerate(spec.names)}
        self._groups = {MEAN: {MEAN: eeg}}
        if self._several:
            if len(regions) > 1:
                self._groups[ALL_REGIONS] = regions
            self._groups[ALL_CHANNELS] = channels
        for part in (regions, channels):
            self._groups |= {name: {name: columns} for name, columns in part.items()}
        self.blockSignals(True)
        self.clear()
        self.addItems(list(self._groups))
        self.setCurrentText(self._wanted if self._wanted in self._groups else MEAN)
        self.blockSignals(False)

    def choose(self, text: str) -> None:
        """Choose by name, as a person would."""
        self._wanted = text
        self.setCurrentText(text)

    def groups(self) -> Groups:
        """Return the columns behind each curve that is to be shown."""
        return self._groups.get(self.currentText(), {})

    def _remember(self, text: str) -> None:
        self._wanted = text
