"""Tests of the stand-in: each module starts its own process and drives it through botocore."""
