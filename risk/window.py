"""How many returns a VaR is taken over where nothing else is asked for."""

from __future__ import annotations

#: With fewer the default method fails more of its backtests (docs/backtests.md).
WINDOW = 1000
