"""The window's style sheet, made of a theme's colours and a size of fonts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.theme import Theme

ICONS = Path(__file__).with_name("icons")


def style_sheet(theme: Theme, px: Callable[[float], int]) -> str:
    """Return the style sheet; ``px`` scales a size of text."""
    t = theme
    check, down = (f'url("{(ICONS / f"{name}-{t.name}.svg").as_posix()}")' for name in ("check", "down"))
    return f"""
* {{ color: {t.text}; font-size: {px(12)}px; }}
QMainWindow, QDialog, QFileDialog {{ background: {t.background}; }}
QScrollArea, #scrolled {{ background: transparent; }}
QMainWindow::separator {{ background: {t.background}; width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {t.border}; }}
QDockWidget {{ font-weight: 600; }}
QDockWidget::title {{ background: {t.surface}; padding: 6px 10px; text-align: left; }}
#panel, QMenuBar {{ background: {t.surface}; }}
#card {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 6px; }}
#messageBar {{ background: {t.raised}; border: none; border-left: 4px solid {t.accent}; }}
#messageBar[level="warning"] {{ border-left-color: {t.warning}; }}
#messageBar[level="error"] {{ border-left-color: {t.bad}; }}
QMenuBar::item:selected {{ background: {t.border}; }}
QToolBar {{ background: {t.surface}; border: none; padding: 5px 8px; spacing: 4px; }}
#stepBar {{ padding: 0 8px 4px 8px; }}
QToolBar::separator {{ background: {t.border}; width: 1px; margin: 4px 6px; }}
QToolButton, QPushButton {{ background: transparent; border: 1px solid transparent; border-radius: 4px;
    padding: 5px 10px; }}
QPushButton {{ background: {t.raised}; border-color: {t.border}; }}
QPushButton[role="primary"] {{ background: {t.accent}; border-color: {t.accent}; color: {t.on_tone};
    font-weight: 600; }}
QPushButton[role="primary"]:disabled {{ background: {t.raised}; border-color: {t.border}; }}
QToolButton:hover, QPushButton:hover {{ background: {t.border}; }}
QPushButton[role="primary"]:hover {{ background: {t.accent}; border-color: {t.text}; }}
QToolButton:pressed, QPushButton:pressed, QToolButton:checked, QPushButton:checked {{ background: {t.raised};
    border-color: {t.accent}; }}
QToolButton:focus, QPushButton:focus, QListView:focus, QTableView:focus {{ border-color: {t.accent}; }}
QPushButton[role="primary"]:focus {{ border-color: {t.text}; }}
#popupButton {{ background: {t.background}; border-color: {t.border}; padding: 3px {px(18)}px 3px 6px; }}
#popupButton::menu-indicator {{ image: {down}; width: {px(11)}px; height: {px(11)}px; subcontrol-origin: padding;
    subcontrol-position: center right; right: 5px; }}
QToolButton:disabled, QPushButton:disabled, QLabel:disabled {{ color: {t.faint}; }}
QLineEdit, QComboBox, QPlainTextEdit, QListView, QTableView {{ background: {t.background};
    border: 1px solid {t.border}; border-radius: 4px; padding: 3px 6px; selection-background-color: {t.accent};
    selection-color: {t.on_tone}; }}
QAbstractSpinBox {{ min-height: {px(22)}px; }}
QAbstractSpinBox QLineEdit {{ background: transparent; border: none; padding: 0; }}
QLineEdit:focus, QComboBox:focus {{ border-color: {t.accent}; }}
QComboBox QAbstractItemView {{ background: {t.raised}; selection-background-color: {t.border}; }}
QListView::item, QTableView::item {{ padding: 3px 4px; }}
QHeaderView::section {{ background: {t.surface}; color: {t.muted}; border: none; padding: 4px 6px; }}
QTabBar::tab {{ background: {t.surface}; color: {t.muted}; padding: 6px 8px; border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.accent}; }}
QTabWidget::pane {{ border: none; }}
QCheckBox::indicator, QTableView::indicator {{ width: {px(13)}px; height: {px(13)}px;
    border: 1px solid {t.muted};
    border-radius: 3px; background: {t.background}; }}
QCheckBox::indicator:checked, QTableView::indicator:checked {{ background: {t.accent}; border-color: {t.accent};
    image: {check}; }}
QCheckBox::indicator:disabled {{ border-color: {t.faint}; }}
QCheckBox::indicator:checked:disabled {{ background: {t.faint}; }}
QCheckBox::indicator:focus {{ border-color: {t.text}; }}
QComboBox::drop-down {{ border: none; width: {px(18)}px; }}
QComboBox::down-arrow {{ image: {down}; width: {px(11)}px; height: {px(11)}px; }}
QProgressBar {{ background: {t.raised}; border: none; border-radius: 3px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
QLabel {{ background: transparent; }}
QLabel[role="muted"] {{ color: {t.muted}; }}
QLabel[role="heading"] {{ color: {t.muted}; font-weight: 600; }}
QLabel[role="title"] {{ font-size: {px(16)}px; font-weight: 600; }}
QLabel[role="state"] {{ font-size: {px(26)}px; font-weight: 600; }}
#large QLabel[role="state"] {{ font-size: {px(40)}px; }}
QLabel[role="chip"] {{ color: {t.on_tone}; background: {t.muted}; font-weight: 600; border-radius: 4px;
    padding: 2px 12px; }}
{_tones(t)}
QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border}; }}
QScrollBar:vertical {{ background: {t.background}; width: 10px; }}
QScrollBar::handle:vertical {{ background: {t.border}; border-radius: 4px; min-height: 24px; }}
QScrollBar:horizontal {{ background: {t.background}; height: 10px; }}
QScrollBar::handle:horizontal {{ background: {t.border}; border-radius: 4px; min-width: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QMenu {{ background: {t.raised}; border: 1px solid {t.border}; }}
QMenu::item:selected {{ background: {t.border}; }}
QMenu::item:disabled {{ color: {t.faint}; }}
"""


def _tones(theme: Theme) -> str:
    lines = []
    for tone in ("good", "warning", "bad", "accent", "muted"):
        colour = theme.tone(tone)
        lines.append(f'QLabel[tone="{tone}"] {{ color: {colour}; }}')
        lines.append(f'QLabel[role="chip"][tone="{tone}"] {{ background: {colour}; color: {theme.on_tone}; }}')
    for row, colour in enumerate(theme.classes):
        lines.append(f'QLabel[tone="class{row}"] {{ color: {colour}; }}')
    return "\n".join(lines)
