"""State of the accounts of one partition: a fold of journal records, and of nothing else.

Everything here is durable and encodes canonically. Caches of (positions, marks) live in :mod:`risk.book`.
"""

from __future__ import annotations

#: How many order ids a partition remembers; a repeat within the window gets the same answer again.
DEDUP_WINDOW = 100_000
#: How many fill ids an account remembers.
FILL_WINDOW = 10_000
