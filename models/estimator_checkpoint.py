"""Checkpoints of fitted estimators: the kind ``estimator`` of live decoder, trained on one person's calibration run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.checkpoints import Card, Training, load, save, spec_table
from models.decoder import DecoderSpec
from models.estimator_decoder import EstimatorDecoder
from models.fitted_state import assemble, dismantle
from pipelines.errors import CheckpointInvalid
from pipelines.plugins import make
from pipelines.signal import Channel, StreamSpec, Window

KIND = "estimator"


class TrainedDecoder(EstimatorDecoder):
    """Knows the person already: rest tells it nothing. Labelled windows join those it has learnt from."""

    def calibrate(self, windows: Sequence[Window], labels: Sequence[str] | None) -> None:
        """Adapt by labelled windows, where the estimator can; of rest there is nothing to learn."""
        if labels is not None or self.spec.calibration_s:
            super().calibrate(windows, labels)


def new_estimator(table: Mapping[str, Any], delivered: StreamSpec) -> Any:
    """Return an unfitted estimator that knows rate and channels where it has a parameter for them.

    Raises
    ------
    ConfigError
        If there is no such estimator, or a setting is wrong.
    """
    estimator = make("estimators", table, "estimator")
    known = {"rate_hz": delivered.rate_hz, "channels": delivered.names, "random_state": 0}
    wanted = {name: known[name] for name in estimator.get_params() if name in known}
    return estimator.set_params(**wanted)


def save_estimator(
    folder: str | Path,
    estimator: Any,
    table: Mapping[str, Any],
    spec: DecoderSpec,
    *,
    training: Training,
    metrics: Mapping[str, Any],
) -> Path:
    """Write a checkpoint; return its folder.

    Parameters
    ----------
    folder
        Made if absent.
    estimator, table
        Fitted on class numbers, and the table it was made of.
    spec
        What the live decoder needs and answers; its rate and channels are set.
    training, metrics
        For the card.

    Raises
    ------
    ModelError
        If the estimator cannot be stored.
    """
    nodes, arrays = dismantle(estimator)
    card = Card(
        kind=KIND,
        spec=spec_table(spec),
        architecture={"estimator": dict(table), "learnt": nodes},
        training=training,
        metrics=dict(metrics),
        summary=spec.summary,
    )
    return save(folder, card, arrays)


def load_estimator(folder: str) -> TrainedDecoder:
    """Make the decoder of a checkpoint folder.

    Raises
    ------
    CheckpointInvalid
        If no folder is given, or what is in it does not fit together.
    """
    if not folder:
        raise CheckpointInvalid("estimator: needs a checkpoint: train one (bci-app adapt RECORDING FOLDER)")
    checkpoint = load(folder)
    about, spec = checkpoint.card.architecture, checkpoint.card.decoder_spec()
    try:
        table, nodes = dict(about["estimator"]), dict(about["learnt"])
    except (LookupError, TypeError, ValueError) as exc:
        raise CheckpointInvalid(
            f"{folder}: architecture says nothing of the estimator: {exc!r}; train it again"
        ) from exc
    if spec.rate_hz is None or spec.channels is None:
        raise CheckpointInvalid(f"{folder}: spec: rate_hz and channels must be set; train it again")
    delivered = StreamSpec(spec.rate_hz, tuple(Channel(name) for name in spec.channels))
    estimator = assemble(new_estimator(table, delivered), nodes, checkpoint.tensors, folder)
    return TrainedDecoder(estimator, spec)
