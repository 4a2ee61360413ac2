#!/usr/bin/env bash
# A RUSTC_WORKSPACE_WRAPPER that instruments our own crates only, so that the dependencies are those of every build.
# Bash, since a plain sh may drop variables such as CARGO_BIN_EXE_tag-compliance.
exec "$@" -C instrument-coverage
