"""The function's real binary against a stub of AWS, from outside."""
