"""A broker with all topics."""

from tests.cli.conftest import settings

__all__ = ["settings"]
