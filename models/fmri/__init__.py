"""Functional MRI of people looking at images: data, features, encoding models. Offline only."""
