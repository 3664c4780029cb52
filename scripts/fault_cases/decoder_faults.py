"""Faults of a decoder, which comes as a plug-in of another package."""

from __future__ import annotations

import os
import time
from pathlib import Path

from scripts.fault_cases.processes import session_text
from scripts.fault_cases.result import Result, judge
from scripts.fault_cases.trials import SETTLE_S, finish, started

PLUGIN = Path(__file__).with_name("faulty_decoder.py")
SYNTHETIC: dict[str, object] = {"kind": "synthetic"}


def install(folder: Path) -> str:
    """Lay the plug-in out as an installed package; return the folder for ``PYTHONPATH``."""
    about = folder / "faulty_decoder-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / PLUGIN.name).write_bytes(PLUGIN.read_bytes())
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty-decoder\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[bci_app.decoders]\nfaulty = faulty_decoder\n", encoding="utf-8")
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))


def _trial(fault: str, done: str, folder: Path, settings: str, *, mode: str, cured_after_s: float | None) -> Result:
    decoder = f'name = "faulty"\nmode = "{mode}"\nsettings = {{ {settings} }}'
    session = session_text(SYNTHETIC, folder=folder / "recordings", decoder=decoder)
    with started(folder, session, PYTHONPATH=install(folder / "plugins")) as daemon:
        last_good = daemon.wait(r"window 9: ", timeout_s=60.0)
        if last_good is None:
            raise SystemExit("\n".join(line.text for line in daemon.lines))
        at_s = last_good.time_s + 0.45  # just before the next window, half a second later
        cured_s = None if cured_after_s is None else at_s + cured_after_s
        time.sleep(cured_after_s or SETTLE_S)
        finish(daemon, cured_s)
        return judge(fault, done, daemon, folder, at_s=at_s, cured_s=cured_s)


def decoder_raises(folder: Path) -> Result:
    """Raise in ``decode``."""
    done = "`decode` of a plug-in raises ValueError"
    return _trial("decoder raises", done, folder, 'fault = "raises"', mode="inline", cured_after_s=None)


def decoder_nan(folder: Path) -> Result:
    """Return NaN."""
    done = "`decode` returns NaN as probabilities"
    return _trial("decoder returns NaN", done, folder, 'fault = "nan"', mode="inline", cured_after_s=None)


def decoder_hangs(folder: Path) -> Result:
    """Take 5 s in the background."""
    done = "`decode` takes 5 s once, mode = background"
    return _trial("decoder hangs 5 s", done, folder, 'fault = "hangs"', mode="background", cured_after_s=5.0)


def decoder_hangs_inline(folder: Path) -> Result:
    """Take 5 s on the engine's thread."""
    done = "`decode` takes 5 s once, mode = inline"
    return _trial("decoder hangs 5 s, inline", done, folder, 'fault = "hangs"', mode="inline", cured_after_s=5.0)


def decoder_never_returns(folder: Path) -> Result:
    """Never return, and be asked to stop."""
    done = "`decode` never returns, mode = background; SIGTERM after 3 s"
    settings = 'fault = "hangs", seconds = 3600.0'
    return _trial("decoder never returns", done, folder, settings, mode="background", cured_after_s=None)


CASES = (decoder_raises, decoder_nan, decoder_hangs, decoder_hangs_inline, decoder_never_returns)
