"""Who teaches and who judges: the settings of the benchmark, what a live system needs, and the folds they make.

A setting is a table by ``kind``; so is a calibration. :func:`folds_of` makes the folds and shows each to the guard.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.benchmark.folds import Fold
from models.benchmark.guard import check
from models.benchmark.settings.across_subjects import CrossSubject, GroupedKFold, LeaveOneSubjectOut
from models.benchmark.settings.calibration import (
    LabelledCalibration,
    NoCalibration,
    RestCalibration,
    TransductiveCalibration,
)
from models.benchmark.settings.multi_subject import FewShot, MultiSubject
from models.benchmark.settings.within_subject import CrossRun, CrossSession, WithinSession
from models.benchmark.windows import Prepared
from pipelines.errors import ConfigError

Setting = Annotated[
    LeaveOneSubjectOut | GroupedKFold | CrossSubject | MultiSubject | FewShot | WithinSession | CrossSession | CrossRun,
    Field(discriminator="kind"),
]
Calibration = Annotated[
    NoCalibration | RestCalibration | TransductiveCalibration | LabelledCalibration, Field(discriminator="kind")
]


def folds_of(setting: Setting, calibration: Calibration, prepared: Prepared, seed: int) -> list[Fold]:
    """Return the folds of a setting, each passed by the guard.

    Raises
    ------
    ConfigError
        If the data set does not suit the setting; says why.
    DataLeak
        If a fold is not what the setting promises.
    """
    if calibration.kind != "none" and "subject" not in setting.promises:
        raise ConfigError(
            f"calibration {calibration.kind!r} is for people the decoder has not met; {setting.kind!r} trains on "
            "everybody: take a cross-subject setting, or calibration 'none'"
        )
    folds = [calibration.apply(prepared, fold) for fold in setting.folds(prepared, seed)]
    for fold in folds:
        if not (fold.train.size and fold.test.size):
            side = "test" if fold.train.size else "train"
            raise ConfigError(f"{prepared.about.title}, {setting.kind}, {fold.name}: no windows are left to {side}")
        check(prepared, fold, setting.promises)
    return folds
