"""riskstream: an event-driven streaming risk processor."""

__version__ = "0.1.0"
