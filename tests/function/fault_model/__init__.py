"""The expected result of each cell in the fault matrix."""
