"""Models of the benchmark, one plug-in a file: scikit-learn estimators on windows (n_windows, n_channels, n_times)."""
