"""Send by mne-lsl, an independent implementation, until killed: ``python -m tests.live.mne_lsl_peer ID``.

A process of its own, because mne-lsl brings a second copy of liblsl. Offers the signal ``ID`` (volts, as MNE holds
them: channel k holds k + 1 microvolts) and the annotations of a player, ``ID-player``.
"""

import sys
import time

import mne
import numpy as np
from mne_lsl.lsl import StreamInfo, StreamOutlet
from mne_lsl.player import PlayerLSL

if __name__ == "__main__":
    channels = mne.create_info(["Fp1", "Cz", "EOG1"], 200.0, ["eeg", "eeg", "eog"])
    info = StreamInfo("mne-lsl", "EEG", 3, 200.0, "float64", sys.argv[1])
    info.set_channel_info(channels)
    outlet = StreamOutlet(info)
    raw = mne.io.RawArray(np.zeros((3, 400)), channels, verbose="error")
    raw.set_annotations(mne.Annotations([0.5, 1.5], [0.0, 0.2], ["left", "right"]))
    with PlayerLSL(raw, chunk_size=20, name=f"{sys.argv[1]}-player", annotations=True):
        while True:
            outlet.push_chunk(np.tile([1e-6, 2e-6, 3e-6], (20, 1)))
            time.sleep(0.1)
