"""Inject every fault for real and show what a user sees: ``python scripts/faults.py [--only NAME ...] [--json]``.

Real processes over liblsl on loopback, the real daemon, recorder and LSL outlet; some ten minutes for all. ``--out
docs/faults.md`` writes the page of the documentation. Ends with exit code 1 if a user was shown a traceback.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console

# Run as a script, this folder is on the path and the repository is not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.fault_cases import decoder_faults, disk_faults, program_faults, report, session_faults, stream_faults
from scripts.fault_cases.result import Result

CASES = {
    case.__name__: case
    for module in (stream_faults, program_faults, decoder_faults, disk_faults, session_faults)
    for case in module.CASES
}


def run(name: str) -> Result:
    """Run one trial in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return CASES[name](Path(folder))


def main() -> None:
    """Read the command line, run the trials, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), metavar="NAME", help=", ".join(CASES))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--out", type=Path, help="write the page of the documentation to this file")
    arguments = parser.parse_args()
    rows = []
    for name in arguments.only:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows.append((name, run(name)))
    if arguments.json:
        print(json.dumps([report.record(name, result) for name, result in rows], indent=1))
    else:
        Console().print(report.table(rows), markup=False)
    if arguments.out is not None:
        arguments.out.write_text(report.page(rows), encoding="utf-8")
    raise SystemExit(any(result.has_traceback for _, result in rows))


if __name__ == "__main__":
    main()
