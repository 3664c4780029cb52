"""Training tasks, one plug-in a file: what ``bci-app train FILE.toml`` can do."""
