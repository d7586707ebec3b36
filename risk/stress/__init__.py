"""Stress: what a book loses in scenarios, in simulated markets, at the least shock that breaches a loss, and for how
long."""
