"""Runs the function's real binary against a stub of AWS."""
