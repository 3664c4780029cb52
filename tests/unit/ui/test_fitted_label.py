"""Large text that fits."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from ui.fitted_label import FittedLabel


def test_long_text_becomes_smaller_and_short_text_large_again(qtbot: QtBot) -> None:
    label = FittedLabel("rest")
    label.setProperty("role", "state")
    qtbot.addWidget(label)
    label.resize(200, 60)
    label.show()
    full = label.fontMetrics().horizontalAdvance("rest")
    label.setText("mental arithmetic of a kind")
    assert label.fontMetrics().horizontalAdvance(label.text()) <= 200
    label.setText("rest")
    assert label.fontMetrics().horizontalAdvance("rest") == full
    label.setText("mental arithmetic of a kind")
    small = label.fontMetrics().height()
    label.resize(800, 60)
    assert label.fontMetrics().height() > small


def test_it_leaves_the_width_to_others(qtbot: QtBot) -> None:
    label = FittedLabel("a decision with a name that is longer than any dock is wide")
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() == 80
