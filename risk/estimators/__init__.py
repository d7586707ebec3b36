"""Streaming estimators: one a file, ``update`` and a value, vectorised over symbols, finite by construction."""
