"""Faults of the disk and of the daemon's own life while it records."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.fault_cases.processes import Daemon, session_text
from scripts.fault_cases.result import Result, judge
from scripts.fault_cases.trials import DECIDED, decoding, finish, refused

SYNTHETIC: dict[str, object] = {"kind": "synthetic"}
NO_GUARD = "warn_free_mb = 0.0\nmin_free_mb = 0.0"


@contextmanager
def small_disk(folder: Path, megabytes: int, options: str = "") -> Iterator[bool]:
    """Mount a disk in memory on a folder, which is made; False where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m{options}", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave_mb: float) -> None:
    """Write a file until so much is left."""
    size = max(0, shutil.disk_usage(folder).free - round(leave_mb * 1e6))
    (folder / "other.bin").write_bytes(b"\1" * size)


def _recording(fault: str, done: str, folder: Path, harm: Callable[[Daemon], None], recorder: str = NO_GUARD) -> Result:
    with decoding(folder, SYNTHETIC, recorder=recorder) as daemon:
        at_s = time.monotonic()
        harm(daemon)
        finish(daemon, at_s)
        return judge(fault, done, daemon, folder, at_s=at_s, cured_s=at_s)


def disk_full(folder: Path) -> Result:
    """Let a write fail with "no space left", or with "file too large" where no disk can be mounted."""
    recordings = folder / "recordings"
    with small_disk(recordings, 8) as mounted:
        done = "another program fills the disk to the last byte" if mounted else "RLIMIT_FSIZE: no byte more"

        def harm(daemon: Daemon) -> None:
            if mounted:
                fill(recordings, 0.0)
            else:
                resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (1, 1))

        return _recording("disk full", done, folder, harm)


def disk_low(folder: Path) -> Result:
    """Let the guard see too little room."""
    recordings = folder / "recordings"
    with small_disk(recordings, 8) as mounted:
        if not mounted:
            session = session_text(SYNTHETIC, folder=recordings, recorder="warn_free_mb = 1e9\nmin_free_mb = 1e9")
            return refused("disk nearly full", "less than min_free_mb is free at the start", folder, session)

        def harm(daemon: Daemon) -> None:
            fill(recordings, 4.0)
            time.sleep(3.0)
            (recordings / "other.bin").unlink()
            fill(recordings, 2.0)

        done = "free space falls below warn_free_mb, 3 s later below min_free_mb"
        return _recording("disk nearly full", done, folder, harm, "warn_free_mb = 5.0\nmin_free_mb = 3.0")


def folder_vanishes(folder: Path) -> Result:
    """Delete the folder that is recorded to."""
    done = "the folder of recordings is deleted while recording"
    return _recording("folder vanishes", done, folder, lambda _: shutil.rmtree(folder / "recordings"))


def folder_read_only(folder: Path) -> Result:
    """Name a folder that cannot be written."""
    recordings = folder / "recordings"
    with small_disk(recordings, 1, ",ro") as mounted:
        if not mounted:
            recordings.chmod(0o555)
        session = session_text(SYNTHETIC, folder=recordings, recorder=NO_GUARD)
        return refused("folder read-only", "the folder of recordings cannot be written, at the start", folder, session)


def daemon_killed(folder: Path) -> Result:
    """Kill the daemon itself."""
    with decoding(folder, SYNTHETIC) as daemon:
        daemon.wait(DECIDED, since_s=time.monotonic() + 2.0)
        at_s = time.monotonic()
        daemon.end(9)
        return judge("daemon killed", "kill -9 of the daemon while recording", daemon, folder, at_s=at_s)


CASES = (disk_full, disk_low, folder_vanishes, folder_read_only, daemon_killed)
