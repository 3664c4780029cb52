"""Paradigms: one file each, with ``Settings`` and ``build(settings)``, which returns a schedule of cues."""
