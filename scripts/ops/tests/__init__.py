"""Tests of the operations: some are pure, some need a deployment, and those called slow make one."""
