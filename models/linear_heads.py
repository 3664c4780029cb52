"""The two linear decisions that classical decoders end with."""

from __future__ import annotations

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

MAX_ITERATIONS = 2000


def logistic(C: float) -> Pipeline:
    """Standardised features, logistic regression of inverse penalty ``C``, classes weighted alike."""
    head = LogisticRegression(C=C, class_weight="balanced", max_iter=MAX_ITERATIONS)
    return make_pipeline(StandardScaler(), head)


def shrinkage_lda(n_classes: int) -> Pipeline:
    """Standardised features, linear discriminant analysis with Ledoit-Wolf shrinkage, classes equally probable."""
    priors = np.full(n_classes, 1.0 / n_classes)
    return make_pipeline(StandardScaler(), LinearDiscriminantAnalysis("lsqr", shrinkage="auto", priors=priors))
