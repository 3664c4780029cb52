"""Steps of the guided path, one plug-in a file: pages of the window's centre."""
