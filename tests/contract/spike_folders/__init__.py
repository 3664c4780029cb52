"""Small fabricated folders in the published layouts: ``make(folder)`` writes one and returns labels by key."""
