"""The real worker over a fake log, clock and scheduler: one thread, one seed, every fault at every step."""
