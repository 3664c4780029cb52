"""Plug-ins: one question of ``bci-app bench fmri`` each (:class:`models.fmri.study.Study`)."""
