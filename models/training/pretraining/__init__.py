"""Masked reconstruction: CSBrain learns from recordings without labels."""
