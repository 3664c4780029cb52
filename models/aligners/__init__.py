"""Plug-ins: one way of mapping a subject's units onto another's each (:class:`models.aligner.Aligner`)."""
