"""Panels of the window, one plug-in a file. A panel speaks only to the engine client."""
