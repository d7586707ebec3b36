"""Databases that follow the output topics: ``add()`` and ``flush()``. Importing it connects to nothing."""
