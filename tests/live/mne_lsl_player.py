"""Play a file on LSL with mne-lsl, the independent peer, in a process of its own: FILE NAME SOURCE_ID."""

from __future__ import annotations

import sys
import time
import warnings

import mne
from mne_lsl.player import PlayerLSL


def main() -> None:
    file, name, source_id = sys.argv[1:]
    warnings.simplefilter("ignore")
    raw = mne.io.read_raw_edf(file, preload=True, verbose="error")
    with PlayerLSL(raw, chunk_size=10, name=name, source_id=source_id):
        print("playing", flush=True)
        time.sleep(600)


if __name__ == "__main__":
    main()
