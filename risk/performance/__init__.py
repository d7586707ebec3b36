"""Performance of a series of returns: a number, or `NotAvailable` with its reason. Losses are positive."""
