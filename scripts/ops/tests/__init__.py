"""Tests of scripts/ops: some are pure, some need a deployment, and those named slow create one."""
