"""Faults of the source: the LSL device is killed, stopped, changed, or sends nonsense."""

from __future__ import annotations

import time
from pathlib import Path

from scripts.fault_cases.processes import LABELS, Device, Plan, ending, session_text
from scripts.fault_cases.result import Result, judge
from scripts.fault_cases.trials import commanded, decoding, finish, lsl, refused, restarted, stopped


def source_killed(folder: Path) -> Result:
    """Kill the device; it comes back as it was."""
    return restarted(
        "source killed", "kill -9 of the LSL device; started again after 3 s", folder, lambda plan: plan, 3.0
    )


def source_stalled(folder: Path) -> Result:
    """Stop the device; nothing is lost."""
    done = "SIGSTOP of the device for 5 s; what it missed is sent late, in a burst (network hole)"
    return stopped("5 s hole, delivered late", done, folder, Plan(), 5.0)


def source_stalled_and_lost(folder: Path) -> Result:
    """Stop the device; samples are lost."""
    done = "SIGSTOP of the device for 5 s; what it missed is gone"
    return stopped("5 s hole, lost", done, folder, Plan(loses=True), 5.0)


def nan_burst(folder: Path) -> Result:
    """Send NaN."""
    return commanded("NaN burst", "all channels NaN for 1 s", folder, {"nan 1": 1.0}, cured_after_s=1.0)


def flat_channel(folder: Path) -> Result:
    """Send one flat channel."""
    commands = {"flat C3": 6.0, "good": 0.0}
    return commanded("flat channel", "C3 is 0 µV for 6 s", folder, commands, cured_after_s=6.0)


def railed_channels(folder: Path) -> Result:
    """Send half of the channels at the rail."""
    commands = {**{f"rail {label}": 0.0 for label in ("C3", "Cz", "C4")}, "rail O1": 6.0, "good": 0.0}
    return commanded("railed channels", "4 of 8 channels at 187500 µV for 6 s", folder, commands, cured_after_s=6.0)


def other_channels(folder: Path) -> Result:
    """Come back with fewer channels."""
    done = "kill -9; the device comes back with 6 channels instead of 8"
    return restarted("other channel count", done, folder, lambda plan: plan.but(labels=LABELS[:6]), 1.0)


def other_rate(folder: Path) -> Result:
    """Come back at another rate."""
    done = "kill -9; the device comes back at 500 Hz instead of 250 Hz"
    return restarted("other rate", done, folder, lambda plan: plan.but(rate_hz=500.0), 1.0)


def other_labels(folder: Path) -> Result:
    """Come back with two names exchanged."""
    done = "kill -9; the device comes back with other channel names"
    return restarted("other labels", done, folder, lambda plan: plan.but(labels=(*LABELS[:6], "O2", "O1")), 1.0)


def clock_jump(folder: Path) -> Result:
    """Set the device's clock back."""
    done = "the device's clock goes back by 1 h"
    return commanded("clock jump", done, folder, {"jump -3600": 0.0}, cured_after_s=0.0)


def stamps_nan(folder: Path) -> Result:
    """Send a stamp that is no number."""
    return commanded("NaN time stamp", "one chunk stamped NaN", folder, {"stamp nan": 0.0}, cured_after_s=0.0)


def stamps_far(folder: Path) -> Result:
    """Send a stamp of the far future."""
    done = "one chunk stamped 30 years ahead"
    return commanded("time stamp in the far future", done, folder, {"stamp 1e9": 0.0}, cured_after_s=0.0)


def two_streams(folder: Path) -> Result:
    """Offer two streams that fit."""
    plan = Plan()
    devices = [Device(plan, folder), Device(plan.but(source_id="another"), folder)]
    with ending(*devices):
        time.sleep(2.0)
        session = session_text(lsl(plan), folder=folder / "recordings")
        return refused("two streams of one name, at the start", "two devices with one name", folder, session)


def impostor(folder: Path) -> Result:
    """Offer another stream that fits while the first is read."""
    plan = Plan()
    device = Device(plan, folder)
    with ending(device), decoding(folder, lsl(plan)) as daemon:
        at_s = time.monotonic()
        with ending(Device(plan.but(source_id="another"), folder)):
            finish(daemon, at_s + 3.0)
        return judge(
            "a second stream of that name, later",
            "it appears while the first is read",
            daemon,
            folder,
            at_s=at_s,
            cured_s=at_s,
        )


CASES = (
    source_killed,
    source_stalled,
    source_stalled_and_lost,
    nan_burst,
    flat_channel,
    railed_channels,
    other_channels,
    other_rate,
    other_labels,
    clock_jump,
    stamps_nan,
    stamps_far,
    two_streams,
    impostor,
)
