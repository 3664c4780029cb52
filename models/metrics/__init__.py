"""Metrics of offline models, one implementation for all kinds of recording.

Whoever reports one prints the mean predictor's beside it: on responses that are not standardised a constant already
reaches what the literature reports.
"""
