"""Leave-one-subject-out figures of the workload decoders on EEGMAT.

Protocol: calibration on the first 60 s of the subject's rest file (5 s windows every 2.5 s); tested on the rest of that
file and on the whole task file; everything else, the decision threshold included, is learned on the other subjects.
Rest and task are separate recordings, so drift and electrode state follow the label: no figure here is free of that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from models.datasets.eegmat import EegMat
from models.training import workload
from models.training.held_out import Scores, leave_one_out
from models.training.workload import REST_S, Model, Person, Recordings

REGULARISATION: Mapping[Model, float] = {"raw": 1e-2, "bandpower": 1e-2, "riemann": 1e-3}
MODELS: tuple[Model, ...] = ("raw", "bandpower", "riemann")
TITLES: Mapping[Model, str] = {"raw": "band power, no rest", "bandpower": "bandpower", "riemann": "riemann"}
SHORTER_RESTS_S = (30.0, 20.0, 10.0)
REFERENCES = ("average", "Cz")

Tell = Callable[[str], None]


def people(recordings: Recordings, model: Model, rest_s: float = REST_S) -> list[Person]:
    """Return everybody's features for a model."""
    return [workload.person(recordings, subject, model, rest_s) for subject in sorted({s for s, _ in recordings})]


def compare(data: EegMat, models: tuple[Model, ...], tell: Tell) -> tuple[dict[str, Scores], dict[str, Scores]]:
    """Judge models; and the last one where the person gives less rest or wears another reference than in training.

    Returns
    -------
    scores
        By title of the model.
    variants
        The last model, trained as it is, tested otherwise; by what is different. Empty for ``raw``.
    """
    recordings = workload.read_recordings(data, tell)
    scores: dict[str, Scores] = {}
    variants: dict[str, Scores] = {}
    for model in models:
        everybody = people(recordings, model)
        tested = {"": everybody}
        if model == models[-1] and model != "raw":
            tested |= _variants(recordings, model)
        tell(f"{model}: leaving out one subject after the other")
        found = leave_one_out(everybody, REGULARISATION[model], tested)
        scores[TITLES[model]] = found.pop("")
        variants = found
    return scores, variants


def _variants(recordings: Recordings, model: Model) -> dict[str, list[Person]]:
    shorter = {f"{rest_s:g} s of rest": people(recordings, model, rest_s) for rest_s in SHORTER_RESTS_S}
    others = {f"{name} reference": people(workload.rereferenced(recordings, name), model) for name in REFERENCES}
    return shorter | others
