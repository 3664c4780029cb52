"""The report of one session: what was recorded, how good it was, what was decided, how fast."""
