"""Tests of the words of the system."""
