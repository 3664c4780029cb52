"""What came of a calibration run: stimulus timing, the new decoder beside the one in use, and what to do about it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFrame, QLabel, QPushButton

from bci_app.adaptation_result import Adaptation
from ui import layouts, theme
from ui.calibration_run import CalibrationRun
from ui.score_bars import Score, ScoreBars


class CalibrationResult(QFrame):
    """Hidden until there is something to say."""

    def __init__(self) -> None:
        super().__init__()
        self.timing = QLabel("", wordWrap=True)
        self.timing.setProperty("role", "muted")
        self.bars = ScoreBars()
        self.verdict = QLabel("", wordWrap=True)
        self.deploy = QPushButton("&Use the new decoder")
        self.undo = QPushButton("&Back to the decoder before")
        self.deploy.setToolTip("Let it decide from now on in the session that runs")
        self.undo.setToolTip("Let the decoder decide that did before; this can be taken back, too")
        column = layouts.column(self, 8, (0, 8, 0, 0))
        for widget in (self.timing, self.bars, self.verdict):
            column.addWidget(widget)
        row = layouts.row(margins=(0, 0, 0, 0))
        row.addWidget(self.deploy)
        row.addWidget(self.undo)
        row.addStretch(1)
        column.addLayout(row)

    def show_run(self, run: CalibrationRun, *, running: bool) -> None:
        """Show what is known of a run."""
        result = run.result
        self.timing.setVisible(run.timing is not None)
        self.timing.setText(run.timing.sentence() if run.timing is not None else "")
        for widget in (self.bars, self.verdict, self.deploy, self.undo):
            widget.setVisible(result is not None)
        if result is None:
            self.bars.show_scores((), 0.0)
            return
        self.bars.show_scores(_scores(result), result.chance)
        tone = "good" if result.better else "warning"
        using = "Being made ready …" if run.is_changing else "In use now." if run.in_use else "Not in use."
        self.verdict.setText(f"{theme.MARKS[tone]} {_sentence(result)} {using}")
        theme.set_tone(self.verdict, tone)
        self.deploy.setEnabled(running and not run.in_use and not run.is_changing)
        self.undo.setEnabled(running and bool(run.in_use) and not run.is_changing)


def _scores(result: Adaptation) -> list[Score]:
    scores = [Score(f"new: {result.model_id}", result.score.mean, result.score.low, result.score.high)]
    if result.current_score is not None:
        current = result.current_score
        name = Path(result.current).name  # of a checkpoint folder the end
        scores.append(Score(f"in use before: {name}", current.mean, current.low, current.high))
    return scores


def _sentence(result: Adaptation) -> str:
    n = sum(result.trials.values())
    verdict = result.verdict()
    how = f"Balanced accuracy of {n} whole trials, {result.n_blocks} blocks held out in turn."
    return f"{verdict[0].upper()}{verdict[1:]}. {how}"
