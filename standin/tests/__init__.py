"""Tests of the stand-in: each module starts a process of its own and drives it through botocore."""
