"""What the owner of a journal knows of it already, so that the projector beside it need not read it again."""

from __future__ import annotations

from streams.journal import Cursor


class Quiet:
    """A stretch of one partition's journal from which no event follows: ``since`` and ``until`` are cursors of
    effective records, and none between them tells anything.

    It says only what the owner learned by the rule, so it stays true whoever owns the partition later.
    """

    def __init__(self) -> None:
        self._since = self._until = Cursor()

    def begin(self, cursor: Cursor) -> None:
        """Another hold: of what others appended before it, nothing is known here."""
        self._since = self._until = cursor

    def passed(self, cursor: Cursor, tells: bool) -> None:
        """All before the cursor is confirmed; if one of the newest records tells something, the stretch begins anew."""
        self._until = cursor
        if tells:
            self._since = cursor

    def beyond(self, cursor: Cursor) -> Cursor | None:
        """Where a reader that is at the cursor may go on at once; ``None`` if it has to read."""
        return self._until if self._since.offset <= cursor.offset < self._until.offset else None
