"""Every compiled function of the house, by subject. The only home of numba."""
