"""Bugs that are planted one at a time: each must turn the tests red."""
