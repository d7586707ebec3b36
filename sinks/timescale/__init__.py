"""PostgreSQL, with or without TimescaleDB, as a sink."""

from sinks.timescale.migrations import MigrationError, migrate
from sinks.timescale.sink import TimescaleSink

__all__ = ["MigrationError", "TimescaleSink", "migrate"]
