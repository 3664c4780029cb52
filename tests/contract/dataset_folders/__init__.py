"""Small fabricated folders of data sets, one module a kind, in exactly the published layout.

``make(folder)`` writes the files and returns the labels of each recording's trials in order of time, by key.
``settings(folder)``, if there, returns further settings of the plug-in.
"""

from __future__ import annotations

PERSONAL = ("Jane_Doe", "JDOE", "1971", "1999", "female")
"""Fields that say who a person is; write them wherever a format has a place for them."""
