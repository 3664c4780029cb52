"""What a signal is and what is done to it: types, stages, windows. Needs NumPy, SciPy and Numba only."""
