"""How numbers are printed."""

from __future__ import annotations

_SIGNS = str.maketrans("", "", "+-")


def figure(value: float, spec: str = ",.0f") -> str:
    """By a format without width; what rounds to zero has no sign.

    >>> figure(-0.4), figure(-1234.5), figure(-0.004, ",.2f"), figure(0.04, "+.1f"), figure(-0.0005, ".1%")
    ('0', '-1,234', '0.00', '0.0', '-0.1%')
    >>> figure(-1e-9, ".4g"), figure(float("-inf"))
    ('-1e-09', '-inf')
    """
    text = format(value, spec)
    return text if text.strip("+-0.,%") else text.translate(_SIGNS)
