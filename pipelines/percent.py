"""One way to write a share of a whole."""


def percent(share: float, digits: int = 0) -> str:
    """Return a share, 1 being the whole, as ``30 %``: with the space that the SI asks for (brochure, section 5.4.7)."""
    return f"{100 * share:.{digits}f} %"
