"""Measured on simulations and on two pairs of monkeys: who reads an unseen animal, and how well."""
