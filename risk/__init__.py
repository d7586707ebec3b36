"""The risk core: pure and deterministic. No clock, no I/O, no event loop; time is an argument."""
