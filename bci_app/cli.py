"""The command line: ``bci-app VERB``; what the verbs do is in the modules they import when they are called."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from bci_app.bench_cli import bench
from bci_app.data_cli import data
from bci_app.logging_setup import configure_logging
from bci_app.train_cli import train
from devices.recording_data import ReadOptions
from pipelines.errors import BciError

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Real-time brain-computer interface.")
app.add_typer(bench, name="bench")
app.add_typer(data, name="data")
app.add_typer(train, name="train")
console = Console()

Overrides = Annotated[list[str] | None, typer.Option("--set", help="Override a setting: key=value, dotted keys.")]
Scale = Annotated[
    float, typer.Option(help="Multiply voltages by this, where the unit in the file is wrong.", min=1e-12)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def main() -> None:
    """Run the command line; errors of ours end it in one plain line and exit code 1."""
    try:
        app()
    except BciError as exc:
        kind = Text.assemble(("error", "bold red"), f" {type(exc).__name__}: ")
        # Unbroken: a path that is cut at the 80th column cannot be copied.
        Console(stderr=True).print(kind, end="")
        Console(stderr=True).print(str(exc), markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(1) from None


@app.callback()
def common(*, verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False) -> None:
    """Real-time brain-computer interface: headset, LSL stream or recording in, decoded brain state out."""
    configure_logging(verbose=verbose)


@app.command()
def demo(
    *,
    seconds: Annotated[float | None, typer.Option(help="End after so many seconds.", min=1)] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No window, even where there is a display.")] = False,
    folder: Annotated[str, typer.Option(help="Where the recording goes.")] = "recordings",
) -> None:
    """Decode a simulated participant: rest and mental arithmetic, with the truth beside the decision."""
    from bci_app import sessions
    from bci_app.config import demo_session

    if not headless and _has_display():
        length = [] if seconds is None else [f"--seconds={seconds:g}"]
        raise SystemExit(_window(["--demo", f"--folder={folder}", *length]))
    sessions.run_demo(demo_session(seconds, folder), console)


@app.command()
def live(session: Annotated[Path | None, typer.Argument(help="Session file (TOML) or recording.")] = None) -> None:
    """Open the window."""
    raise SystemExit(_window([str(session)] if session else []))


@app.command()
def daemon(session: Annotated[Path, typer.Argument(help="Session file (TOML).")], overrides: Overrides = None) -> None:
    """Run a session without a window: source in, decisions on LSL. Ends cleanly on SIGINT and SIGTERM."""
    from bci_app import sessions
    from bci_app.config import load_session

    sessions.run_daemon(load_session(session, overrides or ()), console)


@app.command()
def record(
    session: Annotated[Path, typer.Argument(help="Session file (TOML).")],
    *,
    folder: Annotated[str, typer.Option(help="Where the recording goes.")] = "recordings",
    seconds: Annotated[float | None, typer.Option(help="End after so many seconds.", min=1)] = None,
    subject: Annotated[str, typer.Option(help="BIDS label of the person, never a name.")] = "",
    session_label: Annotated[str, typer.Option("--session", help="BIDS label of the session.")] = "",
    task: Annotated[str, typer.Option(help="BIDS label of the task.")] = "",
    run: Annotated[int, typer.Option(help="First run; the next free one is taken.", min=0)] = 0,
    note: Annotated[str, typer.Option(help="A remark for the recording and its report.")] = "",
    report: Annotated[bool, typer.Option("--report", help="Write a report beside the recording.")] = False,
    overrides: Overrides = None,
) -> None:
    """Record the source of a session without decoding; lines that are typed meanwhile are kept as notes."""
    from bci_app import sessions
    from bci_app.config import load_session
    from bci_app.recording_names import Labels

    settings = load_session(session, overrides or ())
    settings = settings.model_copy(update={"note": note or settings.note, "report": report or settings.report})
    labels = Labels(subject, session_label, task, run)
    sessions.run_record(settings, folder, seconds, console, labels)


@app.command()
def calibrate(
    session: Annotated[Path, typer.Argument(help="Session file (TOML).")],
    *,
    seconds: Annotated[float, typer.Option(help="How much rest to record (s).", min=1)] = 60.0,
    folder: Annotated[str, typer.Option(help="Where the recording goes.")] = "recordings",
    overrides: Overrides = None,
) -> None:
    """Record a person's rest once, for all sessions that name the file, and say whether the decoder takes it."""
    from bci_app.calibration_verb import run_calibrate
    from bci_app.config import load_session

    run_calibrate(load_session(session, overrides or ()), folder, seconds, console)


@app.command()
def paradigm(
    session: Annotated[Path, typer.Argument(help="Session file (TOML).")],
    *,
    kind: Annotated[str, typer.Option(help="Paradigm: imagery, rest_task …; empty: the session's [paradigm].")] = "",
    folder: Annotated[str, typer.Option(help="Where the recording goes.")] = "recordings",
    train: Annotated[Path | None, typer.Option(help="Train a decoder on the run (as adapt does), into this.")] = None,
    overrides: Overrides = None,
) -> None:
    """Run a paradigm with cues in the terminal, and record it with its markers. What flickers needs the window."""
    from bci_app.adaptation_verb import run_adapt
    from bci_app.config import load_session
    from bci_app.paradigm_verb import run_paradigm

    path = run_paradigm(load_session(session, overrides or ()), kind, folder, console)
    console.print(f"recorded: {path}", markup=False, highlight=False, soft_wrap=True)
    if train is not None:
        run_adapt(path, train, "", console, as_json=False)


@app.command()
def adapt(
    recording: Annotated[Path, typer.Argument(help="Recording of a paradigm (bci-app paradigm, or the window).")],
    out: Annotated[Path, typer.Argument(help="Folder of the new decoder.")],
    *,
    against: Annotated[
        str, typer.Option(help="Decoder to compare with; empty: the recorded session's; none: nothing.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Train a decoder on a calibration run, judge it on held-out blocks beside the one in use, and write it."""
    from bci_app.adaptation_verb import run_adapt

    run_adapt(recording, out, against, console, as_json=as_json)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="Any recording: XDF, EDF, BDF, GDF, FIF, BrainVision, .set, text, CSV.")],
    *,
    session: Annotated[Path | None, typer.Option(help="Session file; its source is replaced by the recording.")] = None,
    decoder: Annotated[str, typer.Option(help="Shipped decoder, checkpoint folder, or kind.")] = "",
    calibrate: Annotated[str, typer.Option(help="Recording of rest: FILE@START:STOP in seconds.")] = "",
    speed: Annotated[str, typer.Option(help="1 is real time; max is as fast as possible.")] = "max",
    start: Annotated[float, typer.Option(help="Start (s).", min=0)] = 0.0,
    stop: Annotated[float | None, typer.Option(help="Stop (s).")] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end, until Ctrl-C.")] = False,
    chunk: Annotated[int | None, typer.Option(help="Samples per chunk; decisions do not depend on it.", min=1)] = None,
    decisions: Annotated[Path | None, typer.Option(help="Write the decisions to this CSV file.")] = None,
    scale: Annotated[
        float | None, typer.Option(help="Multiply voltages by this; else as --session does with this file.", min=1e-12)
    ] = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Replay a recording through the live engine. The same recording gives the same decisions, always."""
    from bci_app import sessions
    from bci_app.replay_settings import replay_settings

    settings = replay_settings(
        file,
        session=session,
        decoder=decoder,
        calibrate=calibrate,
        source={
            "speed": _speed(speed),
            "start_s": start,
            "stop_s": stop,
            "chunk_samples": chunk,
            "loop": loop,
            "scale": scale,
        },
        decisions=decisions,
        overrides=overrides or (),
    )
    result = sessions.run_replay(settings, file)
    if as_json:
        typer.echo(json.dumps(result.as_dict()))
    else:
        console.print(result.table())


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Any recording that replay can play.")],
    out: Annotated[Path, typer.Argument(help="File to write; for BIDS the folder of the data set.")],
    *,
    form: Annotated[
        str, typer.Option("--format", help="fif, edf, bdf, brainvision or bids; else what the suffix of OUT says.")
    ] = "",
    stream: Annotated[str, typer.Option(help="XDF: name, type or number of the stream.")] = "",
    unit: Annotated[str, typer.Option(help="Unit of the EEG where the file does not say: uV, mV, V or nV.")] = "",
    scale: Scale = 1.0,
    subject: Annotated[str, typer.Option(help="BIDS: label of the person, never a name.")] = "01",
    session: Annotated[str, typer.Option(help="BIDS: session.")] = "01",
    task: Annotated[str, typer.Option(help="BIDS: task.")] = "rest",
    run: Annotated[str, typer.Option(help="BIDS: run.")] = "01",
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Convert a recording to FIF, EDF, BDF, BrainVision or BIDS; markers and decisions become annotations."""
    from bci_app import export_verb
    from devices.mne_export import BidsName

    name = BidsName(subject, session, task, run)
    options = _options(stream, unit, scale)
    written = export_verb.export(file, out, form=form, name=name, options=options, force=force)
    console.print("\n".join(written.lines()), markup=False, highlight=False, soft_wrap=True)


@app.command()
def report(
    file: Annotated[Path, typer.Argument(help="Any recording that replay can play.")],
    *,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; else beside the recording.")] = None,
    stream: Annotated[str, typer.Option(help="XDF: name, type or number of the stream.")] = "",
    unit: Annotated[str, typer.Option(help="Unit of the EEG where the file does not say: uV, mV, V or nV.")] = "",
    scale: Scale = 1.0,
) -> None:
    """Write the report of a recording, HTML and PDF: quality, decisions, agreement, latency, settings."""
    from bci_app.report_verb import write_report

    for path in write_report(file, out, _options(stream, unit, scale)):
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)


@app.command()
def ask(
    target: Annotated[Path, typer.Argument(help="Session file (TOML), which is run and asked; or any recording.")],
    words: Annotated[str, typer.Argument(help="The question; the task card that is nearest to it is asked.")] = "",
    *,
    task: Annotated[str, typer.Option(help="Task card by name, instead of words.")] = "",
    model: Annotated[str, typer.Option(help="Folder of UniMind's weights; empty: what the session names.")] = "",
    language: Annotated[str, typer.Option(help="as trained, none (heads alone), or a language model's folder.")] = (
        "as trained"
    ),
    at: Annotated[list[float] | None, typer.Option(help="Where a window begins (s); again for more.")] = None,
    event: Annotated[str, typer.Option(help="Windows begin at markers whose label ends in this.")] = "",
    windows: Annotated[int, typer.Option(help="At most so many windows of a recording.", min=1)] = 20,
    seconds: Annotated[float | None, typer.Option(help="How long a session is asked (s).", min=1)] = None,
    scale: Scale = 1.0,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question out of the list of task cards; the answer is one of its options, with what it rests on."""
    from bci_app import ask_verb

    question = ask_verb.Question(target, words, task, model, language, tuple(at or ()), event, windows, seconds, scale)
    ask_verb.ask(question, overrides or (), console, as_json=as_json)


@app.command()
def devices(
    *,
    timeout_s: Annotated[float, typer.Option(help="How long to look for LSL streams (s).", min=0.1)] = 2.0,
    scope: Annotated[
        str, typer.Option(help="How far to look for LSL streams: machine, link, site, organization or global.")
    ] = "machine",
    test: Annotated[Path | None, typer.Option(help="Open the source of this session file for two seconds.")] = None,
    as_json: AsJson = False,
) -> None:
    """List BrainFlow boards and the LSL streams within reach, or test the source of a session."""
    if test is not None:
        _test_source(test)
        return
    from bci_app import inventory

    _show(inventory.devices(timeout_s, inventory.parse_scope(scope)), inventory.device_tables, as_json=as_json)


@app.command()
def decoders(*, as_json: AsJson = False) -> None:
    """List the decoders: trained on what, how good, for what signal, with what limits."""
    from dataclasses import asdict

    from bci_app.decoder_card import card_table
    from bci_app.decoder_cards import cards

    found = cards()
    if as_json:
        typer.echo(json.dumps([asdict(card) for card in found]))
        return
    for card in found:
        console.print(card_table(card))


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Check versions, liblsl, CUDA, boards, ports, clock and disk, and run one self-test through LSL loopback."""
    from bci_app import checkup

    findings = checkup.examine()
    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings]))
    else:
        console.print(checkup.table(findings))
    raise SystemExit(any(not finding.ok for finding in findings))


def _test_source(session: Path) -> None:
    from bci_app.config import load_session
    from bci_app.probe import probe

    settings = load_session(session)
    console.print(probe(settings.source, settings.lsl).text(), markup=False, highlight=False)


def _show(values: Any, tables: Any, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(values))
        return
    for table in tables(values):
        console.print(table)


def _speed(text: str) -> float | str:
    if text == "max":
        return "max"
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"--speed {text}: a number such as 1 or 4, or max") from None


def _options(stream: str, unit: str, scale: float) -> ReadOptions:
    if unit not in ("", "uV", "mV", "V", "nV"):
        raise typer.BadParameter(f"--unit {unit}: uV, mV, V or nV")
    return ReadOptions(stream, unit, scale=scale)


def _has_display() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _window(arguments: list[str]) -> int:
    """Run the window and return its exit code; it closes its recording on any signal that would end us."""
    # A process of its own: nothing below the window may import Qt.
    with subprocess.Popen([sys.executable, "-m", "ui.app", *arguments]) as window:
        # Ctrl-C reaches both of us; left alone, subprocess would kill the window before its recording is closed.
        before = {
            signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
            signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: window.terminate()),
        }
        try:
            return window.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
