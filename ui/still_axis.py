"""An axis that is painted once and then copied to the screen until its range, size or colours change."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget


class StillAxis(pg.AxisItem):
    """pyqtgraph keeps an axis as recorded commands: each repaint of a plot writes all its numbers anew.

    A copied picture costs a tenth of that, and curves are repainted many times while their axes stand.
    """

    picture: QPixmap | None
    """None when it has to be painted anew, as pyqtgraph tells."""
    _corner = QPointF()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """Copy the picture; paint it first where there is none any more."""
        ratio = painter.device().devicePixelRatioF()
        if self.picture is None or self.picture.devicePixelRatio() != ratio:
            self.picture = self._painted(ratio)
        painter.drawPixmap(self._corner, self.picture)

    def _painted(self, ratio: float) -> QPixmap:
        bounds = self.boundingRect().toAlignedRect()
        self._corner = QPointF(bounds.topLeft())
        picture = QPixmap(bounds.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.translate(-self._corner)
        specs = self.generateDrawSpecs(painter)
        if specs is not None:
            self.drawPicture(painter, *specs)
        painter.end()
        return picture
