"""Processor time of a decision of the estimators that are relative to rest, on noise: 19 electrodes, 5 s, one thread.

python benchmarks/rest_relative_latency.py
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from models.datasets.eegmat import CHANNELS
from pipelines.plugins import make

RATE_HZ, SECONDS, N_PEOPLE, N_WINDOWS, N_DECISIONS = 200.0, 5, 4, 12, 60
TABLES: dict[str, dict[str, Any]] = {
    "riemann_rest": {"kind": "riemann_rest"},
    "band power + tangent space": {"kind": "ensemble_rest"},
    "band power + tangent space + CSBrain": {
        "kind": "ensemble_rest", "members": ["bandpower", "tangent", "csbrain"],
    },
}  # fmt: skip


def decision_ms(table: dict[str, Any]) -> float:
    """Return the median processor time of a decision (ms), after some to warm up."""
    rng = np.random.default_rng(0)
    shape = (N_PEOPLE, N_WINDOWS, len(CHANNELS), round(SECONDS * RATE_HZ))
    windows = (20.0 * rng.standard_normal(shape)).astype(np.float32)
    codes = np.tile([0, 1], N_WINDOWS // 2)
    windows[:, codes == 1] *= 1.5
    names = np.repeat([str(person) for person in range(N_PEOPLE)], N_WINDOWS)
    rest = {str(person): windows[person, codes == 0] for person in range(N_PEOPLE)}
    estimator = make("estimators", table, "estimators")
    known = {"rate_hz": RATE_HZ, "channels": CHANNELS}
    estimator.set_params(**{name: value for name, value in known.items() if name in estimator.get_params()})
    fitted = estimator.fit_people(windows.reshape(-1, *shape[2:]), np.tile(codes, N_PEOPLE), names, rest)
    person = fitted.for_person(rest["0"])
    taken_s = []
    for window in (20.0 * rng.standard_normal((N_DECISIONS, 1, *shape[2:]))).astype(np.float32):
        began = time.process_time()
        person.predict_proba(window)
        taken_s.append(time.process_time() - began)
    return 1e3 * float(np.median(taken_s[N_DECISIONS // 4 :]))


def main() -> None:
    torch.set_num_threads(1)
    with threadpool_limits(1):
        for name, table in TABLES.items():
            print(f"{name}: {decision_ms(table):.1f} ms a decision", flush=True)


if __name__ == "__main__":
    main()
