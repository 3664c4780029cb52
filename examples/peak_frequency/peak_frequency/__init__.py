"""A model and a data set that join bci_app from outside."""
