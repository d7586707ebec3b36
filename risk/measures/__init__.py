"""Measures of risk: pure functions, scalars and arrays in, floats out. Losses are positive, returns simple."""
