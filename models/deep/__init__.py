"""Networks as scikit-learn estimators: built for a montage, from weights or from nothing, trained by one loop."""
