"""Spikes, behaviour and stimuli on one clock: recordings by interval, simulators, encoders over units, baselines.

The order of units carries no meaning anywhere here. Offline only: what this gives to the live path is small operators.
"""
