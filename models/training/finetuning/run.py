"""One fine-tuning, from recordings to a checkpoint folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.benchmark.folds import Fold, Rows
from models.benchmark.preparation import prepare
from models.benchmark.recipe import Recipe
from models.benchmark.windows import Prepared
from models.checkpoints import TRUST_PREFIX, Card, Training, save, spec_table
from models.csbrain.classifier import Architecture
from models.dataset import DataSet
from models.decoder import DecoderSpec
from models.deep.adaptation import merge_adapters, trained_part
from models.deep.networks import Network, Scaler
from models.deep.transfer import load_backbone
from models.placement import place
from models.training.finetuning.calibrating import Calibrate, calibrated
from models.training.finetuning.data import PeoplesWindows, fold_of
from models.training.finetuning.judging import baselines, figures, judged_fold
from models.training.finetuning.left_out import inner_folds, judged_by_trust, learned_trust
from models.training.finetuning.network import Start, architecture_of, montage_for, network_of, start_from
from models.training.finetuning.sequences import full_sequences, sequences
from models.training.fit import History, fit, scores
from models.training.fit_state import FitState
from models.training.layer_rates import rate_factors
from models.training.task import Progress, Stopped
from models.training.trust import MAX_RISK, trust_figures
from models.trust import Trust
from pipelines.errors import ConfigError, MissingDependency, ModelError, RateMismatch
from pipelines.plugins import configure

if TYPE_CHECKING:
    from models.training.tasks.finetune import Settings

RATE_HZ = 200.0
STATE, HISTORY, FIGURE = "state.pt", "history.json", "history.png"


class FineTuning:
    """The task; see :mod:`models.training.tasks.finetune`."""

    def __init__(self, settings: Settings, recipe: Recipe) -> None:
        self._settings, self._recipe = settings, recipe

    def run(self, out: Path, progress: Progress) -> None:
        """Prepare, train (going on where an earlier run was stopped), judge, and write the checkpoint.

        Raises
        ------
        Stopped
            If it was asked to end early; finished epochs are kept.
        BciError
            If data, weights or settings do not go together.
        """
        s = self._settings
        placement = place(s.device)
        if placement.notice:
            progress.say(placement.notice)
        prepared = self._prepared(out, progress)
        fold = fold_of(prepared, s.split, s.rest, s.seed)
        people = PeoplesWindows(prepared, fold, s.rest)
        start = start_from(s.weights, s.size)
        judged = self._trained(people, start, placement.device, FitState(out / STATE), progress)
        left_out = self._left_out(judged, start, out, progress)
        calibrate, table = calibrated(left_out.scores, prepared.targets(left_out.rows), prepared.about.task)
        if not table and prepared.about.task == "classification":
            progress.say("probabilities are as the network gives them: those left out are not told apart")
        trust = self._trust(people, left_out, calibrate, progress)
        metrics = self._metrics(judged, calibrate, trust, progress)
        card = self._card(people, judged.architecture, table, trust)
        began = {} if start is None else {"began_with": dict(start.origin)}
        card = card.model_copy(update={"metrics": {**metrics, **began}})
        tensors = {name: tensor.contiguous() for name, tensor in judged.network.module.state_dict().items()}
        known = {} if trust is None else {f"{TRUST_PREFIX}{name}": t for name, t in trust.tensors().items()}
        save(out, card, {**tensors, **known})
        self._draw(judged.history, prepared, out, progress)
        for file in out.glob(f"{STATE.removesuffix('.pt')}*.pt"):
            FitState(file).remove()

    def _prepared(self, out: Path, progress: Progress) -> Prepared:
        def tell(text: str) -> None:
            if progress.stop_requested:
                raise Stopped("nothing is trained yet")
            progress.phase(text)

        cache = Path(self._settings.cache) if self._settings.cache else out / "windows"
        prepared = prepare(self._settings.data, self._recipe, cache, tell)
        if prepared.spec.rate_hz != RATE_HZ:
            raise RateMismatch(f"CSBrain works at {RATE_HZ:g} Hz, the recipe delivers {prepared.spec.rate_hz:g} Hz: "
                               "add a resample stage to it")  # fmt: skip
        if prepared.about.task == "regression" and self._settings.rest.alignment != "none":
            raise ConfigError("finetune: rest: alignment is for classes; there is no live decoder of numbers")
        return prepared

    def _network(self, prepared: Prepared, start: Start | None) -> tuple[Network, Architecture]:
        s = self._settings
        montage = montage_for(prepared.spec.names, s.montage)
        size = start.size if start else s.size
        architecture = architecture_of(montage, size, s.head, prepared.samples.shape[1], s.rest.alignment)
        network = network_of(
            architecture, len(prepared.labels) or 1, dropout=s.training.dropout, head_dropout=s.head.dropout
        )
        if start:
            load_backbone(network, start.tensors, s.weights)
        return network, architecture

    def _trained(
        self, people: PeoplesWindows, start: Start | None, device: torch.device, state: FitState, progress: Progress
    ) -> _Trained:
        with torch.random.fork_rng():
            torch.manual_seed(self._settings.seed)
            network, architecture = self._network(people.prepared, start)
            network.module.to(device)
            history = self._fit(network, people, state, progress)
        merge_adapters(network.module)
        return _Trained(people, network, architecture, history, self._settings.training.batch_size)

    def _fit(self, network: Network, people: PeoplesWindows, state: FitState, progress: Progress) -> History:
        s, fold = self._settings, people.fold
        n_classes = len(people.prepared.labels)
        parameters, set_mode = trained_part(network, s.adaptation)
        network.module.to(_device(network))  # adapters, too
        return fit(
            network.module,
            parameters,
            _tensors(people, self._learned(people.prepared, fold.train), network),
            s.training.fit_settings(s.seed),
            _tensors(people, self._learned(people.prepared, fold.validation), network),
            set_mode,
            factors=rate_factors(
                network.module, parameters, network.head, s.training.head_rate, s.training.layer_decay
            ),
            augment=s.augmentation.augment(RATE_HZ, n_classes),
            state=state,
            progress=progress,
        )

    def _learned(self, prepared: Prepared, rows: Rows) -> Rows:
        """Return the rows, or (n_sequences, context) for a head that learns from sequences of them."""
        head = self._settings.head
        return full_sequences(prepared, rows, head.context) if head.kind == "sequence" else rows

    def _left_out(self, judged: _Trained, start: Start | None, out: Path, progress: Progress) -> _LeftOut:
        """Let those set aside be judged by the network, and groups of teachers by others that never met them."""
        s, people = self._settings, judged.people
        rows, scores = [people.fold.validation], [judged.scores(people.fold.validation)]
        for number, inner in enumerate(
            inner_folds(people.prepared, people.fold, s.split.unit, s.trust.groups, s.seed), start=1
        ):
            state = FitState(out / STATE.replace(".", f"-{number}."))
            other = self._trained(replace(people, fold=inner), start, _device(judged.network), state, progress)
            rows.append(inner.test)
            scores.append(other.scores(inner.test))
        return _LeftOut(np.concatenate(rows), np.concatenate(scores))

    def _trust(
        self, people: PeoplesWindows, left_out: _LeftOut, calibrate: Calibrate, progress: Progress
    ) -> Trust | None:
        """Learn how far the decoder may be believed; None, and said why, where that cannot be known."""
        prepared, unit, fold = people.prepared, self._settings.split.unit, people.fold
        if prepared.about.task != "classification":
            return None
        taught = np.concatenate([fold.train, fold.validation])
        try:
            trust = learned_trust(prepared, unit, left_out.rows, calibrate(left_out.scores), taught)
        except (ModelError, RateMismatch) as exc:
            progress.say(f"how far it may be believed is not known: {exc}")
            return None
        if not any(trust.sets.levels):
            progress.say("prediction sets rule nothing out, as too few were left out: set trust.groups")
        return trust

    def _metrics(
        self, judged: _Trained, calibrate: Calibrate, trust: Trust | None, progress: Progress
    ) -> dict[str, Any]:
        s, prepared, fold = self._settings, judged.people.prepared, judged.people.fold
        shown = judged_fold(fold)
        said = calibrate(judged.scores(shown.test))
        figure = figures(prepared.targets(shown.test), said, judged.people.people(shown.test), prepared.about.task)
        models = {"csbrain": figure, **baselines(prepared, shown, s.seed)}
        judged_by = "people kept for the test" if fold.test.size else "those who also chose the epoch: too good"
        for model, of_model in models.items():
            name, values = next(iter(of_model.items()))
            progress.say(f"{model}: {name} {values['mean']} (95 % {values['interval_95']}), {judged_by}")
        sides = {"train": fold.train, "validation": fold.validation, "test": fold.test}
        metrics = {
            "judged_by": judged_by,
            "n_windows": {name: int(rows.size) for name, rows in sides.items()},
            "models": models,
            "epochs": len(judged.history.loss),
            "kept_epoch": judged.history.best_epoch + 1,
            "best_validation": max(judged.history.validation),
        }
        if trust is not None and fold.test.size and len(prepared.labels) == 2:
            tested = judged_by_trust(prepared, s.split.unit, fold.test, said, trust)
            metrics["trust"] = trust_figures(tested, MAX_RISK, prepared.labels)
        return metrics

    def _card(
        self, people: PeoplesWindows, architecture: Architecture, calibration: Mapping[str, float], trust: Trust | None
    ) -> Card:
        s, prepared = self._settings, people.prepared
        return Card(
            kind="csbrain", spec=spec_table(self._spec(prepared)), architecture=architecture.model_dump(mode="json"),
            calibration=dict(calibration), trust={} if trust is None else trust.table(),
            training=self._training(prepared, people.fold),
            summary=f"{prepared.about.title}, CSBrain, {s.adaptation}; research, not medical. "
            + " ".join(prepared.about.cautions),
        )  # fmt: skip

    def _spec(self, prepared: Prepared) -> DecoderSpec:
        s, kind = self._settings, str(self._settings.data["kind"])
        return DecoderSpec(
            model_id=f"csbrain-{kind}-{s.adaptation}-{s.seed}",
            classes=prepared.labels or ("value",),
            window_s=self._recipe.window_s,
            rate_hz=RATE_HZ,
            channels=prepared.spec.names,
            pipeline=tuple(self._recipe.tables(prepared.about)),
            calibration_s=s.rest.rest_s if s.rest.alignment != "none" else 0.0,
            summary=f"{prepared.about.title}: {s.about}" if s.about else prepared.about.title,
        )

    def _training(self, prepared: Prepared, fold: Fold) -> Training:
        s = self._settings
        taught = np.concatenate([fold.train, fold.validation])
        taught_by = tuple(str(name) for name in np.unique(prepared.table["subject"][taught]))
        return Training(
            dataset=f"{prepared.about.title} ({prepared.about.licence})",
            subjects=taught_by,
            files=_file_hashes(s.data, taught_by),
            commands=(
                "bci-app train FILE.toml",
                f"settings: {json.dumps(s.model_dump(mode='json', exclude={'cache'}))}",
            ),
            seed=s.seed,
        )

    def _draw(self, history: History, prepared: Prepared, out: Path, progress: Progress) -> None:
        (out / HISTORY).write_text(json.dumps(asdict(history), indent=1) + "\n", encoding="utf-8")
        try:
            from models.training.history_figure import draw_history
        except ModuleNotFoundError:
            missing = MissingDependency("matplotlib is not there: pip install 'bci-app[bench]'")
            progress.say(f"no picture of the training is drawn: {missing}")
            return
        name = "R²" if prepared.about.task == "regression" else "balanced accuracy"
        draw_history(history, name, out / FIGURE)


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """Windows (n_windows,) with the class scores of networks that had not met their people (n_windows, n_classes)."""

    rows: Rows
    scores: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Trained:
    """A trained network, how it was trained, and what it says of people's windows."""

    people: PeoplesWindows
    network: Network
    architecture: Architecture
    history: History
    batch_size: int

    def scores(self, rows: Rows) -> NDArray[np.float64]:
        """Return class scores (n_windows, n_classes), or values (n_windows,)."""
        if self.architecture.context:
            said = self._by_sequences(rows)
        else:
            said = self._scores(rows)
        return np.asarray(said[:, 0] if said.shape[1] == 1 else said)

    def _scores(self, rows: Rows) -> NDArray[np.float64]:
        x, _ = _tensors(self.people, rows, self.network)
        return np.asarray(scores(self.network.module.eval(), x, self.batch_size).double().cpu().numpy())

    def _by_sequences(self, rows: Rows) -> NDArray[np.float64]:
        """Let every window be decided among its neighbours, once."""
        by_row: dict[int, NDArray[np.float64]] = {}
        for sequence in sequences(self.people.prepared, rows, self.architecture.context):
            said = self._scores(sequence.rows[None])[0].T
            by_row |= dict(zip(sequence.rows[sequence.first :].tolist(), said[sequence.first :], strict=True))
        return np.stack([by_row[row] for row in rows.tolist()])


def _tensors(people: PeoplesWindows, rows: Rows, network: Network) -> tuple[Tensor, Tensor]:
    """Return scaled windows and targets of rows (n_windows,), or of sequences of them (n_sequences, context)."""
    flat = rows.ravel()
    windows = people.windows(flat)
    x = torch.from_numpy(windows.reshape(*rows.shape, *windows.shape[1:])).to(_device(network))
    y: NDArray[Any] = people.prepared.targets(flat).reshape(rows.shape)
    target = torch.as_tensor(y if y.dtype.kind == "i" else y.astype(np.float32), device=x.device)
    return Scaler(network.scale)(x), target


def _file_hashes(data: Mapping[str, Any], subjects: tuple[str, ...]) -> dict[str, str]:
    """Return the SHA-256 of every file of these people, by name."""
    module, settings = configure("datasets", data)
    source: DataSet = module.build(settings)
    files = {path for key in source.keys() if key.subject in subjects for path in source.files(key)}
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def _device(network: Network) -> torch.device:
    return next(network.module.parameters()).device
